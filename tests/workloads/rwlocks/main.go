// rwlocks leaves RWMutexes in every state, with known numbers of goroutines that hold them and
// that wait for them, and prints "up".
package main

import (
	"fmt"
	"sync"
	"time"
)

const (
	holding = 5
	waiting = 3
)

var hold = make(chan bool)

func read(mu *sync.RWMutex) {
	mu.RLock()
	<-hold
	mu.RUnlock()
}

func write(mu *sync.RWMutex) {
	mu.Lock()
	<-hold
	mu.Unlock()
}

func start(n int, f func(*sync.RWMutex), mu *sync.RWMutex) {
	for i := 0; i < n; i++ {
		go f(mu)
	}
	time.Sleep(20 * time.Millisecond)
}

// Readers hold it, a writer waits for them, and further readers wait behind the writer.
func readersHold() {
	var mu sync.RWMutex
	start(holding, read, &mu)
	start(1, write, &mu)
	start(waiting, read, &mu)
}

// A writer holds it; readers and another writer wait.
func writerHolds() {
	var mu sync.RWMutex
	start(1, write, &mu)
	start(waiting, read, &mu)
	start(1, write, &mu)
}

// A writer holds it, and another one waits.
func writersOnly() {
	var mu sync.RWMutex
	start(1, write, &mu)
	start(1, write, &mu)
}

func main() {
	readersHold()
	writerHolds()
	writersOnly()
	fmt.Println("up")
	time.Sleep(time.Hour)
}
