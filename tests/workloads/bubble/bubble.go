// Package bubble blocks goroutines inside a bubble of testing/synctest, whose
// waits have reasons of their own. It is built with go test -c.
package bubble
