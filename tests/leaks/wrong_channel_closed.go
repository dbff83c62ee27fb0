package main

// The code closes another channel than the one that the goroutines wait on.
func init() { register("wrong_channel_closed", wrongChannelClosedBroken, wrongChannelClosedFixed) }

func wrongChannelClosedBroken() {
	for i := 0; i < 2; i++ {
		quit, done := make(chan int), make(chan int)
		go func() {
			<-quit // want: no one left, 2
		}()
		close(done)
	}
}

func wrongChannelClosedFixed() {
	for i := 0; i < 2; i++ {
		quit := make(chan int)
		go func() {
			<-quit
		}()
		close(quit)
	}
}
