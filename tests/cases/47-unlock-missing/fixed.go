package main

import (
	"sync"
	"time"
)

type writer struct {
	mu     sync.Mutex
	queue  []string
	closed bool
}

var out = &writer{}

func main() {
	startLoad()
	for i := 0; i < 6; i++ {
		go func() {
			for {
				out.enqueue("line")
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	time.Sleep(200 * time.Millisecond)
	out.closed = true
	go out.flush()
	time.Sleep(time.Hour)
}

func (w *writer) enqueue(s string) {
	w.mu.Lock()
	w.queue = append(w.queue[:0], s)
	w.mu.Unlock()
}

func (w *writer) flush() int {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return 0
	}
	n := len(w.queue)
	w.mu.Unlock()
	return n
}
