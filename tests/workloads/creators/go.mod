module creators

go 1.19
