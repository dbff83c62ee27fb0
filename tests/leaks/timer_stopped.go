package main

import (
	"time"
)

// A stopped timer never sends.
func init() { register("timer_stopped", timerStoppedBroken, timerStoppedFixed) }

func timerStoppedBroken() {
	for i := 0; i < 2; i++ {
		go func() {
			t := time.NewTimer(time.Hour)
			t.Stop()
			<-t.C // want: no one left, 2
		}()
	}
}

func timerStoppedFixed() {
	for i := 0; i < 2; i++ {
		go func() {
			t := time.NewTimer(time.Hour)
			if !t.Stop() {
				<-t.C
			}
		}()
	}
}
