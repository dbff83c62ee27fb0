// Command load runs one workload for tools/bench until stdin ends.
//
//	load WORKLOAD            runs it, and answers each line of stdin with one line:
//	                           ops          operations so far, monotonic ns, CPU ns of the process
//	                           trace FILE   starts Go's own runtime/trace
//	                           stop         stops the trace
//	                           gap          with stall: the longest pause in ns since the last "gap"
//	load -rate N -time D URL  sends N requests per second; prints answered, failed, p50 and p99 in ns
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime/trace"
	"sort"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ops counts the operations of the workload.
var ops atomic.Int64

var workloads = map[string]func(){
	"pingpong": pingpong,
	"fanin":    fanin,
	"mutex":    mutex,
	"http":     serve,
	"compute":  compute,
	"churn":    churn,
	"pairs":    pairs,
	"stall":    stall,
}

var begin = time.Now()

func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func answer(line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "ops":
		return fmt.Sprint(ops.Load(), time.Since(begin).Nanoseconds(), cpu())
	case "trace":
		f, err := os.Create(words[1])
		if err == nil {
			err = trace.Start(f)
		}
		return fmt.Sprint(err)
	case "gap":
		return fmt.Sprint(gap.Swap(0))
	case "stop":
		trace.Stop()
		return "done"
	}
	return "what?"
}

func main() {
	rate := flag.Int("rate", 0, "requests per second")
	length := flag.Duration("time", time.Second, "how long")
	flag.Parse()
	if *rate > 0 {
		request(flag.Arg(0), *rate, *length)
		return
	}
	run, ok := workloads[flag.Arg(0)]
	if !ok {
		names := []string{}
		for name := range workloads {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: load WORKLOAD, of", names)
		os.Exit(2)
	}
	run()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println(answer(in.Text()))
	}
}
