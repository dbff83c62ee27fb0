module chanrec.test/busy

go 1.19
