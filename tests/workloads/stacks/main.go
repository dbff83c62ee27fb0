// stacks blocks goroutines under stacks of every shape: deep ones, big frames,
// assembly, panics, deferred calls, grown stacks. Other goroutines do
// not block: one runs in an endless loop and is preempted anywhere, one is
// in a system call.
//
// At each line "start" on stdin it prints one line of JSON with each goroutine's
// id and the way it blocks. "dump PATH" writes runtime.Stack.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	mu   sync.Mutex
	ways = map[int64]string{}
	told = make(chan bool)
	sink int
)

func goid() int64 {
	var buf [64]byte
	id, err := strconv.ParseInt(string(bytes.Fields(buf[:runtime.Stack(buf[:], false)])[1]), 10, 64)
	if err != nil {
		panic(err)
	}
	return id
}

func tell(way string) {
	mu.Lock()
	ways[goid()] = way
	mu.Unlock()
	told <- true
}

//go:noinline
func recurse(n int, then func()) int {
	if n == 0 {
		then()
		return 0
	}
	return recurse(n-1, then) + 1
}

func hold(way string) {
	held := make(chan int)
	tell(way)
	<-held
}

// The two recursions differ only in depth: with recurse(0) there are depth+3 frames up to goexit.
func deep(way string, depth int) { recurse(depth, func() { hold(way) }) }

//go:noinline
func bigFrame() int {
	var big [10000]int
	for i := range big {
		big[i] = i + sink
	}
	hold("big frame")
	return big[sink]
}

//go:noinline
func hugeFrame() int {
	var huge [1 << 17]int // a megabyte: the prologue checks twice
	for i := range huge {
		huge[i] = i + sink
	}
	hold("huge frame")
	return huge[sink]
}

func throughAssembly(f func())

func inAssembly() { throughAssembly(func() { hold("assembly") }) }

func inDefer() {
	defer hold("deferred")
	runtime.Goexit()
}

type node struct{ next *node }

//go:noinline
func fault(n *node) *node { return n.next }

func inPanic() {
	defer func() {
		hold("panic")
		recover()
	}()
	fault(nil)
}

func inDivision() {
	defer func() {
		hold("division")
		recover()
	}()
	sink /= len(os.Args) - 1
}

// Somewhere on the way, the stack must grow for the frame of selectgo or of what it calls.
func inGrowth(n int) {
	recurse(n, func() {
		a, b := make(chan int), make(chan int)
		tell("growth")
		select {
		case <-a:
		case b <- 1:
		}
	})
}

// spin has no call in its loop, so only a signal preempts it.
//
//go:noinline
func spin(n *int) {
	for *n >= 0 {
		*n++
	}
}

func inSpin() {
	var n int
	tell("spin")
	spin(&n)
}

func inSyscall() {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		panic(err)
	}
	tell("syscall")
	syscall.Read(p[0], make([]byte, 1))
}

func inSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR2)
	syscall.Kill(os.Getpid(), syscall.SIGUSR2)
	<-c
	hold("signal")
}

func start() {
	all := []func(){
		func() { deep("deep 100", 100) }, func() { deep("deep 200", 200) }, func() { bigFrame() },
		func() { hugeFrame() }, inAssembly, inDefer, inPanic, inDivision, inSyscall, inSignal,
	}
	for n := 0; n < 200; n++ {
		n := n
		all = append(all, func() { inGrowth(n % 90) })
	}
	for _, f := range all {
		go f()
	}
	for range all {
		<-told
	}
	time.Sleep(50 * time.Millisecond) // from there to the park
	mu.Lock()
	defer mu.Unlock()
	line, err := json.Marshal(ways)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, rest, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "start":
			start()
		case "spin":
			for i := 0; i < 8*runtime.GOMAXPROCS(0); i++ {
				go inSpin()
				<-told
			}
			fmt.Println("done")
		case "dump":
			buf := make([]byte, 8<<20)
			if err := os.WriteFile(rest, buf[:runtime.Stack(buf, true)], 0o644); err != nil {
				panic(err)
			}
			fmt.Println("done")
		}
	}
}
