package main

import (
	"net"
	"net/http"
	"time"
)

var (
	body = make([]byte, 8<<20)
	gone []net.Conn
)

func main() {
	startLoad()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(download)} // BUG: no WriteTimeout
	go srv.Serve(l)
	for {
		client(l.Addr().String())
		time.Sleep(100 * time.Millisecond)
	}
}

func download(w http.ResponseWriter, r *http.Request) {
	w.Write(body)
}

// client asks, and does not read the answer.
func client(addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	c.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	gone = append(gone, c)
}
