// leaks is a small service with defects, or with the repaired code instead.
//
//	leaks NAME,NAME… broken|fixed
//
// Each defect has a file of its own. The line at which its goroutines get stuck ends in
// a comment that says what the report must find there:
//
//	// want: VERDICT, COUNT                    however it is recorded
//	// attached: VERDICT, COUNT                when the recording begins after it happened
//	// recorded: VERDICT, COUNT                when the recording sees it happen
//
// The program prints "up", triggers the defect at each line "go" on stdin, and
// answers "done". The healthy part of the service runs all the time.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

type scenario struct {
	broken, fixed func()
}

var scenarios = map[string]scenario{}

func register(name string, broken, fixed func()) {
	scenarios[name] = scenario{broken, fixed}
}

// happen keeps traces of the defect off main's stack. Traces on the stack of its own goroutine, which the next one
// may inherit, belong to nobody.
func happen(name string, fixed bool) {
	s, ok := scenarios[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no scenario", name)
		os.Exit(2)
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		if fixed {
			s.fixed()
		} else {
			s.broken()
		}
	}()
	<-finished
}

func main() {
	if len(os.Args) != 3 {
		for name := range scenarios {
			fmt.Println(name)
		}
		return
	}
	startService()
	fmt.Println("up")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for _, name := range strings.Split(os.Args[1], ",") {
			happen(name, os.Args[2] == "fixed")
		}
		time.Sleep(50 * time.Millisecond)
		fmt.Println("done")
	}
}
