package main

// The channel was never made.
func init() { register("nil_channel_receive", nilChannelReceiveBroken, nilChannelReceiveFixed) }

type nilChannelReceiveClient struct{ done chan struct{} }

func nilChannelReceiveBroken() {
	for i := 0; i < 2; i++ {
		c := &nilChannelReceiveClient{}
		go c.wait()
	}
}

func nilChannelReceiveFixed() {
	for i := 0; i < 2; i++ {
		c := &nilChannelReceiveClient{done: make(chan struct{})}
		go c.wait()
		close(c.done)
	}
}

func (c *nilChannelReceiveClient) wait() {
	<-c.done // want: nil channel, 2
}
