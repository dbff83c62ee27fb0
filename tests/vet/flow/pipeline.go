// Package flow has goroutines that hand values to each other: pipelines, pools, fan-in, fan-out, subscriptions.
package flow

import (
	"context"
	"errors"
	"sync"
)

var errOdd = errors.New("odd")

func generate(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; i < n; i++ {
			out <- i // want: send-no-receiver
		}
	}()
	return out
}

func square(in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for v := range in {
			out <- v * v // want: send-no-receiver
		}
	}()
	return out
}

// Takes two of the squares, and leaves both stages behind.
func firstSquares() int {
	sq := square(generate(10))
	return <-sq + <-sq
}

func generateUntil(done <-chan struct{}, n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; i < n; i++ {
			select {
			case out <- i:
			case <-done:
				return
			}
		}
	}()
	return out
}

func firstUntil() int {
	done := make(chan struct{})
	defer close(done)
	return <-generateUntil(done, 10)
}

func allSquares() (sum int) {
	for v := range squareAll(generateAll(3)) {
		sum += v
	}
	return sum
}

func generateAll(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; i < n; i++ {
			out <- i
		}
	}()
	return out
}

func squareAll(in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for v := range in {
			out <- v * v
		}
	}()
	return out
}

// The consumer stops at the first error; the producer does not know.
func consumeUntilError() error {
	items := make(chan int)
	go func() {
		for i := 0; i < 5; i++ {
			items <- i // want: send-no-receiver
		}
		close(items)
	}()
	for i := range items {
		if i%2 == 1 {
			return errOdd
		}
	}
	return nil
}

func consumeDraining() (err error) {
	items := make(chan int)
	go func() {
		for i := 0; i < 5; i++ {
			items <- i
		}
		close(items)
	}()
	for i := range items {
		if i%2 == 1 && err == nil {
			err = errOdd
		}
	}
	return err
}

// Closes the results before all workers have sent theirs.
func closesTooEarly() {
	results := make(chan int)
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func(i int) {
			wg.Done()
			results <- i // want: send-on-closed
		}(i)
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	for range results {
	}
}

func closesInTime() {
	results := make(chan int)
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			results <- i
		}(i)
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	for range results {
	}
}

// Waits for the workers in the goroutine that should receive.
func waitsBeforeReceiving(n int) (sum int) {
	results := make(chan int)
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results <- n // want: send-no-receiver
		}()
	}
	wg.Wait() // want: waitgroup-not-done
	close(results)
	for r := range results {
		sum += r
	}
	return sum
}

func waitsBeside(n int) (sum int) {
	results := make(chan int)
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results <- n
		}()
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	for r := range results {
		sum += r
	}
	return sum
}

// Jobs are never closed, so the workers stay.
func poolStays(work []int) {
	jobs := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			for range jobs { // want: range-not-closed
			}
		}()
	}
	for _, w := range work {
		jobs <- w
	}
}

func poolEnds(work []int) {
	jobs := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			for range jobs {
			}
		}()
	}
	for _, w := range work {
		jobs <- w
	}
	close(jobs)
}

// The error path forgets to close the jobs.
func poolStaysOnError(work []int) error {
	jobs := make(chan int)
	go func() {
		for range jobs { // want: range-not-closed
		}
	}()
	for _, w := range work {
		if w < 0 {
			return errOdd
		}
		jobs <- w
	}
	close(jobs)
	return nil
}

func poolEndsOnError(work []int) error {
	jobs := make(chan int)
	defer close(jobs)
	go func() {
		for range jobs {
		}
	}()
	for _, w := range work {
		if w < 0 {
			return errOdd
		}
		jobs <- w
	}
	return nil
}

// Each worker gives up on its first error, and the dispatcher goes on.
func workersGiveUp() {
	jobs := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			for j := range jobs {
				if j >= 0 {
					return
				}
			}
		}()
	}
	for i := 0; i < 5; i++ {
		jobs <- i // want: send-no-receiver
	}
	close(jobs)
}

func workersGoOn() {
	jobs := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			for j := range jobs {
				if j >= 0 {
					continue
				}
			}
		}()
	}
	for i := 0; i < 5; i++ {
		jobs <- i
	}
	close(jobs)
}

