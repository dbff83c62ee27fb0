package main

import (
	"errors"
	"time"
)

type runner struct{ slots chan struct{} }

var model = &runner{slots: make(chan struct{}, 4)}

func main() {
	startLoad()
	for i := 0; i < 8; i++ {
		go func(i int) {
			for n := i; ; n++ {
				model.predict(n)
				time.Sleep(5 * time.Millisecond)
			}
		}(i)
	}
	time.Sleep(time.Hour)
}

func (r *runner) predict(n int) error {
	r.slots <- struct{}{}
	if n%17 == 0 {
		return errors.New("context too long") // BUG: keeps the slot
	}
	time.Sleep(2 * time.Millisecond)
	<-r.slots
	return nil
}
