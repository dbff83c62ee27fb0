package main

import (
	"time"
)

// Two goroutines that exchanged messages each wait for the other's next one.
func init() { register("wait_for_each_other", waitForEachOtherBroken, waitForEachOtherFixed) }

func waitForEachOtherBroken() { waitForEachOtherTalk(3, 3) }

func waitForEachOtherFixed() { waitForEachOtherTalk(3, 2) }

func waitForEachOtherTalk(n, m int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := 0; i < n; i++ {
			if i < 2 {
				there <- i
			}
			if i < m {
				<-back // want: cycle, 1
			}
		}
	}()
	go func() {
		for i := 0; i < m; i++ {
			<-there // want: cycle, 1
			time.Sleep(time.Millisecond)
			back <- i
		}
	}()
}
