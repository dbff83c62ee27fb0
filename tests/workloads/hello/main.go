// hello starts one goroutine, hears from it and ends.
package main

import "fmt"

func main() {
	c := make(chan string)
	go func() { c <- "hello" }()
	fmt.Println(<-c)
}
