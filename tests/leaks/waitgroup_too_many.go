package main

import (
	"sync"
)

// Add counts more than Done is called.
func init() { register("waitgroup_too_many", waitgroupTooManyBroken, waitgroupTooManyFixed) }

func waitgroupTooManyBroken() {
	for i := 0; i < 2; i++ {
		go waitgroupTooManyWait(3)
	}
}

func waitgroupTooManyFixed() {
	for i := 0; i < 2; i++ {
		go waitgroupTooManyWait(2)
	}
}

func waitgroupTooManyWait(n int) {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < 2; i++ {
		go wg.Done()
	}
	wg.Wait() // want: waitgroup not done, 2
}
