package main

import (
	"errors"
)

// Only the first error is received; nobody receives the others.
func init() { register("errgroup_first_error", errgroupFirstErrorBroken, errgroupFirstErrorFixed) }

func errgroupFirstErrorBroken() { errgroupFirstErrorGroup(make(chan error)) }

func errgroupFirstErrorFixed() { errgroupFirstErrorGroup(make(chan error, 5)) }

func errgroupFirstErrorGroup(errs chan error) error {
	for i := 0; i < 5; i++ {
		go func() {
			errs <- errors.New("failed") // attached: no receiver, 4; recorded: no one left, 4
		}()
	}
	return <-errs
}
