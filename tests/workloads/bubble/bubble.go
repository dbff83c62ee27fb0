// Package bubble blocks goroutines inside a bubble of testing/synctest, whose
// waits have their own reasons. Build it with go test -c.
package bubble
