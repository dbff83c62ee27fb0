//go:build go1.23

package main

import "iter"

const iterators = 4

var next []func() (int, bool)

func values(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

func pull() {
	for i := 0; i < iterators; i++ {
		n, _ := iter.Pull(values) // line: pull
		n()
		next = append(next, n)
	}
}
