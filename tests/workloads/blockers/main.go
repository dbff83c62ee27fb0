// blockers parks goroutines in every way that Go offers and prints, on demand, what
// the runtime itself says about them.
//
// It starts the first set at once, and one more for each line "more" on stdin. The
// line "dump PATH" writes runtime.Stack of all goroutines to PATH. A set is
// announced on stdout by one line of JSON: for each goroutine its id, the way
// it blocks and the addresses of the objects that it waits on.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

type blocked struct {
	Goid    int64    `json:"goid"`
	Way     string   `json:"way"`
	Objects []string `json:"objects"`
}

type set struct {
	mu   sync.Mutex
	list []blocked
	ways int
	keep []any // keeps objects from being collected: nothing else refers to them
}

func goid() int64 {
	var buf [64]byte
	word := bytes.Fields(buf[:runtime.Stack(buf[:], false)])[1]
	id, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil {
		panic(err)
	}
	return id
}

func addr(object any) string {
	return fmt.Sprintf("%#x", reflect.ValueOf(object).Pointer())
}

// start runs f as a goroutine that announces what it blocks on just before it does.
func (s *set) start(way string, f func(ready func(objects ...any))) {
	s.ways++
	go f(func(objects ...any) {
		b := blocked{Goid: goid(), Way: way, Objects: []string{}}
		for _, o := range objects {
			b.Objects = append(b.Objects, addr(o))
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, b)
		s.keep = append(s.keep, objects...)
	})
}

//go:noinline
func blockSend(ready func(...any)) {
	c := make(chan int)
	ready(c)
	c <- 1
}

//go:noinline
func blockRecv(ready func(...any)) {
	c := make(chan struct{})
	ready(c)
	<-c
}

//go:noinline
func blockNilSend(ready func(...any)) {
	var c chan int
	ready()
	c <- 1
}

//go:noinline
func blockNilRecv(ready func(...any)) {
	var c chan int
	ready()
	<-c
}

//go:noinline
func blockFull(ready func(...any)) {
	c := make(chan [3]int, 7)
	for i := 0; i < cap(c); i++ {
		c <- [3]int{i}
	}
	ready(c)
	c <- [3]int{}
}

//go:noinline
func blockEmpty(ready func(...any)) {
	c := make(chan string, 5)
	ready(c)
	<-c
}

//go:noinline
func blockRange(ready func(...any)) {
	c := make(chan int, 3)
	c <- 1
	c <- 2
	ready(c)
	for range c {
	}
}

//go:noinline
func blockSelect0(ready func(...any)) {
	ready()
	select {}
}

//go:noinline
func blockSelect1(ready func(...any)) {
	c := make(chan int)
	ready(c)
	select {
	case <-c:
	}
}

//go:noinline
func blockSelect2(ready func(...any)) {
	a, b := make(chan int), make(chan int)
	ready(a, b)
	select {
	case <-a:
	case b <- 1:
	}
}

//go:noinline
func blockSelect3(ready func(...any)) {
	a, b, c := make(chan int), make(chan string, 2), make(chan struct{})
	ready(a, b, c)
	select {
	case <-a:
	case <-b:
	case c <- struct{}{}:
	}
}

//go:noinline
func blockSelect4(ready func(...any)) {
	var none chan int
	a, b := make(chan int), make(chan int)
	ready(a, b) // a occurs twice in the select, and one case is nil
	select {
	case <-a:
	case a <- 1:
	case <-none:
	case <-b:
	}
}

//go:noinline
func blockSelect5(ready func(...any)) {
	a, b, c, d, e := make(chan int), make(chan int), make(chan int), make(chan int), make(chan int)
	ready(a, b, c, d, e)
	select {
	case <-a:
	case b <- 1:
	case <-c:
	case d <- 1:
	case <-e:
	}
}

//go:noinline
func blockSelectNil(ready func(...any)) {
	var a, b chan int
	ready()
	select {
	case <-a:
	case b <- 1:
	}
}

//go:noinline
func blockReflectSelect(ready func(...any)) {
	a, b := make(chan int), make(chan int)
	ready(a, b)
	reflect.Select([]reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(a)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(b)},
	})
}

//go:noinline
func blockReflectRecv(ready func(...any)) {
	c := make(chan int)
	ready(c)
	reflect.ValueOf(c).Recv()
}

//go:noinline
func blockMutex(ready func(...any)) {
	m := new(sync.Mutex)
	m.Lock()
	ready(m)
	m.Lock()
}

//go:noinline
func blockRWRead(ready func(...any)) {
	m := new(sync.RWMutex)
	m.Lock()
	ready(m)
	m.RLock()
}

