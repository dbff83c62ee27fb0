module liar

go 1.19
