package main

import (
	"sync"
	"time"
)

type cache struct {
	mu      sync.Mutex
	entries map[int]int
}

var sessions = &cache{entries: map[int]int{}}

func main() {
	startLoad()
	go func() {
		for i := 0; ; i++ {
			sessions.expire(i)
			time.Sleep(10 * time.Millisecond)
		}
	}()
	time.Sleep(time.Hour)
}

func (c *cache) drop(key int, dropped chan<- struct{}) {
	c.mu.Lock()
	delete(c.entries, key)
	c.mu.Unlock()
	close(dropped)
}

func (c *cache) expire(key int) {
	dropped := make(chan struct{})
	c.mu.Lock()
	c.entries[key] = key
	time.AfterFunc(5*time.Millisecond, func() { c.drop(key, dropped) })
	c.mu.Unlock()
	<-dropped
}
