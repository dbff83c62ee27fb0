package main

import (
	"sync/atomic"
	"time"
)

var handled int64

func main() {
	startLoad()
	for {
		for i := 0; i < 30; i++ {
			go session(i)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(1300 * time.Millisecond)
	}
}

// session lives for 1 to 4 s.
func session(i int) {
	bye := time.After(time.Second + time.Duration(i)*100*time.Millisecond)
	work := make(chan int)
	go feed(work, bye)
	for v := range work {
		atomic.AddInt64(&handled, int64(v))
	}
}

func feed(work chan<- int, bye <-chan time.Time) {
	defer close(work)
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			work <- 1
		case <-bye:
			return
		}
	}
}
