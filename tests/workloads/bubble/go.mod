module bubble

go 1.24
