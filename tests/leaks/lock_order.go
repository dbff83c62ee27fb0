package main

import (
	"sync"
	"time"
)

// Two goroutines acquire two locks in opposite order.
func init() { register("lock_order", lockOrderBroken, lockOrderFixed) }

var lockOrderA, lockOrderB sync.Mutex

func lockOrderBroken() {
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		lockOrderA.Lock()
		both.Done()
		both.Wait()
		lockOrderB.Lock() // want: cycle, 1
		lockOrderB.Unlock()
		lockOrderA.Unlock()
	}()
	go func() {
		lockOrderB.Lock()
		both.Done()
		both.Wait()
		lockOrderA.Lock() // want: cycle, 1
		lockOrderA.Unlock()
		lockOrderB.Unlock()
	}()
}

func lockOrderFixed() {
	for i := 0; i < 2; i++ {
		go func() {
			lockOrderA.Lock()
			time.Sleep(10 * time.Millisecond)
			lockOrderB.Lock()
			lockOrderB.Unlock()
			lockOrderA.Unlock()
		}()
	}
}
