// fds has goroutines that wait for descriptors of each kind. It prints the
// addresses of a listener and of a connection's client, and runs until stdin is
// closed.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

//go:noinline
func accepts(l net.Listener) { l.Accept() }

//go:noinline
func readsConn(c net.Conn) { c.Read(make([]byte, 1)) }

//go:noinline
func readsPipe(f *os.File) { f.Read(make([]byte, 1)) }

//go:noinline
func acceptsUnix(l net.Listener) { l.Accept() }

//go:noinline
func readsUDP(c net.PacketConn) { c.ReadFrom(make([]byte, 1)) }

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	client, err := net.Dial("tcp", l.Addr().String())
	check(err)
	server, err := l.Accept()
	check(err)
	r, w, err := os.Pipe()
	check(err)
	dir, err := os.MkdirTemp("", "chanrec-fds")
	check(err)
	defer os.RemoveAll(dir)
	unix, err := net.Listen("unix", filepath.Join(dir, "s"))
	check(err)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	go accepts(l)
	go readsConn(server)
	go readsPipe(r)
	go acceptsUnix(unix)
	go readsUDP(udp)
	time.Sleep(50 * time.Millisecond)
	fmt.Println(l.Addr(), client.LocalAddr(), filepath.Join(dir, "s"), udp.LocalAddr())
	bufio.NewReader(os.Stdin).ReadString('\n')
	w.Close()
}
