package bubble

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func receiver(c chan int) { <-c }
func sender(c chan int)   { c <- 1 }
func sleeper()            { time.Sleep(time.Hour) }

func selector(a, b chan int) {
	select {
	case <-a:
	case b <- 1:
	}
}

func waiter(w *sync.WaitGroup) { w.Wait() }

func condWaiter(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
	c.L.Unlock()
}

func start() func() {
	receive, send, a, b := make(chan int), make(chan int), make(chan int), make(chan int)
	w, c := new(sync.WaitGroup), sync.NewCond(new(sync.Mutex))
	w.Add(1)
	go receiver(receive)
	go sender(send)
	go selector(a, b)
	go waiter(w)
	go condWaiter(c)
	go sleeper()
	return func() {
		receive <- 1
		<-send
		a <- 1
		w.Done()
		c.Broadcast()
	}
}

// Everything that blocks here is released before the bubble ends.
func play(*testing.T) {
	var ends []func()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, rest, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "start":
			ends = append(ends, start())
			// A bubble's clock stands still while one of its goroutines runs: yield until all have parked.
			for i := 0; i < 1000; i++ {
				runtime.Gosched()
			}
			fmt.Println("done")
		case "end":
			for _, end := range ends {
				end()
			}
			ends = nil
			fmt.Println("done")
		case "dump":
			buf := make([]byte, 1<<20)
			if err := os.WriteFile(rest, buf[:runtime.Stack(buf, true)], 0o644); err != nil {
				panic(err)
			}
			fmt.Println("done")
		}
	}
}
