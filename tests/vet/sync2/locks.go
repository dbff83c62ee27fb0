// Package sync2 has locks, WaitGroups, Conds and Onces, as servers use them.
package sync2

import (
	"errors"
	"sync"
)

var errNone = errors.New("none")

type store struct {
	mu    sync.RWMutex
	items map[string]int
	subs  []chan int
}

func (s *store) get(k string) (int, error) {
	s.mu.RLock() // want: lock-not-released
	v, ok := s.items[k]
	if !ok {
		return 0, errNone
	}
	s.mu.RUnlock()
	return v, nil
}

func (s *store) getReleased(k string) (int, error) {
	s.mu.RLock()
	v, ok := s.items[k]
	s.mu.RUnlock()
	if !ok {
		return 0, errNone
	}
	return v, nil
}

func (s *store) switchKind(kind int) {
	s.mu.Lock() // want: lock-not-released
	switch kind {
	case 0:
		s.items["a"] = 1
	case 1:
		return
	}
	s.mu.Unlock()
}

func (s *store) switchKindReleased(kind int) {
	s.mu.Lock()
	switch kind {
	case 0:
		s.items["a"] = 1
	case 1:
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
}

func (s *store) ensure(k string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if v, ok := s.items[k]; ok {
		return v
	}
	return s.create(k)
}

func (s *store) create(k string) int {
	s.mu.Lock() // want: rlock-upgrade
	defer s.mu.Unlock()
	s.items[k] = 0
	return 0
}

func (s *store) ensureTwice(k string) int {
	s.mu.RLock()
	v, ok := s.items[k]
	s.mu.RUnlock()
	if ok {
		return v
	}
	return s.createNew(k)
}

func (s *store) createNew(k string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[k] = 0
	return 0
}

// Wrong pair: RLock and Unlock.
func wrongPair() {
	var mu sync.RWMutex
	mu.RLock()
	mu.Unlock() // want: unlock-not-locked
}

func rightPair() {
	var mu sync.RWMutex
	mu.RLock()
	mu.RUnlock()
}

func deferTwice() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock() // want: unlock-not-locked
	mu.Unlock()
}

func deferOnce() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
}

// defer in a loop keeps the lock until the function returns.
func (s *store) addAll(keys []string) {
	for _, k := range keys {
		s.mu.Lock() // want: lock-twice
		defer s.mu.Unlock()
		s.items[k]++
	}
}

func (s *store) addEach(keys []string) {
	for _, k := range keys {
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.items[k]++
		}()
	}
}

// defer mu.Lock() instead of defer mu.Unlock().
func deferLock() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Lock() // want: lock-twice
}

func deferUnlock() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
}

// Wait under the lock that the workers need.
func waitLocked() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	mu.Lock()
	wg.Add(1)
	go func() {
		defer wg.Done()
		mu.Lock() // want: lock-never-free
		mu.Unlock()
	}()
	wg.Wait() // want: blocked-under-lock
	mu.Unlock()
}

func waitUnlocked() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	mu.Lock()
	wg.Add(1)
	go func() {
		defer wg.Done()
		mu.Lock()
		mu.Unlock()
	}()
	mu.Unlock()
	wg.Wait()
}

// A send under the lock that the receiver takes first.
func sendLocked() {
	var mu sync.Mutex
	c := make(chan int)
	go func() {
		mu.Lock() // want: lock-never-free
		defer mu.Unlock()
		<-c
	}()
	mu.Lock()
	c <- 1 // want: blocked-under-lock
	mu.Unlock()
}

func sendUnlocked() {
	var mu sync.Mutex
	c := make(chan int)
	go func() {
		mu.Lock()
		defer mu.Unlock()
		<-c
	}()
	c <- 1
	mu.Lock()
	mu.Unlock()
}

// A receive under the lock that the sender needs.
func receiveLocked() int {
	var mu sync.Mutex
	n, c := 0, make(chan int)
	go func() {
		mu.Lock() // want: lock-never-free
		n++
		mu.Unlock()
		c <- n
	}()
	mu.Lock()
	defer mu.Unlock()
	return <-c // want: blocked-under-lock
}

