package main

// Nobody keeps the struct whose Close would end its goroutine.
func init() { register("done_in_dropped_struct", doneInDroppedStructBroken, doneInDroppedStructFixed) }

type doneInDroppedStructPoller struct{ done chan struct{} }

func doneInDroppedStructNew() *doneInDroppedStructPoller {
	p := &doneInDroppedStructPoller{done: make(chan struct{})}
	go p.loop()
	return p
}

func (p *doneInDroppedStructPoller) loop() {
	<-p.done // want: no one left, 4
}

func (p *doneInDroppedStructPoller) close() { close(p.done) }

func doneInDroppedStructBroken() {
	for i := 0; i < 4; i++ {
		doneInDroppedStructNew()
	}
}

func doneInDroppedStructFixed() {
	for i := 0; i < 4; i++ {
		defer doneInDroppedStructNew().close()
	}
}
