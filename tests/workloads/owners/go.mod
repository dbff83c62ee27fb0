module chanrec.test/owners

go 1.19
