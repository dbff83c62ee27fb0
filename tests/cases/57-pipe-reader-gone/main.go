package main

import (
	"encoding/json"
	"errors"
	"io"
	"time"
)

type row struct{ ID, Size int }

func main() {
	startLoad()
	for i := 0; ; i++ {
		upload(i)
		time.Sleep(50 * time.Millisecond)
	}
}

func upload(i int) error {
	r, w := io.Pipe()
	go export(w, 100)
	if err := send(r, i); err != nil {
		return err // BUG: r is not closed
	}
	return r.Close()
}

func export(w *io.PipeWriter, rows int) {
	enc := json.NewEncoder(w)
	for i := 0; i < rows; i++ {
		if err := enc.Encode(row{i, i * 2}); err != nil {
			w.CloseWithError(err)
			return
		}
	}
	w.Close()
}

func send(r io.Reader, i int) error {
	if i%3 == 0 {
		return errors.New("connection refused")
	}
	_, err := io.Copy(io.Discard, r)
	return err
}
