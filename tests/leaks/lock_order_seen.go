package main

import (
	"sync"
	"time"
	"unsafe"
)

// Like lock_order, but goroutines had waited for the locks before: events show who acquired them.
func init() { register("lock_order_seen", lockOrderSeenBroken, lockOrderSeenFixed) }

// waiters is the number of goroutines that wait for the lock (sync/mutex.go, mutexWaiterShift).
func waiters(m *sync.Mutex) int32 { return *(*int32)(unsafe.Pointer(m)) >> 3 }

func lockOrderSeenBroken() { lockOrderSeenRun(true) }

func lockOrderSeenFixed() { lockOrderSeenRun(false) }

func lockOrderSeenRun(cross bool) {
	var a, b sync.Mutex
	first, second := &b, &a
	if !cross {
		first, second = &a, &b
	}
	var both, ended sync.WaitGroup
	both.Add(2)
	ended.Add(2)
	take := func(first, second *sync.Mutex, meet bool) {
		first.Lock()
		both.Done()
		if meet {
			both.Wait()
		}
		second.Lock() // want: cycle, 2
		second.Unlock()
		first.Unlock()
		ended.Done()
	}
	a.Lock()
	b.Lock()
	go take(&a, &b, cross)
	go take(first, second, cross)
	for waiters(&a)+waiters(&b) < 2 {
		time.Sleep(time.Millisecond)
	}
	a.Unlock()
	b.Unlock()
	if !cross {
		ended.Wait()
	}
}
