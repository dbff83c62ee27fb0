package main

import (
	"runtime"
	"sync"
	"time"
)

type table struct {
	mu   sync.Mutex
	next map[string]string
}

var routes = &table{next: map[string]string{"a": "b", "b": "c", "c": "a"}}

func main() {
	runtime.GOMAXPROCS(1)
	startLoad()
	time.Sleep(100 * time.Millisecond)
	go routes.resolve("a")
	for i := 0; i < 4; i++ {
		go func() {
			for {
				routes.route("a")
				time.Sleep(20 * time.Millisecond)
			}
		}()
	}
	time.Sleep(time.Hour)
}

func (t *table) resolve(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for seen := 0; ; seen++ {
		to, ok := t.next[name]
		if !ok {
			return name
		}
		name = to // BUG: goes round
	}
}

func (t *table) route(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next[name]
}
