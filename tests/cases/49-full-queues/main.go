package main

import "time"

type queue struct {
	incoming  chan int
	requests  chan int
	completed chan int
	finished  int
}

var builds = &queue{make(chan int), make(chan int, 2), make(chan int, 1), 0}

func main() {
	startLoad()
	for i := 0; i < 2; i++ {
		go builds.work()
	}
	go builds.dispatch()
	go builds.produce()
	time.Sleep(time.Hour)
}

func (q *queue) produce() {
	for i := 0; ; i++ {
		q.incoming <- i
		if i%50 == 49 {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func (q *queue) dispatch() {
	for {
		select {
		case <-q.completed:
			q.finished++
		case r := <-q.incoming:
			q.requests <- r // BUG: does not read completed meanwhile
		}
	}
}

//go:noinline
func build(r int) int {
	time.Sleep(200 * time.Microsecond)
	return r
}

func (q *queue) work() {
	for r := range q.requests {
		q.completed <- build(r)
	}
}