// Merges two inputs, and closes what it made only if both were read.
func merge(a, b <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		for v := range a {
			out <- v
		}
		for v := range b {
			out <- v
		}
		close(out)
	}()
	return out
}

func mergeFirst() int {
	a, b := make(chan int, 1), make(chan int, 1)
	a <- 1
	close(a)
	go func() { b <- 2 }()
	m := merge2(a, b)
	return <-m + <-m
}

func merge2(a, b <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		for v := range a {
			out <- v
		}
		for v := range b { // want: range-not-closed
			out <- v
		}
		close(out)
	}()
	return out
}

func mergeBoth() (sum int) {
	a, b := make(chan int, 1), make(chan int, 1)
	a <- 1
	close(a)
	go func() {
		b <- 2
		close(b)
	}()
	for v := range merge(a, b) {
		sum += v
	}
	return sum
}

type request struct {
	n     int
	reply chan int
}

// The owner answers only requests that it likes.
func owner(reqs <-chan request) {
	for r := range reqs { // want: range-not-closed
		if r.n < 0 {
			continue
		}
		r.reply <- r.n
	}
}

func asks() int {
	reqs := make(chan request)
	go owner(reqs)
	defer close(reqs)
	r := request{n: -1, reply: make(chan int)}
	reqs <- r
	return <-r.reply // want: receive-no-sender
}

func ownerFair(reqs <-chan request) {
	for r := range reqs {
		if r.n < 0 {
			close(r.reply)
			continue
		}
		r.reply <- r.n
	}
}

func asksFair() int {
	reqs := make(chan request)
	go ownerFair(reqs)
	defer close(reqs)
	r := request{n: -1, reply: make(chan int)}
	reqs <- r
	return <-r.reply
}

// The asker gives up, and the owner stays in the send.
func ownerStuck(reqs <-chan request) {
	for r := range reqs {
		r.reply <- r.n // want: send-no-receiver
	}
}

