// owners has goroutines that wait for objects to which known pointers lead, and
// no others. It prints "up" once all of them wait, and runs until stdin is closed.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

type inner struct {
	pad [3]*int
	ch  chan int
}

type outer struct {
	pad [2]*int
	in  *inner
}

type guarded struct {
	pad [4]*int
	mu  sync.Mutex
}

var (
	global *outer
	gate   = make(chan int)
	guard  sync.Mutex
)

//go:noinline
func wantsGlobal() { <-global.in.ch }

//go:noinline
func wantsHeld(ch chan int) { <-ch }

//go:noinline
func wantsFar(ch chan int) { <-ch }

//go:noinline
func wantsShared(ch chan int) { <-ch }

//go:noinline
func wantsGuard() { guard.Lock() }

//go:noinline
func wantsGuarded(g *guarded) { g.mu.Lock() }

//go:noinline
func wantsAll(wg *sync.WaitGroup) { wg.Wait() }

//go:noinline
func holds(ch chan int) {
	<-gate
	ch <- 1
}

//go:noinline
func holdsFar(o *outer) {
	<-gate
	o.in.ch <- 1
}

//go:noinline
func shares(ch chan int) {
	<-gate
	ch <- 1
}

//go:noinline
func unlocks(g *guarded) {
	<-gate
	g.mu.Unlock()
}

//go:noinline
func finishes(wg *sync.WaitGroup) {
	<-gate
	wg.Done()
}

//go:noinline
func left(from, to chan int) {
	<-from
	to <- 1
}

//go:noinline
func right(from, to chan int) {
	<-from
	to <- 1
}

// start returns before the others wait, so no pointer of its own remains.
//
//go:noinline
func start() {
	held, shared, a, b := make(chan int), make(chan int), make(chan int), make(chan int)
	far := &outer{in: &inner{ch: make(chan int)}}
	locked := new(guarded)
	wg := new(sync.WaitGroup)

	global = &outer{in: &inner{ch: make(chan int)}}
	guard.Lock()
	locked.mu.Lock()
	wg.Add(1)
	go wantsGlobal()
	go wantsHeld(held)
	go wantsHeld(held)
	go holds(held)
	go wantsFar(far.in.ch)
	go holdsFar(far)
	go wantsShared(shared)
	go shares(shared)
	go shares(shared)
	go wantsGuard()
	go wantsGuarded(locked)
	go unlocks(locked)
	go wantsAll(wg)
	go finishes(wg)
	go left(a, b)
	go right(b, a)
}

// waiting counts the goroutines that wait where they are to wait.
func waiting() int {
	buf := make([]byte, 1<<20)
	n := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		head, _, _ := strings.Cut(g, "\n")
		if strings.Contains(head, "[chan receive") || strings.Contains(head, "[sync.") || strings.Contains(head, "[semacquire") {
			n++
		}
	}
	return n
}

func main() {
	start()
	for waiting() < 16 {
		runtime.Gosched()
	}
	fmt.Println("up")
	bufio.NewScanner(os.Stdin).Scan()
}
