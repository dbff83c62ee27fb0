package main

import (
	"sync"
	"time"
	"unsafe"
)

// A registry keeps addresses as numbers, for its log. These keep nothing reachable.
func init() { register("hidden_address", hiddenAddressBroken, hiddenAddressFixed) }

type hiddenAddressJob struct {
	wg   sync.WaitGroup
	name string
}

// Large enough for its type to be known (record/reach/gcmask.h).
type hiddenAddressRegistry struct {
	last *string
	seen [90]uintptr
}

var hiddenAddressLog *hiddenAddressRegistry

func hiddenAddressBroken() {
	hiddenAddressRun(func(*hiddenAddressJob) {})
}

func hiddenAddressFixed() {
	hiddenAddressRun(func(j *hiddenAddressJob) { j.wg.Done() })
}

func hiddenAddressRun(end func(*hiddenAddressJob)) {
	j := &hiddenAddressJob{name: "job"}
	hiddenAddressLog = &hiddenAddressRegistry{last: new(string)}
	hiddenAddressLog.seen[40] = uintptr(unsafe.Pointer(j))
	j.wg.Add(1)
	go hiddenAddressWait(j)
	time.Sleep(2 * time.Millisecond)
	end(j)
}

func hiddenAddressWait(j *hiddenAddressJob) {
	j.wg.Wait() // want: waitgroup not done, 1
}
