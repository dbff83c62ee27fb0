package main

import (
	"sync"
	"time"
)

// The same, but the locks had been waited for before: who took them was seen.
func init() { register("lock_order_seen", lockOrderSeenBroken, lockOrderSeenFixed) }

func lockOrderSeenBroken() { lockOrderSeenRun(true) }

func lockOrderSeenFixed() { lockOrderSeenRun(false) }

func lockOrderSeenRun(cross bool) {
	var a, b sync.Mutex
	first, second := &b, &a
	if !cross {
		first, second = &a, &b
	}
	a.Lock()
	b.Lock()
	go func() {
		a.Lock()
		time.Sleep(20 * time.Millisecond)
		b.Lock() // attached: lock not released, 1; recorded: cycle, 1
		b.Unlock()
		a.Unlock()
	}()
	go func() {
		first.Lock()
		time.Sleep(20 * time.Millisecond)
		second.Lock() // attached: lock not released, 1; recorded: cycle, 1
		second.Unlock()
		first.Unlock()
	}()
	time.Sleep(10 * time.Millisecond)
	a.Unlock()
	b.Unlock()
	time.Sleep(50 * time.Millisecond)
}
