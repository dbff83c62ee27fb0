package main

import (
	"sync"
	"time"
)

type connPool struct {
	mu       sync.Mutex
	conns    []int
	finish   chan struct{}
	finished chan struct{}
}

var pool = &connPool{finish: make(chan struct{}), finished: make(chan struct{})}

func main() {
	startLoad()
	go pool.drain()
	go pool.close()
	time.Sleep(400 * time.Millisecond)
	for i := 0; i < 3; i++ {
		go pool.get()
	}
	time.Sleep(time.Hour)
}

func (p *connPool) drain() {
	defer close(p.finished)
	t := time.NewTicker(10 * time.Millisecond)
	for {
		select {
		case <-t.C:
			p.mu.Lock()
			p.conns = p.conns[:0]
			p.mu.Unlock()
		case <-p.finish:
			return
		}
	}
}

func (p *connPool) close() {
	time.Sleep(100 * time.Millisecond)
	close(p.finish)
	<-p.finished
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = nil
}

func (p *connPool) get() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}
