package main

import (
	"time"
)

// Every attempt that answers too late gets stuck.
func init() { register("retry", retryBroken, retryFixed) }

func retryBroken() { retryTry(0) }

func retryFixed() { retryTry(1) }

func retryTry(room int) {
	for try := 0; try < 3; try++ {
		reply := make(chan int, room)
		go func() {
			time.Sleep(15 * time.Millisecond)
			reply <- 1 // attached: no receiver, 3; recorded: no one left, 3
		}()
		t := time.NewTimer(time.Millisecond)
		select {
		case <-reply:
			return
		case <-t.C:
		}
	}
}
