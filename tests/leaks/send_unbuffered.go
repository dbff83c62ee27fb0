package main

// Nobody receives what the goroutine has computed.
func init() { register("send_unbuffered", sendUnbufferedBroken, sendUnbufferedFixed) }

func sendUnbufferedBroken() {
	for i := 0; i < 3; i++ {
		ch := make(chan int)
		go func() {
			ch <- 1 // want: no receiver, 3
		}()
	}
}

func sendUnbufferedFixed() {
	for i := 0; i < 3; i++ {
		ch := make(chan int)
		go func() {
			ch <- 1
		}()
		<-ch
	}
}
