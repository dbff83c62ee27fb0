package main

// The producer exits without closing the channel.
func init() { register("range_unclosed", rangeUnclosedBroken, rangeUnclosedFixed) }

func rangeUnclosedBroken() {
	for i := 0; i < 3; i++ {
		rows := make(chan int)
		go rangeUnclosedSum(rows)
		rows <- 1
		rows <- 2
	}
}

func rangeUnclosedFixed() {
	for i := 0; i < 3; i++ {
		rows := make(chan int)
		go rangeUnclosedSum(rows)
		rows <- 1
		rows <- 2
		close(rows)
	}
}

func rangeUnclosedSum(rows <-chan int) int {
	sum := 0
	for v := range rows { // want: never closed, 3
		sum += v
	}
	return sum
}
