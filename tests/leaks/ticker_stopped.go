package main

import (
	"time"
)

// Stop does not close a ticker's channel, so the range never ends.
func init() { register("ticker_stopped", tickerStoppedBroken, tickerStoppedFixed) }

func tickerStoppedBroken() {
	for i := 0; i < 2; i++ {
		t := time.NewTicker(time.Millisecond)
		go func() {
			for range t.C { // want: never closed, 2
			}
		}()
		time.Sleep(5 * time.Millisecond)
		t.Stop()
	}
}

func tickerStoppedFixed() {
	for i := 0; i < 2; i++ {
		t := time.NewTicker(time.Millisecond)
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
		time.Sleep(5 * time.Millisecond)
		t.Stop()
		close(done)
	}
}
