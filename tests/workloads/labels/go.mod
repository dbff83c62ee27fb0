module chanrec.test/labels

go 1.19
