package main

import (
	"sync"
	"time"
)

type service struct {
	wg   sync.WaitGroup
	jobs chan int
	quit chan struct{}
}

var svc = &service{jobs: make(chan int), quit: make(chan struct{})}

func main() {
	startLoad()
	for i := 0; i < 3; i++ {
		svc.wg.Add(1)
		go svc.work()
	}
	svc.jobs <- 1
	go svc.stop()
	time.Sleep(time.Hour)
}

func (s *service) work() {
	defer s.wg.Done()
	for {
		select {
		case <-s.jobs:
			time.Sleep(time.Millisecond)
		case <-s.quit:
			return
		}
	}
}

func (s *service) stop() {
	s.wg.Wait() // BUG: the workers wait for quit
	close(s.quit)
}
