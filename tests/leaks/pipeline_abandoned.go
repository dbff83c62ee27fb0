package main

// The consumer takes the first value and leaves; every stage before it is stuck.
func init() { register("pipeline_abandoned", pipelineAbandonedBroken, pipelineAbandonedFixed) }

func pipelineAbandonedBroken() {
	done := make(chan struct{})
	pipelineAbandonedFirst(done)
}

func pipelineAbandonedFixed() {
	done := make(chan struct{})
	pipelineAbandonedFirst(done)
	close(done)
}

func pipelineAbandonedFirst(done chan struct{}) int {
	numbers, squares := make(chan int), make(chan int)
	go func() {
		defer close(numbers)
		for i := 0; ; i++ {
			select { // want: no one left, 1
			case numbers <- i:
			case <-done:
				return
			}
		}
	}()
	go func() {
		for n := range numbers {
			select { // want: no one left, 1
			case squares <- n * n:
			case <-done:
				return
			}
		}
	}()
	return <-squares
}
