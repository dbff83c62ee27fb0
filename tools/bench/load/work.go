package main

import (
	"crypto/sha256"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pingpong hands an int back and forth over two unbuffered channels: every operation blocks.
func pingpong() {
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v + 1
		}
	}()
	go func() {
		for v := 0; ; {
			there <- v
			v = <-back
			ops.Add(1)
		}
	}()
}

// fanin lets 1,000 goroutines send into one buffered channel.
func fanin() {
	c := make(chan int, 128)
	for i := 0; i < 1000; i++ {
		go func(i int) {
			for {
				c <- i
			}
		}(i)
	}
	go func() {
		for range c {
			ops.Add(1)
		}
	}()
}

// mutex lets 64 goroutines compete for the same lock nearly all the time.
func mutex() {
	var mu sync.Mutex
	shared := [32]byte{}
	for i := 0; i < 64; i++ {
		go func() {
			for {
				mu.Lock()
				shared = sha256.Sum256(shared[:])
				mu.Unlock()
				ops.Add(1)
			}
		}()
	}
}

// compute hashes on every CPU and passes on a result every ten milliseconds.
func compute() {
	results := make(chan [32]byte)
	for i := 0; i < runtime.NumCPU(); i++ {
		go func() {
			sum, next := [32]byte{}, time.Now()
			for {
				for j := 0; j < 1000; j++ {
					sum = sha256.Sum256(sum[:])
				}
				ops.Add(1000)
				if time.Now().After(next) {
					results <- sum
					next = time.Now().Add(10 * time.Millisecond)
				}
			}
		}()
	}
	go func() {
		for range results {
		}
	}()
}

// churn creates goroutines that exit at once, a hundred at a time.
func churn() {
	go func() {
		for {
			var wg sync.WaitGroup
			wg.Add(100)
			for i := 0; i < 100; i++ {
				go wg.Done()
			}
			wg.Wait()
			ops.Add(100)
		}
	}()
}

// pairs runs one ping-pong per CPU.
func pairs() {
	for i := 0; i < runtime.NumCPU(); i++ {
		pingpong()
	}
}

// gap is the longest pause of stall's loop.
var gap atomic.Int64

// stall does nothing but read the clock, beside goroutines that park and are woken.
func stall() {
	go func() {
		for range time.Tick(time.Millisecond) {
			ops.Add(1)
		}
	}()
	go func() {
		last := time.Now()
		for {
			now := time.Now()
			if d := now.Sub(last).Nanoseconds(); d > gap.Load() {
				gap.Store(d)
			}
			last = now
		}
	}()
}
