package flow

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The loop looks at the context only between values.
func pump(ctx context.Context, out chan<- int) {
	for i := 0; ctx.Err() == nil; i++ {
		out <- i // want: send-no-receiver
	}
}

func pumpOne() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := make(chan int)
	go pump(ctx, out)
	return <-out
}

func pumpSelecting(ctx context.Context, out chan<- int) {
	for i := 0; ; i++ {
		select {
		case out <- i:
		case <-ctx.Done():
			return
		}
	}
}

func pumpOneSelecting() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := make(chan int)
	go pumpSelecting(ctx, out)
	return <-out
}

// Background never ends, so neither does the goroutine.
func waitsForBackground() {
	ctx := context.Background()
	go func() {
		<-ctx.Done() // want: nil-channel
	}()
}

func waitsForCancel() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-ctx.Done()
	}()
	cancel()
}

type watcher struct {
	ctx    context.Context
	cancel context.CancelFunc
	events chan string
}

func newWatcher() *watcher {
	w := &watcher{events: make(chan string)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	go w.run()
	return w
}

func (w *watcher) run() {
	for {
		select { // want: select-no-exit
		case <-w.events:
		case <-w.ctx.Done():
			return
		}
	}
}

func watchOnce() {
	w := newWatcher()
	w.events <- "created"
}

type ender struct {
	ctx    context.Context
	cancel context.CancelFunc
	events chan string
}

func newEnder() *ender {
	w := &ender{events: make(chan string)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	go w.run()
	return w
}

func (w *ender) run() {
	for {
		select {
		case <-w.events:
		case <-w.ctx.Done():
			return
		}
	}
}

func watchAndEnd() {
	w := newEnder()
	w.events <- "created"
	w.cancel()
}

func cancelInBranch(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent) // want: cancel-not-called
	if n > 3 {
		<-ctx.Done()
		cancel()
	}
}

func cancelInBoth(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent)
	if n > 3 {
		<-ctx.Done()
	}
	cancel()
}

// The first error ends the loop; the other goroutines still send theirs.
func firstError(tasks []func() error) error {
	errs := make(chan error)
	for _, t := range tasks {
		go func() {
			errs <- t() // want: send-no-receiver
		}()
	}
	for range tasks {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func firstErrorRoom(tasks []func() error) error {
	errs := make(chan error, len(tasks))
	for _, t := range tasks {
		go func() {
			errs <- t()
		}()
	}
	for range tasks {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// The heartbeat's receiver is gone after the work.
func heartbeat(work func()) {
	beat, done := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			time.Sleep(time.Second)
			beat <- struct{}{} // want: send-no-receiver
		}
	}()
	go func() {
		work()
		close(done)
	}()
	for {
		select {
		case <-beat:
		case <-done:
			return
		}
	}
}

func heartbeatEnds(work func()) {
	beat, done := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			time.Sleep(time.Second)
			select {
			case beat <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	go func() {
		work()
		close(done)
	}()
	for {
		select {
		case <-beat:
		case <-done:
			return
		}
	}
}

type subscription struct {
	updates chan int
	quit    chan struct{}
}

func subscribe() *subscription {
	s := &subscription{updates: make(chan int), quit: make(chan struct{})}
	go s.publish()
	return s
}

func (s *subscription) publish() {
	defer close(s.updates)
	for i := 0; ; i++ {
		select { // want: select-no-exit
		case s.updates <- i:
		case <-s.quit:
			return
		}
	}
}

func firstUpdate() int {
	s := subscribe()
	return <-s.updates
}

type feed struct {
	updates chan int
	quit    chan struct{}
}

func follow() *feed {
	s := &feed{updates: make(chan int), quit: make(chan struct{})}
	go s.publish()
	return s
}

func (s *feed) publish() {
	defer close(s.updates)
	for i := 0; ; i++ {
		select {
		case s.updates <- i:
		case <-s.quit:
			return
		}
	}
}

func firstOfFeed() int {
	s := follow()
	defer close(s.quit)
	return <-s.updates
}

var errBusy = errors.New("busy")

// The lock of the first waiter is for the second.
func startBoth(fail bool) error {
	ready, stop := make(chan struct{}), make(chan struct{})
	go func() {
		close(ready)
		<-stop // want: receive-no-sender
	}()
	<-ready
	if fail {
		return errBusy
	}
	close(stop)
	return nil
}

func startBothStopping(fail bool) error {
	ready, stop := make(chan struct{}), make(chan struct{})
	defer close(stop)
	go func() {
		close(ready)
		<-stop
	}()
	<-ready
	if fail {
		return errBusy
	}
	return nil
}

// A panic in the worker ends it before it closes done.
func recovers(f func()) {
	done := make(chan struct{})
	go func() {
		defer func() { recover() }()
		if f == nil {
			panic("no function")
		}
		close(done)
	}()
	<-done // want: receive-no-sender
}

func recoversClosing(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { recover() }()
		if f == nil {
			panic("no function")
		}
	}()
	<-done
}

type event struct{ name string }

type hub struct {
	mu   sync.Mutex
	subs map[string]chan event
}

// The subscriber that leaves takes its channel out of the map without closing it.
func hubLeave() {
	h := &hub{subs: map[string]chan event{}}
	c := make(chan event)
	h.subs["a"] = c
	go func() {
		for range c { // want: range-not-closed
		}
	}()
	c <- event{"x"}
	delete(h.subs, "a")
}

func hubClose() {
	h := &hub{subs: map[string]chan event{}}
	c := make(chan event)
	h.subs["a"] = c
	go func() {
		for range c {
		}
	}()
	c <- event{"x"}
	close(c)
	delete(h.subs, "a")
}

// The switch has a case that does not answer.
func dispatch(kind int) int {
	c := make(chan int)
	go func() {
		switch kind {
		case 0:
			c <- 1
		case 1:
			c <- 2
		}
	}()
	return <-c // want: receive-no-sender
}

func dispatchDefault(kind int) int {
	c := make(chan int)
	go func() {
		switch kind {
		case 0:
			c <- 1
		default:
			c <- 2
		}
	}()
	return <-c
}

func labelled(n int) {
	c := make(chan int)
	go func() {
		for i := 0; i < 3; i++ {
			c <- i // want: send-no-receiver
		}
	}()
outer:
	for {
		select {
		case v := <-c:
			if v == 1 {
				break outer
			}
		}
	}
}

// break leaves the select only, and the loop goes on.
func breakInSelect() {
	c, quit := make(chan int), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select { // want: select-no-exit
			case <-c:
			case <-quit:
				break
			}
		}
	}()
	c <- 1
	quit <- struct{}{}
	<-done // want: receive-no-sender
}

func returnInSelect() {
	c, quit := make(chan int), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-c:
			case <-quit:
				return
			}
		}
	}()
	c <- 1
	quit <- struct{}{}
	<-done
}
