package main

import (
	"context"
)

// Nobody keeps the context's cancel function.
func init() { register("context_uncancelled", contextUncancelledBroken, contextUncancelledFixed) }

func contextUncancelledBroken() {
	for i := 0; i < 3; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel
		go contextUncancelledWatch(ctx)
	}
}

func contextUncancelledFixed() {
	for i := 0; i < 3; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		go contextUncancelledWatch(ctx)
		cancel()
	}
}

func contextUncancelledWatch(ctx context.Context) {
	<-ctx.Done() // want: no one left, 3
}
