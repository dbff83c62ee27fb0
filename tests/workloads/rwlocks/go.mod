module chanrec.test/rwlocks

go 1.19
