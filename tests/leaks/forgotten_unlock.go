package main

import (
	"sync"
	"time"
)

// An early return leaves the mutex locked.
func init() { register("forgotten_unlock", forgottenUnlockBroken, forgottenUnlockFixed) }

type forgottenUnlockCache struct {
	mu sync.Mutex
	m  map[string]int
}

func forgottenUnlockBroken() {
	c := &forgottenUnlockCache{}
	c.put("", true)
	for i := 0; i < 3; i++ {
		go c.get("a")
	}
}

func forgottenUnlockFixed() {
	c := &forgottenUnlockCache{}
	c.put("", false)
	for i := 0; i < 3; i++ {
		go c.get("a")
	}
}

func (c *forgottenUnlockCache) put(key string, forgets bool) {
	c.mu.Lock()
	if key == "" && forgets {
		return
	}
	time.Sleep(time.Microsecond)
	c.mu.Unlock()
}

func (c *forgottenUnlockCache) get(key string) int {
	c.mu.Lock() // want: lock not released, 3
	defer c.mu.Unlock()
	return c.m[key]
}
