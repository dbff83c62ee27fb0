package vet

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"net/http"
	"runtime"
	"sync"
)

func doneMissing(fail bool) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if fail {
			return
		}
		wg.Done()
	}()
	wg.Wait() // want: waitgroup-not-done
}

func doneDeferred(fail bool) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if fail {
			return
		}
	}()
	wg.Wait()
}

func addTooMany() {
	var wg sync.WaitGroup
	wg.Add(3)
	for i := 0; i < 2; i++ {
		go wg.Done()
	}
	wg.Wait() // want: waitgroup-not-done
}

func addAsMany() {
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go wg.Done()
	}
	wg.Wait()
}

func doneTooOften() {
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Done()
	wg.Done() // want: waitgroup-negative
}

func doneOnce() {
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Done()
	wg.Wait()
}

func waitsForItself() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		wg.Wait() // want: waitgroup-not-done
	}()
}

func waitsForOthers() {
	var wg sync.WaitGroup
	wg.Add(1)
	go wg.Done()
	go wg.Wait()
}

func addsItself() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // want: waitgroup-add-late
		defer wg.Done()
	}()
	wg.Wait()
}

func goAdds() {
	var wg sync.WaitGroup
	wg.Go(func() {})
	wg.Wait()
}

func waitBeforeReceive() int {
	var wg sync.WaitGroup
	c := make(chan int)
	wg.Add(1)
	go func() {
		defer wg.Done()
		c <- 1 // want: send-no-receiver
	}()
	wg.Wait() // want: waitgroup-not-done
	return <-c
}

func waitAfterReceive() int {
	var wg sync.WaitGroup
	c := make(chan int)
	wg.Add(1)
	go func() {
		defer wg.Done()
		c <- 1
	}()
	v := <-c
	wg.Wait()
	return v
}

func doneByError(wg *sync.WaitGroup, err error) {
	if err != nil {
		return
	}
	wg.Done()
}

func passesError() {
	var wg sync.WaitGroup
	wg.Add(1)
	go doneByError(&wg, errors.New("bad"))
	wg.Wait() // want: waitgroup-not-done
}

func passesNil() {
	var wg sync.WaitGroup
	wg.Add(1)
	go doneByError(&wg, nil)
	wg.Wait()
}

func watch(ctx context.Context) {
	<-ctx.Done() // want: context-not-cancelled
}

func notCancelled() {
	ctx, _ := context.WithCancel(context.Background())
	go watch(ctx)
}

func cancelled() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go watch(ctx)
}

func cancelledOnError(ctx context.Context, fail bool) error {
	ctx, cancel := context.WithCancel(ctx) // want: cancel-not-called
	if fail {
		cancel()
		return errors.New("failed")
	}
	return ctx.Err()
}

func cancelledAlways(ctx context.Context, fail bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if fail {
		return errors.New("failed")
	}
	return ctx.Err()
}

func bodyOpen(url string) (string, error) {
	resp, err := http.Get(url) // want: body-not-closed
	if err != nil {
		return "", err
	}
	if resp.StatusCode != 200 {
		return "", errors.New(resp.Status)
	}
	defer resp.Body.Close()
	return "ok", nil
}

func bodyClosed(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return "", errors.New(resp.Status)
	}
	return "ok", nil
}

func bodyReturned(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func rowsOpen(db *sql.DB) int {
	rows, err := db.Query("SELECT 1") // want: rows-not-closed
	if err != nil {
		return 0
	}
	if rows.Next() {
		return 1
	}
	return 0
}

func rowsClosed(db *sql.DB) int {
	rows, err := db.Query("SELECT 1")
	if err != nil {
		return 0
	}
	defer rows.Close()
	if rows.Next() {
		return 1
	}
	return 0
}

func rowsToTheEnd(db *sql.DB) (n int) {
	rows, err := db.Query("SELECT 1")
	if err != nil {
		return 0
	}
	for rows.Next() {
		n++
	}
	return n
}

func pullKept(seq iter.Seq[int]) int {
	next, stop := iter.Pull(seq) // want: pull-not-stopped
	v, ok := next()
	if !ok {
		return 0
	}
	stop()
	return v
}

func pullStopped(seq iter.Seq[int]) int {
	next, stop := iter.Pull(seq)
	defer stop()
	v, ok := next()
	if !ok {
		return 0
	}
	return v
}

type handle struct{ free chan []byte }

func (h *handle) release() {
	h.free <- nil // want: finalizer-blocks
}

func finalized(h *handle) {
	runtime.SetFinalizer(h, (*handle).release)
}

func (h *handle) tryRelease() {
	select {
	case h.free <- nil:
	default:
	}
}

func finalizedTrying(h *handle) {
	runtime.SetFinalizer(h, (*handle).tryRelease)
}
