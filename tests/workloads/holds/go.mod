module holds

go 1.19
