package main

import (
	"errors"
	"time"
)

func main() {
	startLoad()
	for {
		importFile(20)
		time.Sleep(100 * time.Millisecond)
	}
}

func importFile(lines int) error {
	raw, parsed := make(chan int), make(chan int)
	go read(lines, raw)
	go parse(raw, parsed)
	for v := range parsed {
		if err := store(v); err != nil {
			for range parsed {
			}
			return err
		}
	}
	return nil
}

func store(v int) error {
	if v == 6 {
		return errors.New("duplicate")
	}
	return nil
}

func read(lines int, out chan<- int) {
	defer close(out)
	for i := 0; i < lines; i++ {
		out <- i
	}
}

func parse(in <-chan int, out chan<- int) {
	defer close(out)
	for v := range in {
		time.Sleep(100 * time.Microsecond)
		out <- v * 2
	}
}
