package main

import (
	"sync"
	"time"
)

type ring struct {
	mu      sync.RWMutex
	members []string
}

var nodes = &ring{members: []string{"a", "b"}}

func main() {
	startLoad()
	go nodes.closestN(2)
	time.Sleep(50 * time.Millisecond)
	go nodes.add("c")
	time.Sleep(300 * time.Millisecond)
	for i := 0; i < 3; i++ {
		go nodes.size()
	}
	time.Sleep(time.Hour)
}

func (r *ring) closestN(n int) []string {
	var owners []string
	for i := 0; i < n; i++ {
		r.mu.RLock()
		time.Sleep(150 * time.Millisecond)
		owners = append(owners, r.partitionOwner(i)) // BUG: locks again
		r.mu.RUnlock()
	}
	return owners
}

//go:noinline
func (r *ring) partitionOwner(i int) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.members[i]
}

func (r *ring) add(name string) {
	r.mu.Lock()
	r.members = append(r.members, name)
	r.mu.Unlock()
}

func (r *ring) size() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.members)
}
