package main

import (
	"errors"
)

// On an error, the worker returns without sending a result.
func init() { register("receive_never_sent", receiveNeverSentBroken, receiveNeverSentFixed) }

func receiveNeverSentBroken() {
	for i := 0; i < 3; i++ {
		result := make(chan int)
		go receiveNeverSentWork(result, errors.New("no"), false)
		go func() {
			<-result // want: no one left, 3
		}()
	}
}

func receiveNeverSentFixed() {
	for i := 0; i < 3; i++ {
		result := make(chan int)
		go receiveNeverSentWork(result, errors.New("no"), true)
		go func() {
			<-result
		}()
	}
}

func receiveNeverSentWork(result chan<- int, err error, closes bool) {
	if closes {
		defer close(result)
	}
	if err != nil {
		return
	}
	result <- 1
}
