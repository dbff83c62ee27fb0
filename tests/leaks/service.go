package main

import (
	"context"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// service is the healthy part: a heartbeat, busy workers, a worker whose
// queue stays empty, an accept loop with a connection, a signal handler, a goroutine
// that waits for shutdown, a contended lock.
type service struct {
	jobs, rare chan int
	stop       context.CancelFunc
	mu         sync.Mutex
	n          int64
}

var theService service

func startService() {
	s := &theService
	s.jobs = make(chan int)
	s.rare = make(chan int, 4)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	for i := 0; i < 3; i++ {
		go s.worker()
	}
	go s.rareWorker()
	go s.heartbeat(ctx)
	go s.shutdown(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go func() {
		for range signals {
			s.stop()
		}
	}()
	s.listen()
}

func (s *service) worker() {
	for range s.jobs {
		s.mu.Lock()
		atomic.AddInt64(&s.n, 1)
		time.Sleep(100 * time.Microsecond)
		s.mu.Unlock()
	}
}

func (s *service) rareWorker() {
	for job := range s.rare {
		atomic.AddInt64(&s.n, int64(job))
	}
}

func (s *service) heartbeat(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			var wg sync.WaitGroup
			for k := 0; k < 3; k++ {
				wg.Add(1)
				go func() {
					defer wg.Done()
					s.jobs <- k
				}()
			}
			wg.Wait()
		case <-ctx.Done():
			return
		}
	}
}

func (s *service) shutdown(ctx context.Context) {
	<-ctx.Done()
	close(s.jobs)
	close(s.rare)
}

func (s *service) listen() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.echo(c)
		}
	}()
	go func() {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return
		}
		b := make([]byte, 8)
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
			if _, err := c.Read(b); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

func (s *service) echo(c net.Conn) {
	b := make([]byte, 8)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}
