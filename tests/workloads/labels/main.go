// labels has goroutines with known labels. It prints "up" once all of them wait,
// and runs until stdin is closed.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

var (
	never = make(chan int)
	begun sync.WaitGroup
)

// Nobody else has the channel, which is a finding.
//
//go:noinline
func serves() {
	begun.Done()
	<-make(chan int)
}

// The goroutine that it starts inherits the labels.
//
//go:noinline
func startsHelper() {
	go helps()
	begun.Done()
	<-never
}

//go:noinline
func helps() {
	begun.Done()
	<-never
}

//go:noinline
func hasMany() {
	begun.Done()
	<-never
}

//go:noinline
func hasNone() {
	begun.Done()
	<-never
}

func labelled(f func(), pairs ...string) {
	begun.Add(1)
	go pprof.Do(context.Background(), pprof.Labels(pairs...), func(context.Context) { f() })
}

func main() {
	for _, tenant := range []string{"acme", "acme", "zeta"} {
		labelled(serves, "route", "/slow", "tenant", tenant)
	}
	labelled(serves, "route", strings.Repeat("long", 100), "tenant", "odd\x1b[31m\n\xff", "empty", "")
	begun.Add(1)
	labelled(startsHelper, "route", "/parent")

	var many []string
	for i := 0; i < 20; i++ {
		many = append(many, fmt.Sprintf("key%02d", i), fmt.Sprintf("value%02d", i))
	}
	labelled(hasMany, many...)

	begun.Add(1)
	go func() {
		pprof.Do(context.Background(), pprof.Labels("route", "/over"), func(context.Context) {})
		hasNone()
	}()
	begun.Wait()
	time.Sleep(50 * time.Millisecond)
	fmt.Println("up")
	bufio.NewReader(os.Stdin).ReadString('\n')
}
