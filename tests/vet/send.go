// Package vet has defects, each beside its repaired twin. The line of a finding says so in a comment.
package vet

import (
	"context"
	"errors"
	"time"
)

func compute() int { return 42 }

func timeoutUnbuffered(ctx context.Context) (int, error) {
	result := make(chan int)
	go func() {
		result <- compute() // want: send-no-receiver
	}()
	select {
	case r := <-result:
		return r, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func timeoutBuffered(ctx context.Context) (int, error) {
	result := make(chan int, 1)
	go func() {
		result <- compute()
	}()
	select {
	case r := <-result:
		return r, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func timeoutAfter() int {
	result := make(chan int)
	go func() { result <- compute() }() // want: send-no-receiver
	select {
	case r := <-result:
		return r
	case <-time.After(time.Second):
		return 0
	}
}

func timeoutAfterSelects() int {
	result, done := make(chan int), make(chan struct{})
	defer close(done)
	go func() {
		select {
		case result <- compute():
		case <-done:
		}
	}()
	select {
	case r := <-result:
		return r
	case <-time.After(time.Second):
		return 0
	}
}

func check(n int) error {
	if n > 3 {
		return errors.New("too many")
	}
	return nil
}

func earlyReturn(n int) int {
	c := make(chan int)
	go func() {
		c <- compute() // want: send-no-receiver
	}()
	if err := check(n); err != nil {
		return 0
	}
	return <-c
}

func earlyReturnReceives(n int) int {
	c := make(chan int)
	go func() {
		c <- compute()
	}()
	if err := check(n); err != nil {
		<-c
		return 0
	}
	return <-c
}

func firstOfTwo() int {
	c := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			c <- i // want: send-no-receiver
		}()
	}
	return <-c
}

func firstOfTwoBuffered() int {
	c := make(chan int, 2)
	for i := 0; i < 2; i++ {
		go func() {
			c <- i
		}()
	}
	return <-c
}

func firstOfMany(urls []string) string {
	c := make(chan string)
	for _, u := range urls {
		go func() {
			c <- u // want: send-no-receiver
		}()
	}
	return <-c
}

func firstOfManyRoom(urls []string) string {
	c := make(chan string, len(urls))
	for _, u := range urls {
		go func() {
			c <- u
		}()
	}
	return <-c
}

func bufferOneShort() {
	c := make(chan int, 2)
	for i := 0; i < 3; i++ {
		c <- i // want: send-no-receiver
	}
}

func bufferFits() {
	c := make(chan int, 3)
	for i := 0; i < 3; i++ {
		c <- i
	}
}

func unbufferedToSelf() {
	c := make(chan int)
	c <- 1 // want: send-no-receiver
	<-c
}

func bufferedToSelf() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func errorThenResult(fail bool) (int, error) {
	errs, results := make(chan error), make(chan int)
	go func() {
		if fail {
			errs <- errors.New("failed")
		}
		results <- 1 // want: send-no-receiver
	}()
	select {
	case err := <-errs:
		return 0, err
	case r := <-results:
		return r, nil
	}
}

func errorOrResult(fail bool) (int, error) {
	errs, results := make(chan error), make(chan int)
	go func() {
		if fail {
			errs <- errors.New("failed")
			return
		}
		results <- 1
	}()
	select {
	case err := <-errs:
		return 0, err
	case r := <-results:
		return r, nil
	}
}

type request struct {
	reply chan int
}

func replyDropped() {
	requests := make(chan request)
	go func() {
		r := <-requests
		r.reply <- 1 // want: send-no-receiver
	}()
	r := request{reply: make(chan int)}
	requests <- r
}

func replyTaken() {
	requests := make(chan request)
	go func() {
		r := <-requests
		r.reply <- 1
	}()
	r := request{reply: make(chan int)}
	requests <- r
	<-r.reply
}

func produce(n int, out chan<- int) {
	for i := 0; i < n; i++ {
		out <- i // want: send-no-receiver
	}
}

func producerAbandoned() int {
	c := make(chan int)
	go produce(5, c)
	return <-c
}

func produceClosing(n int, out chan<- int) {
	defer close(out)
	for i := 0; i < n; i++ {
		out <- i
	}
}

func producerDrained() (sum int) {
	c := make(chan int)
	go produceClosing(5, c)
	for v := range c {
		sum += v
	}
	return sum
}

func breakOutOfRange() {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 0; i < 4; i++ {
			c <- i // want: send-no-receiver
		}
	}()
	for v := range c {
		if v == 1 {
			break
		}
	}
}

func continueRange() {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 0; i < 4; i++ {
			c <- i
		}
	}()
	for v := range c {
		if v == 1 {
			continue
		}
	}
}

func deferredSend() {
	done := make(chan bool)
	go func() {
		defer func() { done <- true }() // want: send-no-receiver
		compute()
	}()
}

func deferredSendTaken() {
	done := make(chan bool)
	go func() {
		defer func() { done <- true }()
		compute()
	}()
	<-done
}

func semaphoreKept() {
	sem := make(chan struct{}, 1)
	for i := 0; i < 2; i++ {
		sem <- struct{}{} // want: send-no-receiver
	}
}

func semaphoreReleased() {
	sem := make(chan struct{}, 1)
	for i := 0; i < 2; i++ {
		sem <- struct{}{}
		<-sem
	}
}

func panics(n int) {
	c := make(chan int)
	go func() {
		c <- 1 // want: send-no-receiver
	}()
	defer func() { _ = recover() }()
	if n > 2 {
		panic("too many")
	}
	<-c
}

func panicsLater(n int) {
	c := make(chan int)
	go func() {
		c <- 1
	}()
	defer func() { _ = recover() }()
	<-c
	if n > 2 {
		panic("too many")
	}
}

type stream[T any] struct{ c chan T }

func newStream[T any]() *stream[T] { return &stream[T]{c: make(chan T)} }

func genericAbandoned() {
	s := newStream[int]()
	go func() { s.c <- 1 }() // want: send-no-receiver
}

func genericTaken() int {
	s := newStream[int]()
	go func() { s.c <- 1 }()
	return <-s.c
}

func escapes(keep func(chan int)) {
	c := make(chan int)
	keep(c)
	go func() { c <- 1 }()
}

func returned() <-chan int {
	c := make(chan int)
	go func() { c <- 1 }()
	return c
}
