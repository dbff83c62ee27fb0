package main

import (
	"sync"
	"time"
)

type stack struct {
	mu    sync.Mutex
	conns []int
}

var idle = &stack{conns: []int{1, 2, 3}}

func main() {
	startLoad()
	go idle.closeExpired()
	time.Sleep(200 * time.Millisecond)
	for i := 0; i < 4; i++ {
		go idle.push(i)
	}
	time.Sleep(time.Hour)
}

//go:noinline
func (s *stack) forEach(f func(int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		f(c)
	}
}

func (s *stack) push(c int) {
	s.mu.Lock()
	s.conns = append(s.conns, c)
	s.mu.Unlock()
}

func (s *stack) closeExpired() {
	var expired []int
	s.forEach(func(c int) {
		if c%2 == 0 {
			expired = append(expired, c)
		}
	})
	for _, c := range expired {
		s.push(c + 1)
	}
}
