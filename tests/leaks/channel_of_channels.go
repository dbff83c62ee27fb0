package main

// The server takes a request with a channel for the answer and drops it.
func init() { register("channel_of_channels", channelOfChannelsBroken, channelOfChannelsFixed) }

func channelOfChannelsBroken() {
	channelOfChannelsRun(func(reply chan int, i int) {
		if i%2 == 0 {
			reply <- i
		}
	})
}

func channelOfChannelsFixed() {
	channelOfChannelsRun(func(reply chan int, i int) {
		reply <- i
	})
}

func channelOfChannelsRun(answer func(chan int, int)) {
	requests := make(chan chan int)
	for i := 0; i < 6; i++ {
		go func() {
			reply := make(chan int)
			requests <- reply
			<-reply // want: no one left, 3
		}()
	}
	for i := 0; i < 6; i++ {
		answer(<-requests, i)
	}
}
