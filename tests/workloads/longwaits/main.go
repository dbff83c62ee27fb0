// longwaits has waits of known length. At the line "go" on stdin, prime numbers
// of goroutines wait at the same time for as long as the argument says, once in
// each way, while two others pass values as fast as they can. Goroutines in
// a select had a deep stack before, which the collector moves while they
// wait. When all have exited, it prints "done" and the number of values. "nap"
// makes it sleep 101 times; "stay" leaves 8 goroutines that wait forever.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	long    time.Duration
	all     sync.WaitGroup
	release []func()
	handed  atomic.Int64
)

func done(f func()) {
	defer all.Done()
	f()
}

//go:noinline
func deep(n int) byte {
	var room [1024]byte
	room[n] = byte(n)
	if n == 0 {
		return room[0]
	}
	return deep(n-1) + room[n]
}

func receiving(n int) {
	c := make(chan int)
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { <-c }) }(i)
	}
	release = append(release, func() { close(c) })
}

func sending(n int) {
	c := make(chan int)
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { c <- i }) }(i)
	}
	release = append(release, func() {
		for i := 0; i < n; i++ {
			<-c
		}
	})
}

//go:noinline
func choose(c [3]chan int, v int) {
	deep(200)
	select {
	case <-c[0]:
	case c[1] <- v:
	case <-c[2]:
	}
}

func selecting(n int) {
	chans := make([][3]chan int, n)
	for i := range chans {
		chans[i] = [3]chan int{make(chan int), make(chan int), make(chan int)}
	}
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { choose(chans[i], i) }) }(i)
	}
	release = append(release, func() {
		for _, c := range chans {
			close(c[2])
		}
	})
}

func locking(n int) {
	mus := make([]sync.Mutex, n)
	for i := range mus {
		mus[i].Lock()
	}
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { mus[i].Lock() }) }(i)
	}
	release = append(release, func() {
		for i := range mus {
			mus[i].Unlock()
		}
	})
}

func condition(n int) {
	var mu sync.Mutex
	c, open := sync.NewCond(&mu), false
	wait := func() {
		mu.Lock()
		defer mu.Unlock()
		for !open {
			c.Wait()
		}
	}
	all.Add(n)
	for i := 0; i < n; i++ {
		go done(wait)
	}
	release = append(release, func() {
		mu.Lock()
		open = true
		mu.Unlock()
		c.Broadcast()
	})
}

func waiting(n int) {
	var wg sync.WaitGroup
	wg.Add(1)
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { wg.Wait() }) }(i)
	}
	release = append(release, wg.Done)
}

func sleeping(n int) {
	all.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) { done(func() { time.Sleep(long) }) }(i)
	}
}

func polling(n int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var ends []net.Conn
	for i := 0; i < n; i++ {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			panic(err)
		}
		far, err := l.Accept()
		if err != nil {
			panic(err)
		}
		ends = append(ends, near)
		all.Add(1)
		go done(func() {
			far.Read(make([]byte, 1))
			far.Close()
		})
	}
	release = append(release, func() {
		for _, c := range ends {
			c.Write([]byte{1})
		}
	})
}

// handing consists of short waits only.
func handing(until time.Time) {
	there, back := make(chan bool), make(chan bool)
	all.Add(2)
	go done(func() {
		for range there {
			back <- true
		}
	})
	go done(func() {
		for time.Now().Before(until) {
			there <- true
			<-back
			handed.Add(1)
		}
		close(there)
	})
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		words := strings.Fields(in.Text())
		if words[0] == "nap" {
			// Alone, so that the number of waits is exact.
			for i := 0; i < 101; i++ {
				time.Sleep(time.Millisecond)
			}
			fmt.Println("napped")
			continue
		}
		if words[0] == "stay" {
			// Until the end of the program.
			receiving(5)
			selecting(3)
			fmt.Println("staying")
			continue
		}
		long, _ = time.ParseDuration(words[1])
		until := time.Now().Add(long)
		receiving(53)
		sending(47)
		selecting(41)
		locking(37)
		condition(19)
		waiting(23)
		sleeping(17)
		polling(7)
		handing(until)
		for time.Now().Before(until) {
			time.Sleep(long / 8)
			runtime.GC()
		}
		for _, f := range release {
			f()
		}
		release = nil
		all.Wait()
		fmt.Println("done", handed.Load())
	}
}
