// Package old is for Go 1.20, in which timers behave otherwise.
package old

import "time"

func pollAfter(c <-chan int, quit <-chan bool) {
	for {
		select {
		case <-c:
		case <-time.After(time.Minute): // want: timer-in-loop
		case <-quit:
			return
		}
	}
}

func pollTimer(c <-chan int, quit <-chan bool) {
	t := time.NewTimer(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-c:
		case <-t.C:
			t.Reset(time.Minute)
		case <-quit:
			return
		}
	}
}

func tickForever(n int) {
	t := time.NewTicker(time.Second) // want: ticker-not-stopped
	for i := 0; i < n; i++ {
		<-t.C
	}
}

func tickStopped(n int) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for i := 0; i < n; i++ {
		<-t.C
	}
}

func tickReturns(fail bool) bool {
	t := time.NewTicker(time.Second) // want: ticker-not-stopped
	if fail {
		return false
	}
	<-t.C
	t.Stop()
	return true
}

func tickReturnsStopped(fail bool) bool {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	if fail {
		return false
	}
	<-t.C
	return true
}

// The value was received already: the drain waits for another.
func drainsTwice() {
	t := time.NewTimer(time.Second)
	<-t.C
	if !t.Stop() {
		<-t.C // want: timer-stopped
	}
}

func drainsOnce(c <-chan int) {
	t := time.NewTimer(time.Second)
	select {
	case <-c:
		if !t.Stop() {
			<-t.C
		}
	case <-t.C:
	}
}

func stopsThenReceives() {
	t := time.NewTimer(time.Second)
	t.Stop()
	<-t.C // want: timer-stopped
}

func receivesThenStops() {
	t := time.NewTimer(time.Second)
	<-t.C
	t.Stop()
}

func rangesOverTicker() {
	t := time.NewTicker(time.Second)
	go func() {
		for range t.C { // want: timer-stopped
		}
	}()
	t.Stop()
}

func selectsOverTicker() {
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

// One timer, received from twice.
func receivesTwice() {
	t := time.NewTimer(time.Second)
	<-t.C
	<-t.C // want: timer-stopped
}

func resets() {
	t := time.NewTimer(time.Second)
	<-t.C
	t.Reset(time.Second)
	<-t.C
}

func afterTwice() {
	c := time.After(time.Second)
	<-c
	<-c // want: timer-stopped
}

func afterOnce() {
	<-time.After(time.Second)
	<-time.After(time.Second)
}
