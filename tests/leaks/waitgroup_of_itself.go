package main

import (
	"sync"
)

// A member of the group waits for the group.
func init() { register("waitgroup_of_itself", waitgroupOfItselfBroken, waitgroupOfItselfFixed) }

func waitgroupOfItselfBroken() {
	for i := 0; i < 2; i++ {
		wg := new(sync.WaitGroup)
		wg.Add(1)
		go func() {
			defer wg.Done()
			wg.Wait() // want: cycle, 2
		}()
	}
}

func waitgroupOfItselfFixed() {
	for i := 0; i < 2; i++ {
		wg := new(sync.WaitGroup)
		wg.Add(1)
		go wg.Done()
		go wg.Wait()
	}
}