func asksAndLeaves(ctx context.Context) (int, error) {
	reqs := make(chan request, 1)
	go ownerStuck(reqs)
	defer close(reqs)
	r := request{n: 1, reply: make(chan int)}
	reqs <- r
	select {
	case n := <-r.reply:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func ownerFree(reqs <-chan request) {
	for r := range reqs {
		r.reply <- r.n
	}
}

func asksWithRoom(ctx context.Context) (int, error) {
	reqs := make(chan request, 1)
	go ownerFree(reqs)
	defer close(reqs)
	r := request{n: 1, reply: make(chan int, 1)}
	reqs <- r
	select {
	case n := <-r.reply:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// One done for two listeners.
func oneDone() {
	done := make(chan bool)
	for i := 0; i < 2; i++ {
		go func() {
			<-done // want: receive-no-sender
		}()
	}
	done <- true
}

func closedDone() {
	done := make(chan bool)
	for i := 0; i < 2; i++ {
		go func() {
			<-done
		}()
	}
	close(done)
}

// Two answers, one reader, chosen by an error.
func resultOrError() (int, error) {
	res, errs := make(chan int), make(chan error)
	go func() {
		res <- 1
		errs <- nil // want: send-no-receiver
	}()
	select {
	case r := <-res:
		return r, nil
	case err := <-errs:
		return 0, err
	}
}

type answer struct {
	n   int
	err error
}

func resultWithError() (int, error) {
	res := make(chan answer, 1)
	go func() {
		res <- answer{1, nil}
	}()
	a := <-res
	return a.n, a.err
}

type barrier struct {
	in  chan struct{}
	out chan struct{}
}

func newBarrier() *barrier { return &barrier{in: make(chan struct{}), out: make(chan struct{})} }

func (b *barrier) arrive() {
	b.in <- struct{}{} // want: send-no-receiver
	<-b.out
}

func (b *barrier) release(n int) {
	for i := 0; i < n; i++ {
		<-b.in
	}
	close(b.out)
}

// Three arrive, two are counted.
func countsTwo() {
	b := newBarrier()
	for i := 0; i < 3; i++ {
		go b.arrive()
	}
	b.release(2)
}

type gate struct {
	in  chan struct{}
	out chan struct{}
}

func newGate() *gate { return &gate{in: make(chan struct{}), out: make(chan struct{})} }

func (g *gate) arrive() {
	g.in <- struct{}{}
	<-g.out
}

func (g *gate) release(n int) {
	for i := 0; i < n; i++ {
		<-g.in
	}
	close(g.out)
}

func countsThree() {
	g := newGate()
	for i := 0; i < 3; i++ {
		go g.arrive()
	}
	g.release(3)
}

// A semaphore whose slot is not given back on an error.
func limited(fail bool) error {
	sem := make(chan struct{}, 1)
	for i := 0; i < 2; i++ {
		sem <- struct{}{} // want: send-no-receiver
		if fail {
			continue
		}
		<-sem
	}
	return nil
}

func limitedDeferred(fail bool) error {
	sem := make(chan struct{}, 1)
	for i := 0; i < 2; i++ {
		func() {
			sem <- struct{}{}
			defer func() { <-sem }()
			if fail {
				return
			}
		}()
	}
	return nil
}

// A generator of a channel of channels, of which one is not read.
func shards() <-chan (<-chan int) {
	out := make(chan (<-chan int), 2)
	for i := 0; i < 2; i++ {
		c := make(chan int)
		go func() {
			c <- 1 // want: send-no-receiver
			close(c)
		}()
		out <- c
	}
	close(out)
	return out
}

func firstShard() int {
	return <-<-shards()
}

func shardsAll() <-chan (<-chan int) {
	out := make(chan (<-chan int), 2)
	for i := 0; i < 2; i++ {
		c := make(chan int)
		go func() {
			c <- 1
			close(c)
		}()
		out <- c
	}
	close(out)
	return out
}

func everyShard() (sum int) {
	for c := range shardsAll() {
		for v := range c {
			sum += v
		}
	}
	return sum
}

// A default case drops the only wake-up.
func notifies() {
	ready := make(chan struct{})
	go func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}()
	<-ready // want: receive-no-sender
}

func notifiesWithRoom() {
	ready := make(chan struct{}, 1)
	go func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}()
	<-ready
}

type queue[T any] struct {
	items chan T
	done  chan struct{}
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{items: make(chan T), done: make(chan struct{})}
}

func (q *queue[T]) run(f func(T)) {
	for {
		select { // want: select-no-exit
		case v := <-q.items:
			f(v)
		case <-q.done:
			return
		}
	}
}

func useQueue() {
	q := newQueue[int]()
	go q.run(func(int) {})
	q.items <- 1
}

type list[T any] struct {
	items chan T
	done  chan struct{}
}

func (q *list[T]) run(f func(T)) {
	for {
		select {
		case v := <-q.items:
			f(v)
		case <-q.done:
			return
		}
	}
}

func useList() {
	q := &list[int]{items: make(chan int), done: make(chan struct{})}
	go q.run(func(int) {})
	q.items <- 1
	close(q.done)
}

// A producer that closes what its consumer closes, too.
func bothClose() {
	c := make(chan int)
	go func() {
		defer close(c)
		c <- 1
	}()
	<-c
	close(c) // want: double-close
}

func oneCloses() {
	c := make(chan int)
	go func() {
		defer close(c)
		c <- 1
	}()
	<-c
}

func closesAndSends(stop bool) {
	c := make(chan int, 3)
	if stop {
		close(c)
	}
	c <- 1 // want: send-on-closed
}

func closesOrSends(stop bool) {
	c := make(chan int, 3)
	if stop {
		close(c)
		return
	}
	c <- 1
}

// The channel is replaced after the goroutine has taken the old one.
func replaced() {
	done := make(chan struct{})
	go func(d chan struct{}) {
		<-d // want: receive-no-sender
	}(done)
	done = make(chan struct{})
	close(done)
}

func kept() {
	done := make(chan struct{})
	go func(d chan struct{}) {
		<-d
	}(done)
	close(done)
}

func lenAsSignal(n int) {
	c := make(chan int, 2)
	for i := 0; i < 3; i++ {
		c <- i // want: send-no-receiver
		if len(c) > 5 {
			<-c
		}
	}
}

func lenInTime(n int) {
	c := make(chan int, 2)
	for i := 0; i < 3; i++ {
		if len(c) == cap(c) {
			<-c
		}
		c <- i
	}
}
