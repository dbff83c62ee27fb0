package main

import (
	"sync"
)

// A read lock cannot be upgraded to a write lock.
func init() { register("rwmutex_upgrade", rwmutexUpgradeBroken, rwmutexUpgradeFixed) }

func rwmutexUpgradeBroken() {
	for i := 0; i < 2; i++ {
		go func() {
			mu := new(sync.RWMutex)
			mu.RLock()
			defer mu.RUnlock()
			mu.Lock() // want: cycle, 2
			mu.Unlock()
		}()
	}
}

func rwmutexUpgradeFixed() {
	for i := 0; i < 2; i++ {
		go func() {
			mu := new(sync.RWMutex)
			mu.RLock()
			mu.RUnlock()
			mu.Lock()
			mu.Unlock()
		}()
	}
}
