// flood causes many waits or few, as told by lines on stdin, and
// answers each line when done:
//
//	hand N     passes N values to a partner and back: each side waits for each of them
//	life N     creates N goroutines that exit at once; makes N channels and closes them; waits for nothing
//	stuck N    creates N goroutines that wait forever
//	spin       a pair passes values back and forth from now on
//	breed      so does a pair of which both keep creating goroutines that exit at once
//	rest       stops both
//	count      prints how often a pair did so
//
// With GOMAXPROCS=1 all of this happens in a fixed order.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

var (
	ping, pong = make(chan int), make(chan int)
	held       []chan int
	turns      int64
	resting    int32
)

func partner() {
	for v := range ping {
		pong <- v
	}
}

func hand(n int) {
	for i := 0; i < n; i++ {
		ping <- i
		<-pong
	}
}

func short() {}

func life(n int) {
	base := runtime.NumGoroutine()
	for i := 0; i < n; i++ {
		go short()
		close(make(chan [3]int, i))
		for runtime.NumGoroutine() != base {
			runtime.Gosched()
		}
	}
}

func forever(c chan int) { <-c }

func stuck(n int) {
	for i := 0; i < n; i++ {
		c := make(chan int)
		held = append(held, c)
		go forever(c)
	}
	for i := 0; i < 100; i++ {
		runtime.Gosched()
	}
}

func nothing() {}

func breed() { go short() }

func spin(also func()) {
	a, b := make(chan int), make(chan int)
	go func() {
		for v := range a {
			also()
			b <- v
		}
	}()
	for atomic.LoadInt32(&resting) == 0 {
		a <- 1
		also()
		<-b
		atomic.AddInt64(&turns, 1)
	}
}

func main() {
	debug.SetGCPercent(-1) // a goroutine that helps the collector parks
	go partner()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var what string
		n := 0
		fmt.Sscan(in.Text(), &what, &n)
		switch what {
		case "hand":
			hand(n)
		case "life":
			life(n)
		case "stuck":
			stuck(n)
		case "spin":
			go spin(nothing)
		case "breed":
			go spin(breed)
		case "rest":
			atomic.StoreInt32(&resting, 1)
		}
		fmt.Println("done", atomic.LoadInt64(&turns))
	}
}
