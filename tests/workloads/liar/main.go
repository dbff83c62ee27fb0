// liar overwrites what its own runtime knows about goroutines: their number and
// list, their ids, the structs of goroutines that nothing will ever wake, with
// the sudogs and channels that these wait on. The runtime itself does not notice:
// the collector and preemption by signals are off, and the scheduler looks at
// none of this.
//
// Its arguments are the addresses of runtime.allglen and runtime.allgptr, in hex.
// Each line on stdin is answered with one: "lie" begins, "stop" ends the program.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

const (
	victims = 60
	workers = 4
	words   = 48 // of a g struct, of which every version has more
)

func self() uintptr

type victim struct {
	g, channel uintptr
	c          chan int
}

var (
	all   [victims]victim
	lies  atomic.Bool
	goidAt uintptr
)

func address(hex string) uintptr {
	p, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		panic(err)
	}
	return uintptr(p)
}

func word(p uintptr) *uint64 {
	return *(**uint64)(unsafe.Pointer(&p))
}

func goid() uint64 {
	var text [64]byte
	n := runtime.Stack(text[:], false)
	id, _ := strconv.ParseUint(string(bytes.Fields(text[:n])[1]), 10, 64)
	return id
}

// findGoid returns the offset of g.goid: the only word that is right in three goroutines.
func findGoid() uintptr {
	var n [words]int
	var lock sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			g, id := self(), goid()
			lock.Lock()
			defer lock.Unlock()
			for w := range n {
				if *word(g + uintptr(w)*8) == id {
					n[w]++
				}
			}
		}()
	}
	wg.Wait()
	for w := range n {
		if n[w] == 3 {
			return uintptr(w) * 8
		}
	}
	panic("g has no goid")
}

func lie(r *rand.Rand) uint64 {
	v := all[r.Intn(victims)]
	switch r.Intn(8) {
	case 0:
		return r.Uint64()
	case 1:
		return uint64(r.Intn(300))
	case 2:
		return uint64(v.g)
	case 3:
		return uint64(v.channel)
	case 4:
		return uint64(v.g) + uint64(r.Intn(4096))
	case 5:
		return ^uint64(0) - uint64(r.Intn(64))
	case 6:
		return 1 << r.Intn(64)
	default:
		return 0
	}
}

// sudog returns the address of what queues the goroutine: its first word points back to g. 0: not found.
func sudog(g uintptr) uintptr {
	for w := uintptr(0); w < words; w++ {
		p := uintptr(*word(g + w*8))
		if p >= 0xc000000000 && p < 0xc100000000 && p%8 == 0 && p != g && uintptr(*word(p)) == g {
			return p
		}
	}
	return 0
}

func main() {
	debug.SetGCPercent(-1)
	goidAt = findGoid()
	var started sync.WaitGroup
	for i := range all {
		v := &all[i]
		v.c = make(chan int, i%3)
		v.channel = *(*uintptr)(unsafe.Pointer(&v.c))
		started.Add(1)
		go func() {
			v.g = self()
			started.Done()
			<-v.c
		}()
	}
	started.Wait()
	time.Sleep(50 * time.Millisecond)
	var sudogs [victims]uintptr
	for i := range all {
		sudogs[i] = sudog(all[i].g)
	}
	for i := 0; i < workers; i++ {
		go work(int64(i))
	}
	go lieAboutAll(&sudogs)
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan() && in.Text() != "stop"; {
		lies.Store(in.Text() == "lie")
		fmt.Println("done")
	}
	fmt.Println("stopped")
	os.Exit(0)
}

// work gives itself another id before each wait.
func work(seed int64) {
	r := rand.New(rand.NewSource(seed))
	c, back := make(chan int), make(chan int)
	go func() {
		for v := range c {
			back <- v
		}
	}()
	g := self()
	id := *word(g + goidAt)
	for {
		if lies.Load() {
			*word(g + goidAt) = lie(r)
		} else {
			*word(g + goidAt) = id
		}
		c <- 1
		<-back
		time.Sleep(50 * time.Microsecond)
	}
}

func lieAboutAll(sudogs *[victims]uintptr) {
	r := rand.New(rand.NewSource(time.Now().UnixNano()))
	length, first := address(os.Args[1]), address(os.Args[2])
	n, p := *word(length), *word(first)
	own := make([]uint64, 4096)
	for {
		time.Sleep(20 * time.Microsecond)
		if !lies.Load() {
			atomic.StoreUint64(word(length), n)
			atomic.StoreUint64(word(first), p)
			continue
		}
		i := r.Intn(victims)
		*word(all[i].g + uintptr(r.Intn(words))*8) = lie(r)
		*word(all[i].channel + uintptr(r.Intn(12))*8) = lie(r)
		if sudogs[i] != 0 {
			*word(sudogs[i] + uintptr(r.Intn(11))*8) = lie(r)
		}
		for j := 0; j < 8; j++ {
			own[r.Intn(len(own))] = lie(r)
		}
		switch r.Intn(6) {
		case 0:
			atomic.StoreUint64(word(length), uint64(len(own)))
			atomic.StoreUint64(word(first), uint64(uintptr(unsafe.Pointer(&own[0]))))
		case 1:
			atomic.StoreUint64(word(length), lie(r))
		case 2:
			atomic.StoreUint64(word(first), lie(r))
		default:
			atomic.StoreUint64(word(length), n)
			atomic.StoreUint64(word(first), p)
		}
	}
}
