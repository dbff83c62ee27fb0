package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"sync"
	"time"
)

// serve listens on a free port, which it prints.
func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ops.Add(1)
		io.WriteString(w, "hello\n")
	}))
}

const clients = 32

// request keeps to its schedule whatever the answers do: each latency counts from the time its request was due.
func request(url string, rate int, length time.Duration) {
	var (
		mu     sync.Mutex
		took   []time.Duration
		failed int
		wg     sync.WaitGroup
		due    = make(chan time.Time, rate)
	)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	for i := 0; i < clients; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for at := range due {
				r, err := client.Get(url)
				if err == nil {
					_, err = io.Copy(io.Discard, r.Body)
					r.Body.Close()
				}
				mu.Lock()
				if err != nil {
					failed++
				} else {
					took = append(took, time.Since(at))
				}
				mu.Unlock()
			}
		}()
	}
	start := time.Now()
	for n := 0; ; {
		passed := time.Since(start)
		if passed >= length {
			break
		}
		for want := int(passed.Seconds() * float64(rate)); n < want; n++ {
			due <- start.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
		}
		time.Sleep(200 * time.Microsecond)
	}
	close(due)
	wg.Wait()
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	fmt.Println(len(took), failed, took[len(took)/2].Nanoseconds(), took[len(took)*99/100].Nanoseconds())
}
