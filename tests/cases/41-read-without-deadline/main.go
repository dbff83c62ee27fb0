package main

import (
	"bufio"
	"net"
	"time"
)

func main() {
	startLoad()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { // a peer that accepts and never answers
		var conns []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
		}
	}()
	for {
		go poll(l.Addr().String())
		time.Sleep(100 * time.Millisecond)
	}
}

func poll(addr string) (string, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.Write([]byte("status\n"))
	return bufio.NewReader(c).ReadString('\n') // BUG: no deadline
}
