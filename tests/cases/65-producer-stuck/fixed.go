package main

import "time"

type feed struct {
	rows chan int
	acks chan bool
}

func main() {
	startLoad()
	f := &feed{make(chan int), make(chan bool, 1)}
	for i := 0; i < 3; i++ {
		go f.store()
	}
	go f.produce(1000)
	time.Sleep(time.Hour)
}

func (f *feed) store() {
	for range f.rows {
		time.Sleep(time.Millisecond)
		f.acks <- true
	}
}

func (f *feed) produce(n int) {
	defer close(f.rows)
	for i := 0; i < n; i++ {
		f.rows <- i
		<-f.acks
	}
}
