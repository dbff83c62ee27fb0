package main

// Two values are sent, but the buffer has room for one.
func init() { register("send_full", sendFullBroken, sendFullFixed) }

func sendFullBroken() {
	for i := 0; i < 3; i++ {
		go sendFullSend(make(chan string, 1), 2)
	}
}

func sendFullFixed() {
	for i := 0; i < 3; i++ {
		go sendFullSend(make(chan string, 2), 2)
	}
}

func sendFullSend(log chan<- string, n int) {
	for i := 0; i < n; i++ {
		log <- "entry" // want: no receiver, 3
	}
}
