package main

// Nobody fetches the four results, and the buffer has room for three.
func init() { register("buffer_one_short", bufferOneShortBroken, bufferOneShortFixed) }

func bufferOneShortBroken() { bufferOneShortRun(3) }

func bufferOneShortFixed() { bufferOneShortRun(4) }

func bufferOneShortRun(room int) {
	out := make(chan int, room)
	for i := 0; i < 4; i++ {
		go func() {
			out <- 1 // want: no receiver, 1
		}()
	}
}
