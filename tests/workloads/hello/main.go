// hello starts one goroutine, receives from it and exits.
package main

import "fmt"

func main() {
	c := make(chan string)
	go func() { c <- "hello" }()
	fmt.Println(<-c)
}
