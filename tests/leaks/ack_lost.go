package main

// The consumer stops at a bad message, so the acknowledgement never comes.
func init() { register("ack_lost", ackLostBroken, ackLostFixed) }

type ackLostMessage struct {
	bad bool
	ack chan bool
}

func ackLostBroken() { ackLostRun(true) }

func ackLostFixed() { ackLostRun(false) }

func ackLostRun(bad bool) {
	for i := 0; i < 2; i++ {
		messages := make(chan ackLostMessage)
		go func() {
			m := ackLostMessage{bad, make(chan bool)}
			messages <- m
			<-m.ack // want: no one left, 2
		}()
		go func() {
			m := <-messages
			if m.bad {
				return
			}
			m.ack <- true
		}()
	}
}
