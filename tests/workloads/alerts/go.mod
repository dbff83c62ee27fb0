module alerts

go 1.19
