package main

import (
	"sync"
	"time"
)

type conn struct{ n int }

type pool struct{ free chan *conn }

var (
	db    = &pool{free: make(chan *conn, 3)}
	begun sync.WaitGroup
)

func main() {
	startLoad()
	for i := 0; i < 3; i++ {
		db.free <- &conn{}
	}
	begun.Add(3)
	for i := 0; i < 3; i++ {
		go transfer()
	}
	time.Sleep(200 * time.Millisecond)
	for i := 0; i < 2; i++ {
		go audit()
	}
	time.Sleep(time.Hour)
}

func (p *pool) put(c *conn) { p.free <- c }

func transfer() {
	c := <-db.free
	defer db.put(c)
	begun.Done()
	begun.Wait()
	c.n++
	audit() // BUG: with the connection in hand
}

//go:noinline
func audit() {
	c := <-db.free
	defer db.put(c)
	c.n++
}
