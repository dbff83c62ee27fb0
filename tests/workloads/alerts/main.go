// Goroutines that wait for long: with "leak", some that somebody should hear of; without, only some that are normal.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

type job struct{ n int }

// jobs come now and then.
var jobs = make(chan job)

// leak sends one value more than is received.
func leak() {
	c := make(chan job)
	go func() {
		for i := 0; i < 2; i++ {
			c <- job{i} // alert: send
		}
	}()
	<-c
}

// lock keeps a mutex that others want.
func lock(mu *sync.Mutex) {
	mu.Lock() // alert: mutex
	mu.Unlock()
}

// worker idles at the top of its loop.
func worker(jobs <-chan job) {
	for j := range jobs {
		_ = j.n
	}
}

// busy waits again and again, for far less than any limit, at one place.
func busy(in <-chan job, out chan<- job) {
	for j := range in {
		out <- j
	}
}

func main() {
	var held sync.Mutex
	ping, pong := make(chan job), make(chan job)
	timer := time.NewTimer(time.Hour)

	held.Lock()
	for i := 0; i < 4; i++ {
		go worker(jobs)
	}
	go busy(ping, pong)
	go func() {
		for i := 0; ; i++ {
			ping <- job{i}
			<-pong
			time.Sleep(time.Millisecond)
		}
	}()
	go func() {
		time.Sleep(time.Hour)
		jobs <- job{}
	}()
	go func() { <-timer.C }()
	if len(os.Args) > 1 && os.Args[1] == "leak" {
		for i := 0; i < 3; i++ {
			leak()
		}
		go lock(&held)
	}
	fmt.Println("ready")
	select {}
}
