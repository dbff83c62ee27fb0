package main

import (
	"sync"
	"time"
)

// A reader reads again while a writer waits.
func init() { register("rwmutex_recursion", rwmutexRecursionBroken, rwmutexRecursionFixed) }

func rwmutexRecursionBroken() {
	var mu sync.RWMutex
	go rwmutexRecursionRead(&mu, 2)
	time.Sleep(5 * time.Millisecond)
	go rwmutexRecursionWrite(&mu)
}

func rwmutexRecursionFixed() {
	var mu sync.RWMutex
	go rwmutexRecursionRead(&mu, 1)
	time.Sleep(5 * time.Millisecond)
	go rwmutexRecursionWrite(&mu)
}

func rwmutexRecursionRead(mu *sync.RWMutex, depth int) {
	mu.RLock() // want: lock not released, 1
	defer mu.RUnlock()
	time.Sleep(20 * time.Millisecond)
	if depth > 1 {
		rwmutexRecursionRead(mu, depth-1)
	}
}

func rwmutexRecursionWrite(mu *sync.RWMutex) {
	mu.Lock() // want: lock not released, 1
	mu.Unlock()
}
