// creators has library code create goroutines, on behalf of lines of its own: a
// context derived from one of a foreign type, connections of net/http's client,
// iterators of iter.Pull, and a function of time.AfterFunc. Each kind a number
// of times of its own.
//
// Each line "start" on stdin creates more of them and is answered with "done".
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	contexts = 5
	retries  = 3
	requests = 7
	timers   = 2
)

// foreign is a context that package context does not know, so that it needs a goroutine to watch it.
type foreign struct {
	context.Context
	closed chan struct{}
}

func (f *foreign) Done() <-chan struct{} { return f.closed }

var (
	root    = &foreign{Context: context.Background(), closed: make(chan struct{})}
	keep    []context.CancelFunc
	fired   = make(chan bool)
	address string
)

func watch() {
	_, cancel := context.WithCancel(root) // line: watch
	keep = append(keep, cancel)
}

func retry() {
	_, cancel := context.WithCancel(root) // line: retry
	keep = append(keep, cancel)
}

func fetch() {
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get(address) // line: fetch
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
}

func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	address = "http://" + l.Addr().String()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello")
	}))
}

func start() {
	for i := 0; i < contexts; i++ {
		watch()
	}
	for i := 0; i < retries; i++ {
		retry()
	}
	for i := 0; i < requests; i++ {
		fetch()
	}
	pull()
	for i := 0; i < timers; i++ {
		time.AfterFunc(time.Millisecond, func() { fired <- true })
		<-fired
	}
}

func main() {
	serve()
	watch()
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for lines.Scan() {
		start()
		fmt.Println("done")
	}
}
