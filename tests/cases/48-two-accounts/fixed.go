package main

import (
	"sync"
	"time"
)

type account struct {
	mu      sync.Mutex
	balance int
}

type bank struct {
	mu       sync.Mutex
	accounts map[string]*account
}

var books = &bank{accounts: map[string]*account{}}

func main() {
	startLoad()
	go books.transfer("alice", "bob", 1)
	go books.transfer("bob", "alice", 1)
	for n := 0; ; n++ {
		books.transfer("carol", "dave", n)
		time.Sleep(5 * time.Millisecond)
	}
}

func (b *bank) account(name string) *account {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.accounts[name] == nil {
		b.accounts[name] = &account{}
	}
	return b.accounts[name]
}

func (b *bank) transfer(from, to string, amount int) {
	src, dst := b.account(from), b.account(to)
	low, high := src, dst
	if from > to {
		low, high = dst, src
	}
	low.mu.Lock()
	defer low.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	high.mu.Lock()
	defer high.mu.Unlock()
	src.balance -= amount
	dst.balance += amount
}
