package main

import "time"

func main() {
	startLoad()
	for {
		check()
		time.Sleep(50 * time.Millisecond)
	}
}

func check() int {
	tcp, udp, out := make(chan int), make(chan int), make(chan int, 8)
	go probe(4, tcp)
	go probe(-1, udp)
	go merge(tcp, udp, out)
	return <-out
}

func probe(n int, out chan<- int) {
	if n < 0 {
		close(out)
		return
	}
	for i := 0; i < n; i++ {
		out <- i
	}
	close(out)
}

func merge(a, b <-chan int, out chan<- int) {
	defer close(out)
	for a != nil || b != nil {
		select {
		case v, ok := <-a:
			if !ok {
				a = nil
				continue
			}
			out <- v
		case v, ok := <-b:
			if !ok {
				b = nil
				continue
			}
			out <- v
		}
	}
}