func receiveUnlocked() int {
	var mu sync.Mutex
	n, c := 0, make(chan int)
	go func() {
		mu.Lock()
		n++
		mu.Unlock()
		c <- n
	}()
	v := <-c
	mu.Lock()
	defer mu.Unlock()
	return v + n
}

type left struct {
	mu    sync.Mutex
	other *right
}

type right struct {
	mu    sync.RWMutex
	other *left
}

func (l *left) move() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.other.touch()
}

func (r *right) touch() {
	r.mu.Lock() // want: lock-order
	r.mu.Unlock()
}

func (r *right) sum() {
	r.mu.RLock()
	defer r.mu.RUnlock()
	r.other.mu.Lock()
	r.other.mu.Unlock()
}

type outer struct {
	mu    sync.Mutex
	inner *inner
}

type inner struct {
	mu sync.Mutex
}

func (o *outer) move() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inner.touch()
}

func (i *inner) touch() {
	i.mu.Lock()
	i.mu.Unlock()
}

func (o *outer) sum() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inner.mu.Lock()
	o.inner.mu.Unlock()
}

var muA, muB sync.Mutex

func aThenB() {
	muA.Lock()
	muB.Lock() // want: lock-order
	muB.Unlock()
	muA.Unlock()
}

func bThenA() {
	muB.Lock()
	muA.Lock()
	muA.Unlock()
	muB.Unlock()
}

var muC, muD sync.Mutex

func cThenD() {
	muC.Lock()
	muD.Lock()
	muD.Unlock()
	muC.Unlock()
}

func dAfterC() {
	muC.Lock()
	muC.Unlock()
	muD.Lock()
	muD.Unlock()
}

// A callback that locks what its caller holds.
type registry struct {
	mu sync.Mutex
	n  int
}

func (r *registry) each(f func(int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.n)
}

func (r *registry) count() int {
	r.mu.Lock() // want: lock-twice
	defer r.mu.Unlock()
	return r.n
}

func countInside() {
	r := &registry{}
	r.each(func(int) { r.count() })
}

type safeRegistry struct {
	mu sync.Mutex
	n  int
}

func (r *safeRegistry) each(f func(int)) {
	r.mu.Lock()
	n := r.n
	r.mu.Unlock()
	f(n)
}

func (r *safeRegistry) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

func countOutside() {
	r := &safeRegistry{}
	r.each(func(int) { r.count() })
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c counter) value() int { // want: lock-copied
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counter) valueOf() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func total(wg sync.WaitGroup, n int) { // want: lock-copied
	defer wg.Done()
}

func totalOf(wg *sync.WaitGroup, n int) {
	defer wg.Done()
}

func snapshot(c *counter) int {
	old := *c // want: lock-copied
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n - old.n
}

func snapshotOf(c *counter) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.n
	return c.n - old
}

func sumOf(all []counter) (n int) {
	for _, c := range all { // want: lock-copied
		c.mu.Lock()
		n += c.n
		c.mu.Unlock()
	}
	return n
}

func sumEach(all []counter) (n int) {
	for i := range all {
		all[i].mu.Lock()
		n += all[i].n
		all[i].mu.Unlock()
	}
	return n
}

func waitOnce() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	go func() {
		c.L.Lock()
		ready = true
		c.L.Unlock()
		c.Broadcast()
	}()
	c.L.Lock()
	if !ready {
		c.Wait() // want: cond-wait-no-loop
	}
	c.L.Unlock()
}

func waitLoop() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	go func() {
		c.L.Lock()
		ready = true
		c.L.Unlock()
		c.Broadcast()
	}()
	c.L.Lock()
	for !ready {
		c.Wait()
	}
	c.L.Unlock()
}

type box struct {
	mu   sync.Mutex
	cond *sync.Cond
	full bool
}

func (b *box) take() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.full {
		b.cond.Wait() // want: cond-wait-no-loop
	}
	b.full = false
}

