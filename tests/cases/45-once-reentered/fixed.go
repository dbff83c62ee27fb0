package main

import (
	"sync"
	"time"
)

type config struct {
	once sync.Once
	port int
}

var conf config

func main() {
	startLoad()
	go conf.settings()
	time.Sleep(100 * time.Millisecond)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				conf.settings()
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	time.Sleep(time.Hour)
}

func (c *config) settings() int {
	c.once.Do(c.load)
	return c.port
}

func (c *config) load() {
	answer := make(chan int)
	go c.probe(answer)
	c.port = <-answer
}

func (c *config) probe(answer chan<- int) {
	answer <- 8080
}
