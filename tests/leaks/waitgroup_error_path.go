package main

import (
	"errors"
	"sync"
)

// The error path does not call Done.
func init() { register("waitgroup_error_path", waitgroupErrorPathBroken, waitgroupErrorPathFixed) }

func waitgroupErrorPathBroken() {
	go waitgroupErrorPathAll(func(wg *sync.WaitGroup, err error) {
		if err != nil {
			return
		}
		wg.Done()
	})
}

func waitgroupErrorPathFixed() {
	go waitgroupErrorPathAll(func(wg *sync.WaitGroup, err error) {
		defer wg.Done()
	})
}

func waitgroupErrorPathAll(do func(*sync.WaitGroup, error)) {
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		var err error
		if i == 1 {
			err = errors.New("bad row")
		}
		go do(&wg, err)
	}
	wg.Wait() // want: waitgroup not done, 1
}
