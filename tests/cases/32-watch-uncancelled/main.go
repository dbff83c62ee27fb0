package main

import (
	"context"
	"sync"
	"time"
)

type registry struct {
	mu       sync.Mutex
	watchers map[chan string]bool
}

var reg = &registry{watchers: map[chan string]bool{}}

func main() {
	startLoad()
	for i := 0; ; i++ {
		serve(i)
		time.Sleep(40 * time.Millisecond)
	}
}

func (r *registry) watch(ctx context.Context, out chan<- string) {
	events := make(chan string, 1)
	r.mu.Lock()
	r.watchers[events] = true
	r.mu.Unlock()
	go r.deliver(ctx, events, out)
}

func (r *registry) deliver(ctx context.Context, events chan string, out chan<- string) {
	defer r.forget(events)
	for {
		select {
		case e := <-events:
			out <- e
		case <-ctx.Done():
			return
		}
	}
}

func (r *registry) forget(events chan string) {
	r.mu.Lock()
	delete(r.watchers, events)
	r.mu.Unlock()
}

func serve(i int) {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan string, 1)
	reg.watch(ctx, out)
	select {
	case <-out:
		cancel()
	case <-time.After(5 * time.Millisecond): // BUG: no cancel
	}
}
