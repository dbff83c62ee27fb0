// rough does at once what is hard for somebody who changes the code of a running
// program: goroutines recurse on stacks that grow and shrink, compute without calls
// until they are preempted by a signal, call C that calls Go that waits, and are
// locked to their threads, while SIGPROF comes 1000 times a second and SIGUSR1 as
// fast as the program takes it.
//
// It prints "ready", runs until a line arrives on stdin, and then prints the number
// of rounds and "right" or "wrong". A line "fork" makes it run /bin/true once and
// print "done"; "child" forks
// without exec; "exec" makes it execute itself; "exit" ends it with status 3; "crash"
// makes it crash with a panic, "fault" with a signal.
package main

/*
extern unsigned long goAdd(unsigned long a, unsigned long b);

static unsigned long fold(unsigned long n)
{
	unsigned long sum = 0;

	for (unsigned long i = 1; i <= n; i++)
		sum = goAdd(sum, i);
	return sum;
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const each = 4 // goroutines of each kind

//go:noinline
func deep(n, seed uint64) uint64 {
	var pad [11]uint64
	for i := range pad {
		pad[i] = seed ^ n*uint64(i)
	}
	if n == 0 {
		return seed
	}
	below := deep(n-1, seed*31+n)
	for i := range pad {
		if pad[i] != seed^n*uint64(i) {
			panic("a frame was changed")
		}
	}
	return below + pad[n%11]
}

// stacks recurses on a new stack, which grows several times.
func stacks(seed uint64) uint64 {
	result := make(chan uint64)
	go func() { result <- deep(1500, seed) }()
	return <-result
}

// loop makes no call, so only a signal preempts it.
func loop(seed uint64) uint64 {
	for i := uint64(0); i < 2000000; i++ {
		seed = seed*6364136223846793005 + i
	}
	return seed
}

// ping waits on a thread of its own.
func ping(seed uint64) uint64 {
	there, back := make(chan uint64), make(chan uint64, 1)
	go func() {
		runtime.LockOSThread() // and ends with it
		for v := range there {
			back <- v * 3
		}
		close(back)
	}()
	for i := 0; i < 20; i++ {
		there <- seed
		seed = <-back + 1
	}
	close(there)
	return seed
}

var adder = make(chan [2]uint64)
var added = make(chan uint64)

//export goAdd
func goAdd(a, b C.ulong) C.ulong {
	adder <- [2]uint64{uint64(a), uint64(b)}
	return C.ulong(<-added)
}

var inC sync.Mutex

func callback(seed uint64) uint64 {
	inC.Lock()
	defer inC.Unlock()
	return uint64(C.fold(C.ulong(20+seed%5))) ^ seed
}

var (
	end           atomic.Bool
	rounds, wrong atomic.Int64
	group         sync.WaitGroup
)

func repeat(work func(uint64) uint64, seed uint64) {
	expected := work(seed)
	group.Add(1)
	go func() {
		defer group.Done()
		for !end.Load() {
			if work(seed) != expected {
				wrong.Add(1)
			}
			rounds.Add(1)
		}
	}()
}

func signals() {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	for range got {
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			panic(err)
		}
	}
}

var spare = make(chan int)

// child forks, closes a channel there, and exits with status 7. There is only this thread, so a child that was to be
// preempted when it was forked runs other goroutines instead; it is killed, and -1 returned.
func child() int {
	var status syscall.WaitStatus
	pid, _, e := syscall.RawSyscall(syscall.SYS_FORK, 0, 0, 0)
	if pid == 0 {
		close(spare)
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 7, 0, 0)
	}
	if e != 0 {
		panic(e)
	}
	for i := 0; ; i++ {
		if i == 50 {
			_ = syscall.Kill(int(pid), syscall.SIGKILL)
		}
		if got, _ := syscall.Wait4(int(pid), &status, syscall.WNOHANG, nil); got == int(pid) {
			return status.ExitStatus()
		}
		time.Sleep(time.Millisecond)
	}
}

func obey(word string) {
	switch word {
	case "fork":
		if err := exec.Command("/bin/true").Run(); err != nil {
			panic(err)
		}
		fmt.Println("done")
	case "child":
		fmt.Println(child())
	case "exec":
		// Timers and signals that were not delivered yet would meet a program without handlers.
		pprof.StopCPUProfile()
		signal.Ignore(syscall.SIGUSR1)
		time.Sleep(20 * time.Millisecond)
		panic(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
	case "exit":
		os.Exit(3)
	case "crash":
		panic("as it was told")
	case "fault":
		debug.SetPanicOnFault(false)
		*(*int)(unsafe.Pointer(uintptr(16))) = 1
	default:
		end.Store(true)
	}
}

func main() {
	debug.SetGCPercent(1)
	go func() {
		for ab := range adder {
			added <- ab[0] + ab[1]
		}
	}()
	runtime.SetCPUProfileRate(1000)
	_ = pprof.StartCPUProfile(io.Discard)
	for i := uint64(0); i < each; i++ {
		repeat(stacks, i)
		repeat(loop, i)
		repeat(ping, i)
		repeat(callback, i)
	}
	go signals()
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		panic(err)
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); !end.Load() && in.Scan(); {
		obey(strings.TrimSpace(in.Text()))
	}
	end.Store(true)
	group.Wait()
	verdict := "right"
	if wrong.Load() != 0 {
		verdict = "wrong"
	}
	fmt.Println(rounds.Load(), verdict)
}
