module chanrec.test/leaks

go 1.19
