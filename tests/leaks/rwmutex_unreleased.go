package main

import (
	"sync"
)

// A reader returns without RUnlock.
func init() { register("rwmutex_unreleased", rwmutexUnreleasedBroken, rwmutexUnreleasedFixed) }

var rwmutexUnreleasedMu sync.RWMutex

func rwmutexUnreleasedBroken() {
	rwmutexUnreleasedMu.RLock()
	go rwmutexUnreleasedWrite()
}

func rwmutexUnreleasedFixed() {
	rwmutexUnreleasedMu.RLock()
	rwmutexUnreleasedMu.RUnlock()
	go rwmutexUnreleasedWrite()
}

func rwmutexUnreleasedWrite() {
	rwmutexUnreleasedMu.Lock() // want: lock not released, 1
	rwmutexUnreleasedMu.Unlock()
}
