package main

import (
	"sync"
	"time"
)

// A reader calls RLock again while a writer waits.
func init() { register("rwmutex_recursion", rwmutexRecursionBroken, rwmutexRecursionFixed) }

func rwmutexRecursionBroken() { rwmutexRecursionRun(2) }

func rwmutexRecursionFixed() { rwmutexRecursionRun(1) }

func rwmutexRecursionRun(depth int) {
	var mu sync.RWMutex
	reads := make(chan bool)
	go rwmutexRecursionRead(&mu, depth, reads)
	<-reads
	go rwmutexRecursionWrite(&mu)
}

func rwmutexRecursionRead(mu *sync.RWMutex, depth int, reads chan<- bool) {
	mu.RLock() // want: lock not released, 1
	defer mu.RUnlock()
	if depth == 1 {
		close(reads)
		return
	}
	reads <- true
	// Once the writer waits, no further reader gets in.
	for mu.TryRLock() {
		mu.RUnlock()
		time.Sleep(time.Millisecond)
	}
	rwmutexRecursionRead(mu, depth-1, reads)
}

func rwmutexRecursionWrite(mu *sync.RWMutex) {
	mu.Lock() // want: lock not released, 1
	mu.Unlock()
}
