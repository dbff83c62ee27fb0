package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

type acks struct {
	mu   sync.Mutex
	cond *sync.Cond
	seen map[int]bool
}

var table = &acks{seen: map[int]bool{}}

func main() {
	startLoad()
	table.cond = sync.NewCond(&table.mu)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.URL.Query().Get("id"))
		table.await(id)
	}))
	for id := 1; id <= 4; id++ {
		go http.Get(srv.URL + "?id=" + strconv.Itoa(id))
		time.Sleep(50 * time.Millisecond)
	}
	for id := 4; id >= 1; id-- {
		table.ack(id)
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Hour)
}

func (a *acks) ack(id int) {
	a.mu.Lock()
	a.seen[id] = true
	a.mu.Unlock()
	a.cond.Broadcast()
}

func (a *acks) await(id int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.seen[id] {
		a.cond.Wait()
	}
	delete(a.seen, id)
}
