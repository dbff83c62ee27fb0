package main

import (
	"time"
)

// Three replicas are asked, but only the first answer is received.
func init() { register("first_of_many", firstOfManyBroken, firstOfManyFixed) }

func firstOfManyBroken() { firstOfManyAsk(0) }

func firstOfManyFixed() { firstOfManyAsk(3) }

func firstOfManyAsk(room int) int {
	c := make(chan int, room)
	for i := 0; i < 3; i++ {
		go func() {
			time.Sleep(2 * time.Millisecond)
			c <- 1 // attached: no receiver, 2; recorded: no one left, 2
		}()
	}
	return <-c
}
