package main

import "time"

var inputs, outputs = make(chan struct{}, 1), make(chan struct{}, 1)

func main() {
	startLoad()
	go copies(inputs, outputs)
	go copies(outputs, inputs)
	time.Sleep(time.Hour)
}

// copies takes a slot of each, by sending.
func copies(first, second chan struct{}) {
	for {
		first <- struct{}{}
		time.Sleep(5 * time.Millisecond)
		second <- struct{}{} // BUG: the other one takes them the other way round
		time.Sleep(time.Millisecond)
		<-second
		<-first
	}
}