func (b *box) takeLoop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.full {
		b.cond.Wait()
	}
	b.full = false
}

// One Signal for two that wait.
func signalOne() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	for i := 0; i < 2; i++ {
		go func() {
			c.L.Lock()
			for !ready {
				c.Wait() // want: cond-no-signal
			}
			c.L.Unlock()
		}()
	}
	c.L.Lock()
	ready = true
	c.L.Unlock()
	c.Signal()
}

func signalAll() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	for i := 0; i < 2; i++ {
		go func() {
			c.L.Lock()
			for !ready {
				c.Wait()
			}
			c.L.Unlock()
		}()
	}
	c.L.Lock()
	ready = true
	c.L.Unlock()
	c.Broadcast()
}

// The condition changes without the lock: between the check and Wait, the signal is lost.
func signalUnlocked() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	go func() {
		ready = true
		c.Signal() // want: cond-signal-unlocked
	}()
	c.L.Lock()
	for !ready {
		c.Wait()
	}
	c.L.Unlock()
}

func signalLocked() {
	c := sync.NewCond(new(sync.Mutex))
	ready := false
	go func() {
		c.L.Lock()
		ready = true
		c.L.Unlock()
		c.Signal()
	}()
	c.L.Lock()
	for !ready {
		c.Wait()
	}
	c.L.Unlock()
}

func addInLoop(n int) {
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(i int) {
			if i == 2 {
				return
			}
			wg.Done()
		}(i)
	}
	wg.Wait() // want: waitgroup-not-done
}

func addInLoopDeferred(n int) {
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			if i == 2 {
				return
			}
		}(i)
	}
	wg.Wait()
}

// Add before a step that can fail.
func addThenFail(fail bool) error {
	var wg sync.WaitGroup
	start := func() error {
		wg.Add(1)
		if fail {
			return errNone
		}
		go wg.Done()
		return nil
	}
	err := start()
	wg.Wait() // want: waitgroup-not-done
	return err
}

func addWhenSure(fail bool) error {
	var wg sync.WaitGroup
	start := func() error {
		if fail {
			return errNone
		}
		wg.Add(1)
		go wg.Done()
		return nil
	}
	err := start()
	wg.Wait()
	return err
}

// Done for each item, Add for each batch.
func addPerBatch(items []int) {
	var wg sync.WaitGroup
	wg.Add(1)
	for i := 0; i < 2; i++ {
		wg.Done() // want: waitgroup-negative
	}
	wg.Wait()
}

func addPerItem(items []int) {
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		wg.Done()
	}
	wg.Wait()
}

type lazy struct {
	once sync.Once
	next *lazy
}

func (l *lazy) load() {
	l.once.Do(l.fill) // want: once-recursive
}

func (l *lazy) fill() { l.load() }

func loadLazy() {
	l := &lazy{}
	l.load()
}

type eager struct {
	once sync.Once
	n    int
}

func (l *eager) load() { l.once.Do(l.fill) }

func (l *eager) fill() { l.n++ }

func loadEager() {
	l := &eager{}
	l.load()
	l.load()
}

// TryLock whose failure is not looked at.
func tryIgnored() {
	var mu sync.Mutex
	mu.Lock()
	go func() {
		mu.TryLock()
		mu.Unlock() // want: unlock-not-locked
	}()
	mu.Unlock()
}

func tryChecked() {
	var mu sync.Mutex
	mu.Lock()
	go func() {
		if mu.TryLock() {
			mu.Unlock()
		}
	}()
	mu.Unlock()
}

// Unlocks on success only.
func unlockOnSuccess(f func() error) error {
	var mu sync.Mutex
	for i := 0; i < 2; i++ {
		mu.Lock() // want: lock-twice
		if err := f(); err != nil {
			continue
		}
		mu.Unlock()
	}
	return nil
}

func unlockAlways(f func() error) error {
	var mu sync.Mutex
	for i := 0; i < 2; i++ {
		mu.Lock()
		err := f()
		mu.Unlock()
		if err != nil {
			continue
		}
	}
	return nil
}
