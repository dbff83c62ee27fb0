package main

// A select with both of its cases disabled.
func init() { register("nil_channels_select", nilChannelsSelectBroken, nilChannelsSelectFixed) }

func nilChannelsSelectBroken() {
	for i := 0; i < 2; i++ {
		go nilChannelsSelectDrain(true)
	}
}

func nilChannelsSelectFixed() {
	for i := 0; i < 2; i++ {
		go nilChannelsSelectDrain(false)
	}
}

func nilChannelsSelectDrain(forgets bool) {
	a, b := make(chan int), make(chan int)
	close(a)
	close(b)
	for forgets || a != nil || b != nil {
		select { // want: nil channel, 2
		case <-a:
			a = nil
		case <-b:
			b = nil
		}
	}
}
