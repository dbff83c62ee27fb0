package main

import (
	"time"
)

// The caller gives up on a slow answer and returns; the goroutine that answers is stuck.
func init() { register("early_return", earlyReturnBroken, earlyReturnFixed) }

func earlyReturnBroken() {
	for i := 0; i < 4; i++ {
		earlyReturnAsk(make(chan int))
	}
}

func earlyReturnFixed() {
	for i := 0; i < 4; i++ {
		earlyReturnAsk(make(chan int, 1))
	}
}

func earlyReturnAsk(answer chan int) int {
	go func() {
		time.Sleep(20 * time.Millisecond)
		answer <- 42 // attached: no receiver, 4; recorded: no one left, 4
	}()
	select {
	case v := <-answer:
		return v
	case <-time.After(time.Millisecond):
		return 0
	}
}
