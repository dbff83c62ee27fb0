package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

type topic struct {
	mu   sync.Mutex
	news chan struct{} // closed when there is news
}

func (t *topic) publish() {
	t.mu.Lock()
	close(t.news)
	t.news = make(chan struct{})
	t.mu.Unlock()
}

func (t *topic) wait(ctx context.Context) bool {
	t.mu.Lock()
	news := t.news
	t.mu.Unlock()
	select {
	case <-news:
		return true
	case <-ctx.Done():
		return false
	}
}

var topics = map[string]*topic{"busy": {news: make(chan struct{})}, "quiet": {news: make(chan struct{})}}

func main() {
	startLoad()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
		defer cancel()
		if topics[r.URL.Path[1:]].wait(ctx) {
			io.WriteString(w, "news")
		}
	}))
	for i := 0; i < 6; i++ {
		for _, path := range []string{"/busy", "/quiet"} {
			go poll(srv.URL + path)
		}
	}
	events := make(chan string)
	sse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select { // an event an hour, for a client that stays
		case e := <-events:
			io.WriteString(w, e)
		case <-r.Context().Done():
		}
	}))
	go poll(sse.URL)
	go func() {
		for range time.Tick(time.Hour) {
			events <- "tick"
		}
	}()
	for {
		time.Sleep(600 * time.Millisecond)
		topics["busy"].publish()
	}
}

func poll(url string) {
	for {
		resp, err := http.Get(url)
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}
