// coroutine leaves iterators of iter.Pull in every state: pulled from and
// suspended, blocked on a channel while its caller waits for the next value, and
// run to completion. newproc does not create these goroutines; they switch
// without gopark and exit without goexit.
//
// Each line "start" on stdin creates more of them and is answered with their number;
// "dump PATH" writes runtime.Stack.
package main

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	suspended = 3
	blocked   = 5
	ended     = 7
)

var keep []func() (int, bool)

func values(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

func some(yield func(int) bool) {
	for i := 0; i < 4 && yield(i); i++ {
	}
}

func blocking(yield func(int) bool) {
	yield(1)
	<-make(chan int)
}

func pullBlocking() {
	next, _ := iter.Pull(blocking)
	next()
	next()
}

func start() {
	for i := 0; i < suspended; i++ {
		next, _ := iter.Pull(values)
		next()
		next()
		keep = append(keep, next)
	}
	for i := 0; i < blocked; i++ {
		go pullBlocking()
	}
	for i := 0; i < ended; i++ {
		next, stop := iter.Pull(some)
		for v, ok := next(); ok; v, ok = next() {
			_ = v
		}
		stop()
	}
	time.Sleep(50 * time.Millisecond)
	fmt.Println(runtime.NumGoroutine())
}

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, rest, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "start":
			start()
		case "dump":
			buf := make([]byte, 1<<20)
			if err := os.WriteFile(rest, buf[:runtime.Stack(buf, true)], 0o644); err != nil {
				panic(err)
			}
			fmt.Println("done")
		}
	}
	runtime.KeepAlive(keep)
}
