package main

// A subscriber is removed from the table, but its channel is not closed.
func init() { register("unsubscribe", unsubscribeBroken, unsubscribeFixed) }

type unsubscribeTopic struct{ subs map[int]chan string }

var unsubscribeNews = unsubscribeTopic{map[int]chan string{}}

func unsubscribeBroken() { unsubscribeRun(func(chan string) {}) }

func unsubscribeFixed() { unsubscribeRun(func(c chan string) { close(c) }) }

func unsubscribeRun(drop func(chan string)) {
	for i := 0; i < 5; i++ {
		c := make(chan string)
		unsubscribeNews.subs[i] = c
		go func() {
			for range c { // want: never closed, 5
			}
		}()
	}
	for i, c := range unsubscribeNews.subs {
		c <- "hello"
		delete(unsubscribeNews.subs, i)
		drop(c)
	}
}
