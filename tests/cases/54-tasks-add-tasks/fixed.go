package main

import "time"

type workers struct{ tasks chan func() }

var pool = &workers{tasks: make(chan func(), 4)}

func main() {
	startLoad()
	for i := 0; i < 3; i++ {
		go pool.run()
	}
	go func() {
		for {
			pool.enqueue(func() { federate(3) })
			time.Sleep(2 * time.Millisecond)
		}
	}()
	time.Sleep(time.Hour)
}

func (w *workers) run() {
	for f := range w.tasks {
		f()
	}
}

//go:noinline
func (w *workers) enqueue(f func()) {
	select {
	case w.tasks <- f:
	default:
		f()
	}
}

func federate(depth int) {
	time.Sleep(time.Millisecond)
	for i := 0; i < depth; i++ {
		pool.enqueue(func() { federate(depth - 1) })
	}
}
