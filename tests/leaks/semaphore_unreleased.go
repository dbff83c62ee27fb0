package main

// A channel used as a semaphore: a slot is taken and never released.
func init() { register("semaphore_unreleased", semaphoreUnreleasedBroken, semaphoreUnreleasedFixed) }

func semaphoreUnreleasedBroken() {
	sem := make(chan struct{}, 2)
	for i := 0; i < 5; i++ {
		go func() {
			sem <- struct{}{} // want: no receiver, 3
		}()
	}
}

func semaphoreUnreleasedFixed() {
	sem := make(chan struct{}, 2)
	for i := 0; i < 5; i++ {
		go func() {
			sem <- struct{}{}
			<-sem
		}()
	}
}
