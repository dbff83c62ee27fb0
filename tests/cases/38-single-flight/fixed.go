package main

import (
	"sync"
	"time"
)

type call struct {
	wg  sync.WaitGroup
	val string
}

type group struct {
	mu    sync.Mutex
	calls map[string]*call
}

type request struct {
	key   string
	reply chan string
}

var (
	flights  = &group{calls: map[string]*call{}}
	upstream = make(chan request, 8)
)

func main() {
	startLoad()
	go serveUpstream()
	for i := 0; i < 7; i++ {
		go func() {
			for {
				flights.do("/index", fetch)
				time.Sleep(20 * time.Millisecond)
			}
		}()
	}
	time.Sleep(time.Hour)
}

func (g *group) do(key string, fn func(string) string) string {
	g.mu.Lock()
	if c := g.calls[key]; c != nil {
		g.mu.Unlock()
		c.wg.Wait()
		return c.val
	}
	c := &call{}
	c.wg.Add(1)
	g.calls[key] = c
	g.mu.Unlock()
	c.val = fn(key)
	c.wg.Done()
	g.mu.Lock()
	delete(g.calls, key)
	g.mu.Unlock()
	return c.val
}

func fetch(key string) string {
	r := request{key, make(chan string, 1)}
	upstream <- r
	return <-r.reply
}

func serveUpstream() {
	for n := 0; ; n++ {
		r := <-upstream
		time.Sleep(3 * time.Millisecond)
		if n == 20 {
			r.reply <- "error"
			continue
		}
		r.reply <- "page"
	}
}
