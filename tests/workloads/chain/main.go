// chain builds, at the line "go" on stdin, a known chain of waits: a
// WaitGroup, a channel, a lock and a sleep.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"time"
)

var (
	mu     sync.Mutex
	values = make(chan int)
)

func waits() {
	var wg sync.WaitGroup
	wg.Add(1)
	go receives(&wg)
	wg.Wait()
}

func receives(wg *sync.WaitGroup) {
	defer wg.Done()
	for i := 0; i < 2; i++ {
		<-values
	}
}

func locks() {
	time.Sleep(20 * time.Millisecond)
	values <- 1
	mu.Lock()
	values <- 2
	mu.Unlock()
}

func sleeps() {
	mu.Lock()
	time.Sleep(time.Hour)
	mu.Unlock()
}

func main() {
	fmt.Println("up")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		mu.Lock()
		go sleeps()
		time.Sleep(10 * time.Millisecond)
		mu.Unlock()
		go waits()
		go locks()
		time.Sleep(200 * time.Millisecond)
		fmt.Println("done")
	}
}
