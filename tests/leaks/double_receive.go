package main

import (
	"time"
)

// One value is sent, but two are awaited.
func init() { register("double_receive", doubleReceiveBroken, doubleReceiveFixed) }

func doubleReceiveBroken() {
	for i := 0; i < 2; i++ {
		go doubleReceiveTake(2)
	}
}

func doubleReceiveFixed() {
	for i := 0; i < 2; i++ {
		go doubleReceiveTake(1)
	}
}

func doubleReceiveTake(n int) {
	ready := make(chan bool)
	go func() {
		time.Sleep(time.Millisecond)
		ready <- true
	}()
	for i := 0; i < n; i++ {
		<-ready // attached: no one left, 2; recorded: never closed, 2
	}
}
