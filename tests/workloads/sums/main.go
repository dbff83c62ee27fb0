// sums computes, in many goroutines at once, sums whose addends are each in a
// stack frame of their own. Stacks grow and are copied while the garbage collector
// is kept busy and shrinks them again. If anything else changes a frame,
// above all a return address, the program crashes or a sum is wrong.
//
// It prints "ready", runs until a line arrives on stdin, and then prints the
// number of sums and "right" or "wrong".
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	goroutines = 40
	depth      = 700
)

// descend gets every 50th addend from another goroutine, so that deep stacks are parked.
//
//go:noinline
func descend(n int, seed uint64, ask, answer chan uint64) uint64 {
	var pad [9]uint64
	for i := range pad {
		pad[i] = seed ^ uint64(n*i)
	}
	if n == 0 {
		return seed
	}
	part := uint64(n)
	if n%50 == 0 {
		ask <- part
		part = <-answer
	}
	below := descend(n-1, seed*31+uint64(n), ask, answer)
	for i := range pad {
		if pad[i] != seed^uint64(n*i) {
			panic("a frame was changed")
		}
	}
	return below + part*pad[n%9]
}

func answers(ask, answer chan uint64) {
	for v := range ask {
		answer <- v
	}
	close(answer)
}

// sum runs on a new stack every time.
func sum(seed uint64) uint64 {
	ask, answer, result := make(chan uint64), make(chan uint64), make(chan uint64)
	go answers(ask, answer)
	go func() { result <- descend(depth, seed, ask, answer) }()
	s := <-result
	close(ask)
	<-answer
	return s
}

func main() {
	var expected [goroutines]uint64
	for i := range expected {
		expected[i] = sum(uint64(i))
	}
	fmt.Println("ready")
	var wg sync.WaitGroup
	var n, wrong atomic.Int64
	var end atomic.Bool
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		end.Store(true)
	}()
	for i := range expected {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !end.Load() {
				if sum(uint64(i)) != expected[i] {
					wrong.Add(1)
				}
				n.Add(1)
			}
		}()
	}
	for !end.Load() {
		runtime.GC()
	}
	wg.Wait()
	verdict := "right"
	if wrong.Load() != 0 {
		verdict = "wrong"
	}
	fmt.Println(n.Load(), verdict)
}
