package main

import (
	"errors"
	"sync"
	"time"
)

func main() {
	startLoad()
	go republish(9)
	time.Sleep(time.Hour)
}

func republish(assets int) error {
	var wg sync.WaitGroup
	errs := make(chan error, assets)
	for i := 0; i < assets; i++ {
		wg.Add(1)
		go upload(i, &wg, errs)
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		return err
	}
	return nil
}

func upload(asset int, wg *sync.WaitGroup, errs chan<- error) {
	defer wg.Done()
	time.Sleep(20 * time.Millisecond)
	errs <- errors.New("no such bucket")
}
