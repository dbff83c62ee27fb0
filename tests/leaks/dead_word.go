package main

import (
	"time"
)

// The goroutine that made the channel no longer uses it, but a stale pointer to it is still on its stack.
func init() { register("dead_word", deadWordBroken, deadWordFixed) }

func deadWordBroken() {
	for i := 0; i < 3; i++ {
		ready := make(chan struct{})
		go deadWordServe(ready, false)
		<-ready
	}
}

func deadWordFixed() {
	for i := 0; i < 3; i++ {
		ready := make(chan struct{})
		go deadWordServe(ready, true)
		<-ready
	}
}

func deadWordServe(ready chan<- struct{}, closes bool) {
	jobs := make(chan int)
	go deadWordWork(jobs)
	select {
	case jobs <- 1:
	case <-time.After(time.Minute):
	}
	jobs <- 2
	if closes {
		close(jobs)
	}
	close(ready)
	for {
		time.Sleep(time.Hour)
	}
}

func deadWordWork(jobs <-chan int) {
	for range jobs { // want: never closed, 3
	}
}
