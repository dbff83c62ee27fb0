package main

// A goroutine that was meant to stay only for a moment.
func init() { register("empty_select", emptySelectBroken, emptySelectFixed) }

func emptySelectBroken() {
	for i := 0; i < 2; i++ {
		go func() {
			select {} // want: empty select, 2
		}()
	}
}

func emptySelectFixed() {
	for i := 0; i < 2; i++ {
		go func() {
			select {
			default:
			}
		}()
	}
}
