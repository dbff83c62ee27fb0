package vet

import (
	"errors"
	"sync"
)

type cache struct {
	mu sync.Mutex
	m  map[string]int
}

func (c *cache) put(key string) error {
	c.mu.Lock() // want: lock-not-released
	if key == "" {
		return errors.New("no key")
	}
	c.m[key]++
	c.mu.Unlock()
	return nil
}

func (c *cache) putDeferred(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key == "" {
		return errors.New("no key")
	}
	c.m[key]++
	return nil
}

func (c *cache) drop(keys []string) {
	for _, k := range keys {
		c.mu.Lock() // want: lock-not-released
		if k == "" {
			break
		}
		delete(c.m, k)
		c.mu.Unlock()
	}
}

func (c *cache) dropUnlocking(keys []string) {
	for _, k := range keys {
		c.mu.Lock()
		if k == "" {
			c.mu.Unlock()
			break
		}
		delete(c.m, k)
		c.mu.Unlock()
	}
}

func (c *cache) add() {
	c.mu.Lock() // want: lock-twice
	c.m["n"]++
	c.mu.Unlock()
}

func (c *cache) addTwo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
}

func (c *cache) addLocked() { c.m["n"]++ }

func (c *cache) addTwoLocked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addLocked()
	c.addLocked()
}

type table struct {
	mu sync.RWMutex
	n  int
}

func (t *table) upgrade() {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.n == 0 {
		t.mu.Lock() // want: rlock-upgrade
		t.n = 1
		t.mu.Unlock()
	}
}

func (t *table) relock() {
	t.mu.RLock()
	n := t.n
	t.mu.RUnlock()
	if n == 0 {
		t.mu.Lock()
		t.n = 1
		t.mu.Unlock()
	}
}

func (t *table) readTwo(other bool) int {
	t.mu.RLock() // want: lock-not-released
	if other {
		return -1
	}
	defer t.mu.RUnlock()
	return t.n
}

func (t *table) readOne(other bool) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if other {
		return -1
	}
	return t.n
}

type account struct {
	mu   sync.Mutex
	bank *bank
}

type bank struct {
	mu sync.Mutex
	a  *account
}

func (a *account) pay() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bank.mu.Lock() // want: lock-order
	a.bank.mu.Unlock()
}

func (b *bank) audit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.a.mu.Lock()
	b.a.mu.Unlock()
}

type first struct {
	mu   sync.Mutex
	next *second
}

type second struct {
	mu sync.Mutex
}

func (f *first) one() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next.mu.Lock()
	f.next.mu.Unlock()
}

func (f *first) two() {
	f.next.mu.Lock()
	f.next.mu.Unlock()
	f.mu.Lock()
	f.mu.Unlock()
}

func localLockKept() {
	var mu sync.Mutex
	mu.Lock()
	go func() {
		mu.Lock() // want: lock-never-free
		mu.Unlock()
	}()
}

func localLockFreed() {
	var mu sync.Mutex
	mu.Lock()
	go func() {
		mu.Lock()
		mu.Unlock()
	}()
	mu.Unlock()
}

func unlockedTwice() {
	var mu sync.Mutex
	mu.Lock()
	mu.Unlock()
	mu.Unlock() // want: unlock-not-locked
}

func unlockedOnce(n int) {
	var mu sync.Mutex
	mu.Lock()
	if n > 0 {
		mu.Unlock()
		return
	}
	mu.Unlock()
}

func sendUnderLock() {
	var mu sync.Mutex
	c := make(chan int)
	go func() {
		mu.Lock()
		c <- 1 // want: send-no-receiver
		mu.Unlock()
	}()
	mu.Lock()
	mu.Unlock()
}

func sendAfterLock() {
	var mu sync.Mutex
	c := make(chan int)
	go func() {
		mu.Lock()
		mu.Unlock()
		c <- 1
	}()
	mu.Lock()
	mu.Unlock()
	<-c
}

type embedded struct {
	sync.Mutex
	n int
}

func (e *embedded) get(fail bool) (int, error) {
	e.Lock()
	defer e.Unlock()
	if fail {
		return 0, errors.New("failed")
	}
	return e.n, nil
}

func (e *embedded) set(fail bool) error {
	e.Lock() // want: lock-not-released
	if fail {
		return errors.New("failed")
	}
	e.n++
	e.Unlock()
	return nil
}

func onceRecursive() {
	var once sync.Once
	once.Do(func() {
		once.Do(func() {}) // want: once-recursive
	})
}

func onceTwo() {
	var once, other sync.Once
	once.Do(func() {
		other.Do(func() {})
	})
}

func condMissed() {
	c := sync.NewCond(new(sync.Mutex))
	c.Signal()
	go func() {
		c.L.Lock()
		c.Wait() // want: cond-no-signal
		c.L.Unlock()
	}()
}

func condLoop() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	go func() {
		c.L.Lock()
		for !ready {
			c.Wait()
		}
		c.L.Unlock()
	}()
	c.L.Lock()
	ready = true
	c.L.Unlock()
	c.Broadcast()
}

// What locks for its caller, and what unlocks for it.
func (c *cache) lock()   { c.mu.Lock() }
func (c *cache) unlock() { c.mu.Unlock() }

func (c *cache) handOver() func() {
	c.mu.Lock()
	return func() { c.mu.Unlock() }
}
