module wakes

go 1.19
