package main

import (
	"sync"
	"time"
)

// Of 150 requests, six lose the goroutine that waits for their result.
func init() { register("under_load", underLoadBroken, underLoadFixed) }

func underLoadBroken() { underLoadServe(25) }

func underLoadFixed() { underLoadServe(1000) }

func underLoadServe(every int) {
	var wg sync.WaitGroup
	for i := 0; i < 150; i++ {
		wg.Add(1)
		go underLoadHandle(&wg, i%every == every-1)
	}
	wg.Wait()
}

func underLoadHandle(wg *sync.WaitGroup, gone bool) {
	defer wg.Done()
	result := make(chan int)
	go func() {
		time.Sleep(2 * time.Millisecond)
		result <- 1 // want: no receiver, 6
	}()
	if !gone {
		<-result
	}
}
