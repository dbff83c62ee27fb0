//go:build !go1.25

package bubble

import (
	"testing"
	"testing/synctest"
)

func TestBubble(t *testing.T) { synctest.Run(func() { play(t) }) }
