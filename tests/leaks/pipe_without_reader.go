package main

import (
	"io"
)

// The read end of a pipe is dropped without being closed.
func init() { register("pipe_without_reader", pipeWithoutReaderBroken, pipeWithoutReaderFixed) }

func pipeWithoutReaderBroken() {
	for i := 0; i < 2; i++ {
		_, w := io.Pipe()
		go pipeWithoutReaderWrite(w)
	}
}

func pipeWithoutReaderFixed() {
	for i := 0; i < 2; i++ {
		r, w := io.Pipe()
		go pipeWithoutReaderWrite(w)
		r.Close()
	}
}

func pipeWithoutReaderWrite(w io.Writer) {
	w.Write([]byte("x")) // want: no one left, 2
}
