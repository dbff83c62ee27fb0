package main

import (
	"time"
)

// The consumer recovers from its panic and exits; the producer goes on.
func init() { register("consumer_panics", consumerPanicsBroken, consumerPanicsFixed) }

func consumerPanicsBroken() { consumerPanicsRun(true) }

func consumerPanicsFixed() { consumerPanicsRun(false) }

func consumerPanicsRun(fragile bool) {
	work := make(chan int)
	go func() {
		defer close(work)
		for i := 0; i < 5; i++ {
			time.Sleep(time.Millisecond)
			work <- i // attached: no receiver, 1; recorded: no one left, 1
		}
	}()
	go func() {
		defer func() { _ = recover() }()
		for i := range work {
			if fragile && i == 2 {
				panic("bad job")
			}
		}
	}()
}
