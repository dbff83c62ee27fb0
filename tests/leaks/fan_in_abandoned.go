package main

import (
	"sync"
	"time"
)

// The consumer of a fan-in gives up early.
func init() { register("fan_in_abandoned", fanInAbandonedBroken, fanInAbandonedFixed) }

func fanInAbandonedBroken() {
	fanInAbandonedConsume(fanInAbandonedMerge(0), 2)
}

func fanInAbandonedFixed() {
	fanInAbandonedConsume(fanInAbandonedMerge(0), 9)
}

func fanInAbandonedMerge(n int) <-chan int {
	out := make(chan int, n)
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for v := 0; v < 3; v++ {
				out <- v // attached: no receiver, 3; recorded: no one left, 3
			}
		}()
	}
	go func() {
		wg.Wait() // want: waitgroup not done, 1
		close(out)
	}()
	return out
}

func fanInAbandonedConsume(in <-chan int, n int) {
	time.Sleep(2 * time.Millisecond)
	for i := 0; i < n; i++ {
		<-in
		time.Sleep(time.Millisecond)
	}
}
