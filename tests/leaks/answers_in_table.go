package main

import (
	"sync"
	"time"
)

// The waiting goroutines are in a table that only grows.
func init() { register("answers_in_table", answersInTableBroken, answersInTableFixed) }

var answersInTableMu sync.Mutex
var answersInTableTable = map[int]chan int{}

func answersInTableBroken() { answersInTableRun(false) }

func answersInTableFixed() { answersInTableRun(true) }

func answersInTableRun(answers bool) {
	for i := 0; i < 12; i++ {
		c := make(chan int)
		answersInTableMu.Lock()
		answersInTableTable[len(answersInTableTable)] = c
		answersInTableMu.Unlock()
		go func() {
			<-c // recorded: stuck, 12
		}()
		time.Sleep(250 * time.Millisecond)
		if answers {
			c <- 1
		}
	}
}