//go:noinline
func blockRWWrite(ready func(...any)) {
	m := new(sync.RWMutex)
	m.RLock()
	ready(m)
	m.Lock()
}

// The second writer waits on the Mutex inside the RWMutex.
//
//go:noinline
func blockRWSecondWriter(ready func(...any)) {
	m := new(sync.RWMutex)
	m.Lock()
	ready(m)
	m.Lock()
}

//go:noinline
func blockWaitGroup(ready func(...any)) {
	w := new(sync.WaitGroup)
	w.Add(3)
	ready(w)
	w.Wait()
}

//go:noinline
func blockCond(ready func(...any)) {
	c := sync.NewCond(new(sync.Mutex))
	c.L.Lock()
	ready(c)
	c.Wait()
}

//go:noinline
func blockSleep(ready func(...any)) {
	ready()
	time.Sleep(1000 * time.Hour)
}

//go:noinline
func blockTimer(ready func(...any)) {
	t := time.NewTimer(1000 * time.Hour)
	ready(t.C)
	<-t.C
}

//go:noinline
func blockAccept(ready func(...any)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ready()
	if _, err := l.Accept(); err != nil {
		panic(err)
	}
}

//go:noinline
func blockRead(ready func(...any)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close() // a collected listener resets its connections
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	ready()
	if _, err := c.Read(make([]byte, 1)); err != nil {
		panic(err)
	}
}

// Deep enough that the stack is copied several times before it blocks.
//
//go:noinline
func deep(n int, ready func(...any)) int {
	var pad [64]int
	if n == 0 {
		blockRecv(ready)
		return 0
	}
	pad[n%64] = n
	return deep(n-1, ready) + pad[n%64]
}

func blockDeep(ready func(...any)) { deep(40, ready) }

type server struct{ name string }

func (s *server) blockMethod(ready func(...any)) { blockRecv(ready) }

// Small enough to be inlined, so that its frame exists only in the tables.
func inlined(c chan int) int { return <-c }

func blockInlined(ready func(...any)) {
	c := make(chan int)
	ready(c)
	inlined(c)
}

func blockGeneric[T any](ready func(...any)) {
	c := make(chan T)
	ready(c)
	<-c
}

func startAll() *set {
	s := &set{}
	s.start("send", blockSend)
	s.start("recv", blockRecv)
	s.start("nil send", blockNilSend)
	s.start("nil recv", blockNilRecv)
	s.start("full", blockFull)
	s.start("empty", blockEmpty)
	s.start("range", blockRange)
	s.start("select 0", blockSelect0)
	s.start("select 1", blockSelect1)
	s.start("select 2", blockSelect2)
	s.start("select 3", blockSelect3)
	s.start("select 4", blockSelect4)
	s.start("select 5", blockSelect5)
	s.start("select nil", blockSelectNil)
	s.start("reflect select", blockReflectSelect)
	s.start("reflect recv", blockReflectRecv)
	s.start("mutex", blockMutex)
	s.start("rwmutex read", blockRWRead)
	s.start("rwmutex write", blockRWWrite)
	s.start("rwmutex second writer", blockRWSecondWriter)
	s.start("waitgroup", blockWaitGroup)
	s.start("cond", blockCond)
	s.start("sleep", blockSleep)
	s.start("timer", blockTimer)
	s.start("accept", blockAccept)
	s.start("read", blockRead)
	s.start("deep", blockDeep)
	s.start("method", (&server{name: "s"}).blockMethod)
	s.start("inlined", blockInlined)
	s.start("generic", blockGeneric[map[string]int])
	s.start("closure", func(ready func(...any)) {
		c := make(chan int)
		ready(c)
		func() { <-c }()
	})
	return s
}

// settle waits until the runtime says that every goroutine of the set is parked.
func (s *set) settle() {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		started := len(s.list) == s.ways
		s.mu.Unlock()
		if started && !bytes.Contains(stacks(), []byte("main.(*set).start.func1")) {
			time.Sleep(20 * time.Millisecond) // from the announcement to the park
			return
		}
		if time.Now().After(deadline) {
			panic("the goroutines did not start")
		}
	}
}

func stacks() []byte {
	for size := 1 << 20; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return buf[:n]
		}
	}
}

func (s *set) announce() {
	s.settle()
	line, err := json.Marshal(s.list)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func main() {
	sets := []*set{startAll()}
	sets[0].announce()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, rest, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "more":
			s := startAll()
			sets = append(sets, s)
			s.announce()
		case "gc":
			runtime.GC()
			fmt.Println("done")
		case "dump":
			if err := os.WriteFile(rest, stacks(), 0o644); err != nil {
				panic(err)
			}
			fmt.Println("done")
		case "panic":
			panic("as told")
		}
	}
	runtime.KeepAlive(sets)
}
