package main

import (
	"errors"
	"sync"
	"time"
)

type server struct {
	inflight sync.WaitGroup
	slots    chan int
}

var srv = &server{slots: make(chan int, 4)}

func main() {
	startLoad()
	for i := 0; i < 7; i++ {
		go srv.serve(i)
	}
	time.Sleep(200 * time.Millisecond)
	go srv.shutdown()
	time.Sleep(time.Hour)
}

func (s *server) serve(i int) error {
	s.inflight.Add(1)
	select {
	case s.slots <- i:
	default:
		return errors.New("too many requests") // BUG: no Done
	}
	defer s.inflight.Done()
	time.Sleep(50 * time.Millisecond)
	<-s.slots
	return nil
}

func (s *server) shutdown() {
	time.Sleep(50 * time.Millisecond)
	s.inflight.Wait()
}
