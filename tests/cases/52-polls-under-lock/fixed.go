package main

import (
	"sync"
	"time"
)

type session struct {
	mu       sync.Mutex
	sent     int
	answered bool
}

var link = &session{}

func main() {
	startLoad()
	go link.request()
	time.Sleep(100 * time.Millisecond)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				link.onMessage()
				time.Sleep(20 * time.Millisecond)
			}
		}()
	}
	time.Sleep(time.Hour)
}

func (s *session) request() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	for !s.answered {
		s.mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		s.mu.Lock()
	}
}

func (s *session) onMessage() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = true
}
