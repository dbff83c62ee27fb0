package vet

import (
	"errors"
	"sync"
	"time"
)

func workerFails(fail bool) int {
	c := make(chan int)
	go func() {
		if fail {
			return
		}
		c <- 1
	}()
	return <-c // want: receive-no-sender
}

func workerCloses(fail bool) int {
	c := make(chan int)
	go func() {
		defer close(c)
		if fail {
			return
		}
		c <- 1
	}()
	return <-c
}

func neverClosed(items []int) {
	c := make(chan int)
	go func() {
		for range c { // want: range-not-closed
		}
	}()
	for _, i := range items {
		c <- i
	}
}

func closedAtEnd(items []int) {
	c := make(chan int)
	go func() {
		for range c {
		}
	}()
	for _, i := range items {
		c <- i
	}
	close(c)
}

func closedUnlessError(n int) error {
	c := make(chan int)
	go func() {
		for range c { // want: range-not-closed
		}
	}()
	c <- 1
	if n > 3 {
		return errors.New("too many")
	}
	close(c)
	return nil
}

func closedByDefer(n int) error {
	c := make(chan int)
	defer close(c)
	go func() {
		for range c {
		}
	}()
	c <- 1
	if n > 3 {
		return errors.New("too many")
	}
	return nil
}

func otherClosed() {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		<-quit // want: receive-no-sender
	}()
	close(done)
}

func sameClosed() {
	quit := make(chan bool)
	go func() {
		<-quit
	}()
	close(quit)
}

func receivesTwice() {
	c := make(chan int)
	go func() { c <- 1 }()
	<-c
	<-c // want: receive-no-sender
}

func receivesOnce() {
	c := make(chan int)
	go func() { c <- 1 }()
	<-c
}

type poller struct{ done chan struct{} }

func newPoller() *poller {
	p := &poller{done: make(chan struct{})}
	go p.loop()
	return p
}

func (p *poller) loop() {
	<-p.done // want: receive-no-sender
}

func (p *poller) close() { close(p.done) }

func pollerDropped() {
	newPoller()
}

func pollerClosed() {
	p := newPoller()
	defer p.close()
}

type pool struct{ tasks chan func() }

func newPool(n int) *pool {
	p := &pool{tasks: make(chan func())}
	for i := 0; i < n; i++ {
		go p.work()
	}
	return p
}

func (p *pool) work() {
	for f := range p.tasks { // want: range-not-closed
		f()
	}
}

func poolDropped() {
	p := newPool(2)
	p.tasks <- func() {}
}

func poolClosed() {
	p := newPool(2)
	p.tasks <- func() {}
	close(p.tasks)
}

func waitForEachOther() {
	a, b := make(chan int), make(chan int)
	go func() {
		<-a // want: receive-no-sender
		b <- 1
	}()
	go func() {
		<-b // want: receive-no-sender
		a <- 1
	}()
}

func pingPong() {
	a, b := make(chan int), make(chan int)
	go func() {
		<-a
		b <- 1
	}()
	a <- 1
	<-b
}

func selectDropped() {
	a, quit := make(chan int), make(chan bool)
	go func() {
		for {
			select { // want: select-no-exit
			case <-a:
			case <-quit:
				return
			}
		}
	}()
	a <- 1
}

func selectQuit() {
	a, quit := make(chan int), make(chan bool)
	go func() {
		for {
			select {
			case <-a:
			case <-quit:
				return
			}
		}
	}()
	a <- 1
	close(quit)
}

func emptySelect() {
	go func() {
		select {} // want: empty-select
	}()
}

func defaultSelect() {
	go func() {
		select {
		default:
		}
	}()
}

func nilReceive() {
	var c chan int
	go func() {
		<-c // want: nil-channel
	}()
}

func nilShadowed(n int) {
	var c chan int
	if n > 0 {
		c := make(chan int, 1)
		_ = c
	}
	c <- 1 // want: nil-channel
}

func notNil(n int) {
	c := make(chan int, 1)
	if n > 0 {
		c = make(chan int, 2)
	}
	c <- 1
}

type client struct{ done chan struct{} }

func (c *client) wait() {
	<-c.done // want: nil-channel
}

func fieldNotMade() {
	c := &client{}
	go c.wait()
}

func fieldMade() {
	c := &client{done: make(chan struct{})}
	go c.wait()
	close(c.done)
}

func nilSelect() {
	var a, b chan int
	go func() {
		select { // want: nil-channel
		case <-a:
		case b <- 1:
		}
	}()
}

func closedTwice(n int) {
	c := make(chan int)
	if n > 0 {
		close(c)
	}
	close(c) // want: double-close
}

func closedInEither(n int) {
	c := make(chan int)
	if n > 0 {
		close(c)
		return
	}
	close(c)
}

func closedByTwo() {
	c := make(chan int)
	defer close(c) // want: double-close
	close(c)
}

func closedByOnce() {
	var once sync.Once
	c := make(chan int)
	stop := func() { once.Do(func() { close(c) }) }
	defer stop()
	stop()
}

func sendAfterClose() {
	c := make(chan int, 1)
	close(c)
	c <- 1 // want: send-on-closed
}

func closeAfterSend() {
	c := make(chan int, 1)
	c <- 1
	close(c)
}

func closedUnderSenders() {
	c := make(chan int, 2)
	for i := 0; i < 2; i++ {
		go func() {
			c <- i // want: send-on-closed
		}()
	}
	close(c)
}

func closedAfterSenders() {
	var wg sync.WaitGroup
	c := make(chan int, 2)
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c <- i
		}()
	}
	wg.Wait()
	close(c)
}

func closeOfNil() {
	var c chan int
	close(c) // want: close-nil
}

func closeIfNotNil(c chan int) {
	if c != nil {
		close(c)
	}
}

func stoppedTimer() {
	t := time.NewTimer(time.Hour)
	t.Stop()
	<-t.C // want: timer-stopped
}

func drainedTimer() {
	t := time.NewTimer(time.Hour)
	if !t.Stop() {
		<-t.C
	}
}

func stoppedTicker() {
	t := time.NewTicker(time.Second)
	go func() {
		for range t.C { // want: timer-stopped
		}
	}()
	t.Stop()
}

func tickerWithDone() {
	t := time.NewTicker(time.Second)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-t.C:
			case <-done:
				return
			}
		}
	}()
	t.Stop()
	close(done)
}

func mapOfChannels() {
	m := map[string]chan int{"a": make(chan int), "b": make(chan int)}
	go func() {
		<-m["a"] // want: receive-no-sender
	}()
	close(m["b"])
}

func mapOfChannelsClosed() {
	m := map[string]chan int{"a": make(chan int), "b": make(chan int)}
	go func() {
		<-m["a"]
	}()
	close(m["a"])
	close(m["b"])
}

func sliceOfChannels() {
	var cs []chan int
	for i := 0; i < 3; i++ {
		c := make(chan int)
		cs = append(cs, c)
		go func() {
			<-c // want: receive-no-sender
		}()
	}
	close(cs[0])
}

func sliceOfChannelsClosed() {
	var cs []chan int
	for i := 0; i < 3; i++ {
		c := make(chan int)
		cs = append(cs, c)
		go func() {
			<-c
		}()
	}
	for _, c := range cs {
		close(c)
	}
}
