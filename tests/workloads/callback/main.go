// callback blocks goroutines above C code: in Go functions called from C, on
// goroutines and on threads that C created, and in C itself.
//
// It prints one line of JSON with each goroutine's id and the way it blocks, and dumps
// itself with runtime.Stack at each line "dump PATH" on stdin.
package main

/*
#include <pthread.h>
#include <unistd.h>

extern void goBlock(int way);
extern void goAgain(int depth);

static void call_block(int way) { goBlock(way); }
static void call_again(int depth) { goAgain(depth); }

static void *on_thread(void *arg)
{
	goBlock(*(int *)arg);
	return 0;
}

static void start_thread(void)
{
	static int way = 2;
	pthread_t t;

	pthread_create(&t, 0, on_thread, &way);
}

static void wait_in_c(void)
{
	for (;;)
		pause();
}
*/
import "C"

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	mu   sync.Mutex
	ways = map[int64]string{}
	told = make(chan bool)
	held = make(chan int)
)

func goid() int64 {
	var buf [64]byte
	id, err := strconv.ParseInt(string(bytes.Fields(buf[:runtime.Stack(buf[:], false)])[1]), 10, 64)
	if err != nil {
		panic(err)
	}
	return id
}

func tell(way string) {
	mu.Lock()
	ways[goid()] = way
	mu.Unlock()
	told <- true
}

//export goBlock
func goBlock(way C.int) {
	switch way {
	case 0:
		tell("callback")
		<-held
	case 1:
		tell("nested callback")
		a, b := make(chan int), make(chan int)
		select {
		case <-a:
		case b <- 1:
		}
	case 2:
		tell("thread of C")
		<-held
	case 3:
		tell("mutex in a callback")
		var m sync.Mutex
		m.Lock()
		m.Lock()
	}
}

//export goAgain
func goAgain(depth C.int) {
	if depth == 0 {
		C.call_block(1)
		return
	}
	C.call_again(depth - 1)
}

func inCallback() { C.call_block(0) }
func inNested()   { C.call_again(5) }
func inMutex()    { C.call_block(3) }

func inC() {
	tell("in C")
	C.wait_in_c()
}

func start() {
	go inCallback()
	go inNested()
	go inMutex()
	go inC()
	C.start_thread()
	for i := 0; i < 5; i++ {
		<-told
	}
	time.Sleep(50 * time.Millisecond) // from there to the park
	mu.Lock()
	defer mu.Unlock()
	line, err := json.Marshal(ways)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, rest, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "start":
			start()
		case "dump":
			buf := make([]byte, 1<<20)
			if err := os.WriteFile(rest, buf[:runtime.Stack(buf, true)], 0o644); err != nil {
				panic(err)
			}
			fmt.Println("done")
		}
	}
}
