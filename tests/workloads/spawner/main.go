// spawner starts processes in every way that a Go program can, or becomes
// another program. It obeys lines on stdin and answers each with one line:
//
//	work        makes 7 channels, starts 7 goroutines that block once each
//	fork        raw fork; the child makes and closes 100 channels and exits
//	children N  starts N processes of its own file at once; each does "work" 3 times
//	become P    executes P, as the same process
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const each = 7

func receiver(c chan int, wg *sync.WaitGroup) {
	<-c
	wg.Done()
}

func work() {
	var cs []chan int
	var wg sync.WaitGroup
	for i := 0; i < each; i++ {
		c := make(chan int)
		cs = append(cs, c)
		wg.Add(1)
		go receiver(c, &wg)
	}
	for i := 0; i < 1000; i++ {
		runtime.Gosched()
	}
	for _, c := range cs {
		close(c)
	}
	wg.Wait()
}

// fork leaves the child with one thread and no scheduler; it may only do what needs no more than that.
func fork() {
	pid, _, e := syscall.RawSyscall(syscall.SYS_FORK, 0, 0, 0)
	if e != 0 {
		panic(e)
	}
	if pid == 0 {
		for i := 0; i < 100; i++ {
			close(make(chan int, i))
		}
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(int(pid), &status, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if status != 0 {
		panic(status)
	}
}

func children(n int) {
	var cmds []*exec.Cmd
	for i := 0; i < n; i++ {
		cmd := exec.Command("/proc/self/exe", "child")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			panic(err)
		}
	}
}

// line reads no further than the end of the line: the rest is for the next program.
func line() string {
	var text []byte
	b := make([]byte, 1)
	for {
		if n, _ := os.Stdin.Read(b); n == 0 || b[0] == '\n' {
			return string(text)
		}
		text = append(text, b[0])
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		for i := 0; i < 3; i++ {
			work()
		}
		return
	}
	for {
		words := strings.Fields(line())
		if len(words) == 0 {
			return
		}
		switch words[0] {
		case "work":
			work()
		case "fork":
			fork()
		case "children":
			n, _ := strconv.Atoi(words[1])
			children(n)
		case "become":
			panic(syscall.Exec(words[1], words[1:], os.Environ()))
		}
		fmt.Println("done")
	}
}
