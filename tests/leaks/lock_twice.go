package main

import (
	"sync"
)

// A method that has locked the mutex calls another one that locks it.
func init() { register("lock_twice", lockTwiceBroken, lockTwiceFixed) }

type lockTwiceCounter struct {
	mu sync.Mutex
	n  int
}

func lockTwiceBroken() {
	for i := 0; i < 2; i++ {
		go new(lockTwiceCounter).addTwo()
	}
}

func lockTwiceFixed() {
	for i := 0; i < 2; i++ {
		c := new(lockTwiceCounter)
		go func() {
			c.add()
			c.add()
		}()
	}
}

func (c *lockTwiceCounter) add() {
	c.mu.Lock() // want: cycle, 2
	c.n++
	c.mu.Unlock()
}

func (c *lockTwiceCounter) addTwo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	c.add()
}
