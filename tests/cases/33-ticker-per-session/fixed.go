package main

import (
	"sync/atomic"
	"time"
)

type session struct {
	beats int64
	done  chan struct{}
}

func main() {
	startLoad()
	for {
		open().close()
		time.Sleep(50 * time.Millisecond)
	}
}

func open() *session {
	s := &session{done: make(chan struct{})}
	go s.keepAlive()
	return s
}

func (s *session) close() { close(s.done) }

func (s *session) keepAlive() {
	t := time.NewTicker(300 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			atomic.AddInt64(&s.beats, 1)
		case <-s.done:
			return
		}
	}
}
