module chanrec.test/fds

go 1.19
