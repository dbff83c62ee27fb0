package main

import (
	"sync"
)

// The signal comes before the wait, which does not check the condition.
func init() { register("cond_missed_signal", condMissedSignalBroken, condMissedSignalFixed) }

func condMissedSignalBroken() {
	for i := 0; i < 2; i++ {
		c := sync.NewCond(new(sync.Mutex))
		c.Signal()
		go func() {
			c.L.Lock()
			c.Wait() // want: no one left, 2
			c.L.Unlock()
		}()
	}
}

func condMissedSignalFixed() {
	for i := 0; i < 2; i++ {
		c := sync.NewCond(new(sync.Mutex))
		ready := true
		c.Signal()
		go func() {
			c.L.Lock()
			for !ready {
				c.Wait()
			}
			c.L.Unlock()
		}()
	}
}
