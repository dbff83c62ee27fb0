// shop is a small service with typical leaks. Orders come in,
// workers serve them, and goroutines are left behind: some
// before a recorder attaches, some while it records.
//
// It runs for the duration given as an argument (default: an hour) and prints
// one line when it opens and one when it closes.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type order struct {
	id   int
	done chan int
}

// The healthy part: a pool of workers on a queue.
func serveOrders(queue <-chan order) {
	for o := range queue {
		time.Sleep(2 * time.Millisecond)
		o.done <- o.id
	}
}

func customer(queue chan<- order, served *atomic.Int64) {
	for i := 0; ; i++ {
		o := order{i, make(chan int)}
		queue <- o
		<-o.done
		served.Add(1)
		time.Sleep(3 * time.Millisecond)
	}
}

var errTimeout = errors.New("the price service is slow")

// askPrice gives up before the answer comes; its goroutine then sends, and nobody receives.
func askPrice(id int) (int, error) {
	answer := make(chan int)
	go func() {
		time.Sleep(40 * time.Millisecond)
		answer <- 100 + id
	}()
	select {
	case p := <-answer:
		return p, nil
	case <-time.After(10 * time.Millisecond):
		return 0, errTimeout
	}
}

func priceLoop() {
	for i := 0; ; i++ {
		if _, err := askPrice(i); err != nil {
			time.Sleep(90 * time.Millisecond)
		}
	}
}

// mailOut ranges over a channel that newsletter forgets to close.
func mailOut(addresses <-chan string, sent *atomic.Int64) {
	for range addresses {
		sent.Add(1)
	}
}

func newsletter(sent *atomic.Int64) {
	addresses := make(chan string)
	go mailOut(addresses, sent)
	for _, a := range []string{"ann", "bob", "eve"} {
		addresses <- a
	}
}

type stock struct {
	mu    sync.Mutex
	items map[string]int
}

// take returns early without unlocking.
func (s *stock) take(item string) bool {
	s.mu.Lock()
	if s.items[item] == 0 {
		return false
	}
	s.items[item]--
	s.mu.Unlock()
	return true
}

// closeBooks waits for one more clerk than there is.
func closeBooks() {
	var clerks sync.WaitGroup
	clerks.Add(3)
	for i := 0; i < 2; i++ {
		go func() {
			defer clerks.Done()
			time.Sleep(5 * time.Millisecond)
		}()
	}
	clerks.Wait()
}

// audit reads from a channel that a configuration never made.
func audit(log chan string) {
	for line := range log {
		fmt.Println(line)
	}
}

// deliver and collect each wait for the other.
func deliver(parcels, receipts chan int) {
	parcels <- <-receipts
}

func collect(parcels, receipts chan int) {
	receipts <- <-parcels
}

func exchange() {
	parcels, receipts := make(chan int), make(chan int)
	go deliver(parcels, receipts)
	go collect(parcels, receipts)
}

func main() {
	open := time.Hour
	if len(os.Args) > 1 {
		d, err := time.ParseDuration(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "shop:", err)
			os.Exit(2)
		}
		open = d
	}
	var served, sent atomic.Int64
	queue := make(chan order, 4)
	for i := 0; i < 3; i++ {
		go serveOrders(queue)
	}
	for i := 0; i < 5; i++ {
		go customer(queue, &served)
	}
	for i := 0; i < 3; i++ {
		newsletter(&sent)
	}
	s := &stock{items: map[string]int{"tea": 1}}
	s.take("coffee")
	for i := 0; i < 2; i++ {
		go s.take("tea")
	}
	go closeBooks()
	go audit(nil)
	exchange()
	go priceLoop()
	fmt.Println("open")
	time.Sleep(open)
	fmt.Printf("closed: %d orders served, %d letters sent\n", served.Load(), sent.Load())
}
