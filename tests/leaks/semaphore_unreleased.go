package main

// A channel that counts: a slot is taken and not given back.
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
