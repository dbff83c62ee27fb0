package main

import (
	"context"
)

// Only a cancellation ends the loop, and it never comes.
func init() { register("context_select", contextSelectBroken, contextSelectFixed) }

func contextSelectBroken() {
	for i := 0; i < 3; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel
		contextSelectStart(ctx)
	}
}

func contextSelectFixed() {
	for i := 0; i < 3; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		contextSelectStart(ctx)
		cancel()
	}
}

func contextSelectStart(ctx context.Context) {
	events := make(chan int)
	go func() {
		for {
			select { // want: no one left, 3
			case <-events:
			case <-ctx.Done():
				return
			}
		}
	}()
	events <- 1
}
