package main

import (
	"iter"
	"time"
)

func main() {
	startLoad()
	for i := 0; ; i++ {
		first(rows(i))
		time.Sleep(50 * time.Millisecond)
	}
}

func rows(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := n; yield(i); i++ {
		}
	}
}

func first(seq iter.Seq[int]) int {
	next, _ := iter.Pull(seq) // BUG: no stop
	v, _ := next()
	return v
}
