package main

// A queue that the whole program can reach but nobody serves any more.
func init() { register("global_queue", globalQueueBroken, globalQueueFixed) }

var globalQueueQueue = make(chan int)

func globalQueueBroken() { globalQueueRun(0) }

func globalQueueFixed() { globalQueueRun(3) }

func globalQueueRun(served int) {
	for i := 0; i < 3; i++ {
		go func() {
			globalQueueQueue <- 1 // want: no receiver, 3
		}()
	}
	for i := 0; i < served; i++ {
		<-globalQueueQueue
	}
}
