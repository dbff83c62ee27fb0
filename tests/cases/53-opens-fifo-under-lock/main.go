package main

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

type auditLog struct {
	mu    sync.Mutex
	path  string
	file  *os.File
	lines int
}

func main() {
	startLoad()
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		panic(err)
	}
	a := &auditLog{path: filepath.Join(dir, "log")}
	if err := syscall.Mkfifo(a.path, 0o600); err != nil {
		panic(err)
	}
	go a.reopen()
	time.Sleep(300 * time.Millisecond)
	os.RemoveAll(dir)
	for i := 0; i < 5; i++ {
		go func() {
			for {
				a.write("request")
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	time.Sleep(time.Hour)
}

const flags = os.O_WRONLY

func (a *auditLog) reopen() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := os.OpenFile(a.path, flags, 0) // BUG: waits for a reader
	if err != nil {
		return err
	}
	a.file = f
	return nil
}

//go:noinline
func (a *auditLog) write(string) {
	a.mu.Lock()
	a.lines++
	a.mu.Unlock()
}
