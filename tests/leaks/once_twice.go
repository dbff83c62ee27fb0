package main

import (
	"sync"
)

// A Once whose function calls Do on the same Once.
func init() { register("once_twice", onceTwiceBroken, onceTwiceFixed) }

func onceTwiceBroken() {
	go func() {
		var once sync.Once
		once.Do(func() {
			once.Do(func() {}) // want: cycle, 1
		})
	}()
}

func onceTwiceFixed() {
	go func() {
		var once, other sync.Once
		once.Do(func() {
			other.Do(func() {})
		})
	}()
}
