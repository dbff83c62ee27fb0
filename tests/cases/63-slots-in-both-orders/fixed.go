package main

import "time"

var inputs, outputs = make(chan struct{}, 1), make(chan struct{}, 1)

func main() {
	startLoad()
	go copies(inputs, outputs)
	go copies(inputs, outputs)
	time.Sleep(time.Hour)
}

// copies takes a slot of each, by sending.
func copies(first, second chan struct{}) {
	for {
		first <- struct{}{}
		time.Sleep(5 * time.Millisecond)
		second <- struct{}{}
		time.Sleep(time.Millisecond)
		<-second
		<-first
	}
}
