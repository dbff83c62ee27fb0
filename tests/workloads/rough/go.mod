module rough

go 1.19
