package main

// The senders have forgotten both channels, and there is no third case.
func init() { register("select_without_done", selectWithoutDoneBroken, selectWithoutDoneFixed) }

func selectWithoutDoneBroken() {
	for i := 0; i < 3; i++ {
		a, b := make(chan int), make(chan int)
		go selectWithoutDoneMerge(a, b, nil)
		a <- 1
		b <- 1
	}
}

func selectWithoutDoneFixed() {
	for i := 0; i < 3; i++ {
		a, b, done := make(chan int), make(chan int), make(chan int)
		go selectWithoutDoneMerge(a, b, done)
		a <- 1
		b <- 1
		close(done)
	}
}

func selectWithoutDoneMerge(a, b, done chan int) {
	for {
		select { // want: no one left, 3
		case <-a:
		case <-b:
		case <-done:
			return
		}
	}
}
