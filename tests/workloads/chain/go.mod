module chanrec.test/chain

go 1.19
