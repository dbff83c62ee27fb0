// counts creates, blocks, wakes and closes known numbers of everything, all
// primes, in a fixed order: before it wakes a goroutine, it has seen in the
// runtime's traceback that it is blocked. main never parks.
//
// It starts at the line "go" on stdin, prints "done" at the end, and
// exits when stdin ends.
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

const (
	receivers   = 53
	senders     = 47
	closes      = 43
	selects     = 41
	lockers     = 37
	readers     = 31
	writers     = 29
	waiters     = 23
	conds       = 19
	sleepers    = 17
	fulls       = 13
	capacity    = 11
	polls       = 7
	goexits     = 5
	quick       = 101
	tries       = 59
	selectReady = 3
)

// parked waits, without parking, until n goroutines are in function.
func parked(function string, n int) {
	re := regexp.MustCompile(`goroutine \d+ \[(chan|select|semacquire|sync|sleep|IO wait)[^\]]*\]:\n(?:[^\n]+\n)*?main\.` +
		function + `\(`)
	buf := make([]byte, 1<<20)
	for len(re.FindAllIndex(buf[:runtime.Stack(buf, true)], -1)) != n {
		runtime.Gosched()
	}
}

func gone(base int) {
	for runtime.NumGoroutine() != base {
		runtime.Gosched()
	}
}

func receiver(c chan int) { <-c }

func receive() {
	var cs []chan int
	for i := 0; i < receivers; i++ {
		c := make(chan int)
		cs = append(cs, c)
		go receiver(c)
	}
	parked("receiver", receivers)
	for _, c := range cs {
		c <- 1
	}
}

func sender(c chan int) { c <- 1 }

func send() {
	var cs []chan int
	for i := 0; i < senders; i++ {
		c := make(chan int)
		cs = append(cs, c)
		go sender(c)
	}
	parked("sender", senders)
	for _, c := range cs {
		<-c
	}
}

func ranger(c chan int) {
	for range c {
	}
}

func closing() {
	var cs []chan int
	for i := 0; i < closes; i++ {
		c := make(chan int)
		cs = append(cs, c)
		go ranger(c)
	}
	parked("ranger", closes)
	for _, c := range cs {
		close(c)
	}
}

func selector(a, b, c chan int) {
	select {
	case <-a:
	case b <- 1:
	case <-c:
	}
}

func selecting() {
	var cs [][3]chan int
	for i := 0; i < selects; i++ {
		c := [3]chan int{make(chan int), make(chan int), make(chan int)}
		cs = append(cs, c)
		go selector(c[0], c[1], c[2])
	}
	parked("selector", selects)
	for i, c := range cs {
		if i%2 == 0 {
			c[0] <- 1
		} else {
			<-c[1]
		}
	}
}

func locker(m *sync.Mutex) {
	m.Lock()
	m.Unlock()
}

func locking() {
	m := new(sync.Mutex)
	m.Lock()
	for i := 0; i < lockers; i++ {
		go locker(m)
	}
	parked("locker", lockers)
	m.Unlock()
}

func reader(m *sync.RWMutex) {
	m.RLock()
	m.RUnlock()
}

func reading() {
	m := new(sync.RWMutex)
	m.Lock()
	for i := 0; i < readers; i++ {
		go reader(m)
	}
	parked("reader", readers)
	m.Unlock()
}

func writer(m *sync.RWMutex) {
	m.Lock()
	m.Unlock()
}

func writing() {
	m := new(sync.RWMutex)
	m.RLock()
	for i := 0; i < writers; i++ {
		go writer(m)
	}
	parked("writer", writers)
	m.RUnlock()
}

func waiter(w *sync.WaitGroup) { w.Wait() }

func waiting() {
	w := new(sync.WaitGroup)
	w.Add(1)
	for i := 0; i < waiters; i++ {
		go waiter(w)
	}
	parked("waiter", waiters)
	w.Done()
}

func condWaiter(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
	c.L.Unlock()
}

func condition() {
	var cs []*sync.Cond
	for i := 0; i < conds; i++ {
		c := sync.NewCond(new(sync.Mutex))
		cs = append(cs, c)
		go condWaiter(c)
	}
	parked("condWaiter", conds)
	for _, c := range cs {
		c.Signal()
	}
}

func sleeper() { time.Sleep(30 * time.Millisecond) }

func sleeping() {
	for i := 0; i < sleepers; i++ {
		go sleeper()
	}
}

func filler(c chan [5]int) {
	for i := 0; i <= capacity; i++ {
		c <- [5]int{}
	}
}

func filling() {
	var cs []chan [5]int
	for i := 0; i < fulls; i++ {
		c := make(chan [5]int, capacity)
		cs = append(cs, c)
		go filler(c)
	}
	parked("filler", fulls)
	for _, c := range cs {
		for i := 0; i <= capacity; i++ {
			<-c
		}
	}
}

func poller(f *os.File) {
	if _, err := f.Read(make([]byte, 1)); err != nil {
		panic(err)
	}
}

func polling() {
	var ws []*os.File
	for i := 0; i < polls; i++ {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		ws = append(ws, w)
		go poller(r)
	}
	parked("poller", polls)
	for _, w := range ws {
		if _, err := w.Write([]byte{1}); err != nil {
			panic(err)
		}
	}
}

func exiter() { runtime.Goexit() }

func exiting() {
	for i := 0; i < goexits; i++ {
		go exiter()
	}
}

func runner() {}

func running() {
	for i := 0; i < quick; i++ {
		go runner()
	}
}

// Nothing here blocks: buffers, closed channels, and selects that are ready or have a default.
func trying() {
	c, closed := make(chan int, tries), make(chan int)
	close(closed)
	for i := 0; i < tries; i++ {
		c <- i
	}
	select {
	case c <- 1:
		panic("full")
	default:
	}
	for i := 0; i < tries; i++ {
		<-c
	}
	select {
	case <-c:
		panic("empty")
	default:
	}
	for i := 0; i < selectReady; i++ {
		var never chan int
		select {
		case <-closed:
		case <-never:
		}
	}
}

func main() {
	debug.SetGCPercent(-1) // a goroutine that helps the collector parks
	phases := []func(){receive, send, closing, selecting, locking, reading, writing, waiting, condition, sleeping,
		filling, polling, exiting, running, trying}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		base := runtime.NumGoroutine()
		for _, phase := range phases {
			phase()
			gone(base)
		}
		fmt.Println("done")
	}
}
