// busy has goroutines that do not wait: one spins, one spins with a lock that
// another wants, and one is in a system call. It prints "up" once all of them are
// there, and runs until stdin is closed.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

var (
	mu   sync.Mutex
	sums [3]int
)

//go:noinline
func step(n int) int {
	for i := 0; i < 1000; i++ {
		n = n*3 + i
	}
	return n
}

//go:noinline
func spins() {
	for {
		sums[0] = step(sums[0])
	}
}

//go:noinline
func spinsLocked() {
	mu.Lock()
	for {
		sums[1] = step(sums[1])
	}
}

//go:noinline
func wantsLock() {
	mu.Lock()
	sums[2]++
}

//go:noinline
func reads(fd int) {
	var b [1]byte
	syscall.Read(fd, b[:])
}

func main() {
	runtime.GOMAXPROCS(4)
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		panic(err)
	}
	go spins()
	go spinsLocked()
	go reads(p[0])
	time.Sleep(100 * time.Millisecond)
	go wantsLock()
	time.Sleep(100 * time.Millisecond)
	fmt.Println("up")
	bufio.NewReader(os.Stdin).ReadString('\n')
}
