package main

import (
	"sync"
	"time"
)

type client struct{ send chan string }

type hub struct {
	mu         sync.Mutex
	clients    map[*client]bool
	unregister chan *client
}

var chat = &hub{clients: map[*client]bool{}, unregister: make(chan *client)}

func main() {
	startLoad()
	h := chat
	go h.run()
	h.join(&client{make(chan string)}) // slow clients
	h.join(&client{make(chan string)})
	go h.broadcast("hello")
	time.Sleep(300 * time.Millisecond)
	for i := 0; i < 3; i++ {
		go h.join(&client{make(chan string, 8)})
	}
	time.Sleep(time.Hour)
}

func (h *hub) run() {
	for c := range h.unregister {
		h.mu.Lock()
		delete(h.clients, c)
		h.mu.Unlock()
	}
}

func (h *hub) broadcast(msg string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		select {
		case c.send <- msg:
		default:
			time.Sleep(10 * time.Millisecond)
			h.unregister <- c // BUG: its reader waits for the lock
		}
	}
}

func (h *hub) join(c *client) {
	h.mu.Lock()
	h.clients[c] = true
	h.mu.Unlock()
}
