package main

import (
	"sync"
)

// A worker pool is created for one batch and never told that the batch has ended.
func init() { register("pool_unclosed", poolUnclosedBroken, poolUnclosedFixed) }

func poolUnclosedBroken() {
	jobs := poolUnclosedBatch()
	_ = jobs
}

func poolUnclosedFixed() {
	close(poolUnclosedBatch())
}

func poolUnclosedBatch() chan int {
	var wg sync.WaitGroup
	jobs := make(chan int, 8)
	for w := 0; w < 4; w++ {
		go func() {
			for range jobs { // want: never closed, 4
				wg.Done()
			}
		}()
	}
	for i := 0; i < 20; i++ {
		wg.Add(1)
		jobs <- i
	}
	wg.Wait()
	return jobs
}
