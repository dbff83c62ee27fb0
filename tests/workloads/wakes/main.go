// wakes passes values over unbuffered channels in topologies that it announces.
//
// Each value wakes exactly one goroutine: the receiver if it was there
// first, else the sender. So a recorder must count as many wake-ups on
// a channel as values passed through it, all between its two ends.
//
//	wakes pipeline STAGES VALUES    one chain; main waits for its end
//	wakes ring GOROUTINES ROUNDS    a token goes around
//	wakes paced PAIRS RATE SECONDS  pairs that together park RATE times per second
//
// The first line on stdout is JSON: for each channel its address, the ids of
// the goroutines at its ends, and how many values pass through it (0: as many as
// the last line says). It starts at a line on stdin, and the last line on
// stdout has the total number of values passed.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type link struct {
	Addr   string   `json:"addr"`
	Ends   [2]int64 `json:"ends"`
	Values int      `json:"values"`
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

func arg(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	if err != nil || n < 1 {
		panic("not a number: " + os.Args[i])
	}
	return n
}

// started runs f as a goroutine and returns the goroutine's id.
func started(f func()) int64 {
	id := make(chan int64)
	go func() {
		id <- goid()
		f()
	}()
	return <-id
}

// announce prints the topology and waits for the line that starts it.
func announce(links []link) {
	if err := json.NewEncoder(os.Stdout).Encode(links); err != nil {
		panic(err)
	}
	if !bufio.NewScanner(os.Stdin).Scan() {
		os.Exit(1)
	}
}

func address(c chan int) string {
	return fmt.Sprintf("%#x", reflect.ValueOf(c).Pointer())
}

func chans(n int) []chan int {
	cs := make([]chan int, n)
	for i := range cs {
		cs[i] = make(chan int)
	}
	return cs
}

// stage adds one to each value that passes through it.
func stage(in <-chan int, out chan<- int, done *sync.WaitGroup) {
	defer done.Done()
	for v := range in {
		out <- v + 1
	}
	close(out)
}

func pipeline(stages, values int) int {
	cs, ids := chans(stages+1), make([]int64, stages+2)
	var done sync.WaitGroup
	var sum atomic.Int64
	start := make(chan struct{})
	done.Add(stages + 2)
	ids[0] = started(func() {
		defer done.Done()
		<-start
		for i := 0; i < values; i++ {
			cs[0] <- i
		}
		close(cs[0])
	})
	for i := 0; i < stages; i++ {
		i := i
		ids[i+1] = started(func() { stage(cs[i], cs[i+1], &done) })
	}
	ids[stages+1] = started(func() {
		defer done.Done()
		for v := range cs[stages] {
			sum.Add(int64(v))
		}
	})
	links := make([]link, len(cs))
	for i, c := range cs {
		links[i] = link{address(c), [2]int64{ids[i], ids[i+1]}, values}
	}
	announce(links)
	close(start)
	done.Wait()
	if sum.Load() != int64(values)*int64(values-1)/2+int64(values)*int64(stages) {
		panic("wrong sum")
	}
	return values * (stages + 1)
}

func ring(n, rounds int) int {
	cs, ids := chans(n), make([]int64, n)
	end := make(chan struct{})
	for i := 0; i < n; i++ {
		in, out, first := cs[i], cs[(i+1)%n], i == 0
		ids[i] = started(func() {
			for round := 1; round <= rounds; round++ {
				v := <-in
				if !first || round < rounds {
					out <- v + 1
				} else if v != (rounds-1)*n {
					panic("wrong token")
				}
			}
			if first {
				close(end)
			}
		})
	}
	links := make([]link, n)
	for i := range links {
		// main puts the token in, and the last round ends at the first goroutine.
		values := rounds
		if i != 0 {
			values--
		}
		links[i] = link{address(cs[i]), [2]int64{ids[(i+n-1)%n], ids[i]}, values}
	}
	announce(links)
	cs[0] <- 0
	<-end
	return rounds + (n-1)*(rounds-1)
}

func paced(pairs, rate, seconds int) int {
	cs, links := chans(pairs), make([]link, pairs)
	var done sync.WaitGroup
	var total atomic.Int64
	start := make(chan struct{})
	// A value costs one park; each pair sends a batch every tick.
	tick := 2 * time.Millisecond
	bunch := rate / pairs * int(tick) / int(time.Second)
	done.Add(2 * pairs)
	for i, c := range cs {
		c := c
		sender := started(func() {
			defer done.Done()
			defer close(c)
			<-start
			end, next := time.Now().Add(time.Duration(seconds)*time.Second), time.Now()
			for next.Before(end) {
				for k := 0; k < bunch; k++ {
					c <- k
				}
				total.Add(int64(bunch))
				next = next.Add(tick)
				time.Sleep(time.Until(next))
			}
		})
		receiver := started(func() {
			defer done.Done()
			for range c {
			}
		})
		links[i] = link{address(c), [2]int64{sender, receiver}, 0}
	}
	announce(links)
	close(start)
	done.Wait()
	return int(total.Load())
}

func main() {
	n := 0
	switch os.Args[1] {
	case "pipeline":
		n = pipeline(arg(2), arg(3))
	case "ring":
		n = ring(arg(2), arg(3))
	case "paced":
		n = paced(arg(2), arg(3), arg(4))
	default:
		panic("no shape " + os.Args[1])
	}
	fmt.Println(n)
}
