// Starts as many goroutines as its argument says, each of which waits on a channel of its own,
// then prints "ready" and waits for a line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
)

func wait(c chan int, started *sync.WaitGroup) {
	started.Done()
	<-c
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	channels := make([]chan int, n)
	var started sync.WaitGroup
	started.Add(n)
	for i := range channels {
		channels[i] = make(chan int)
		go wait(channels[i], &started)
	}
	started.Wait()
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Println(len(channels))
}
