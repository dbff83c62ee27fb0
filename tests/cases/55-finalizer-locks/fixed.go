package main

import (
	"runtime"
	"sync"
	"time"
)

type graph struct {
	mu    sync.RWMutex
	nodes map[int]int
}

type handle struct {
	g  *graph
	id int
}

var rules = &graph{nodes: map[int]int{1: 1, 2: 2}}

func main() {
	startLoad()
	go func() {
		for {
			rules.open(1)
			rules.query(2)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	time.Sleep(time.Hour)
}

func (g *graph) open(id int) {
	h := &handle{g, id}
	runtime.SetFinalizer(h, (*handle).release)
}

func (h *handle) release() {
	h.g.mu.Lock()
	h.g.nodes[h.id]++
	h.g.mu.Unlock()
}

func (g *graph) query(id int) int {
	sum := 0
	g.mu.RLock()
	for i := 0; i < 2; i++ {
		time.Sleep(5 * time.Millisecond)
		runtime.GC() // the finalizer runs
		time.Sleep(5 * time.Millisecond)
		sum += g.nodes[id]
	}
	g.mu.RUnlock()
	return sum
}

//go:noinline
func (g *graph) lookup(id int) int {
	time.Sleep(time.Millisecond)
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.nodes[id]
}
