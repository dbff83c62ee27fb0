package main

import (
	"sync"
)

// The holder of the lock sends, and nobody receives; all others wait for the lock.
func init() { register("lock_held_in_send", lockHeldInSendBroken, lockHeldInSendFixed) }

type lockHeldInSendHub struct {
	mu     sync.Mutex
	out    chan int
	locked chan bool
}

func lockHeldInSendBroken() {
	h := &lockHeldInSendHub{out: make(chan int), locked: make(chan bool)}
	go h.publish()
	for i := 0; i < 2; i++ {
		go h.stats()
	}
}

func lockHeldInSendFixed() {
	h := &lockHeldInSendHub{out: make(chan int, 1), locked: make(chan bool)}
	go h.publish()
	for i := 0; i < 2; i++ {
		go h.stats()
	}
}

func (h *lockHeldInSendHub) publish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.locked)
	h.out <- 1 // want: no receiver, 1
}

func (h *lockHeldInSendHub) stats() int {
	<-h.locked
	h.mu.Lock() // want: lock not released, 2
	defer h.mu.Unlock()
	return len(h.out)
}
