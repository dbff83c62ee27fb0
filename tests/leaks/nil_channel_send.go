package main

// The send uses the outer variable, which stays nil because an inner one shadows it.
func init() { register("nil_channel_send", nilChannelSendBroken, nilChannelSendFixed) }

func nilChannelSendBroken() {
	var out chan int
	{
		out := make(chan int, 1)
		_ = out
	}
	go nilChannelSendSend(out)
}

func nilChannelSendFixed() {
	out := make(chan int, 1)
	go nilChannelSendSend(out)
}

func nilChannelSendSend(out chan<- int) {
	out <- 1 // want: nil channel, 1
}
