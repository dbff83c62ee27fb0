package main

import (
	"sync"
	"time"
)

type store struct {
	mu   sync.Mutex
	rows int
}

var (
	db    = &store{}
	pages = make(chan int, 4)
)

func main() {
	startLoad()
	go db.compact()
	for i := 0; i < 4; i++ {
		go reader()
	}
	nightly()
}

// nightly waits for its workers, and these for the next page.
func nightly() {
	var wg sync.WaitGroup
	for i := 0; i < 5; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for page := range pages {
				time.Sleep(900 * time.Millisecond)
				db.add(page)
			}
		}()
	}
	go func() {
		for n := 0; n < 1000; n++ {
			pages <- n
		}
		close(pages)
	}()
	wg.Wait()
}

func (s *store) add(n int) {
	s.mu.Lock()
	s.rows += n
	s.mu.Unlock()
}

func (s *store) compact() {
	for {
		s.mu.Lock()
		time.Sleep(1200 * time.Millisecond)
		s.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
}

func reader() {
	for {
		db.add(0)
		time.Sleep(30 * time.Millisecond)
	}
}
