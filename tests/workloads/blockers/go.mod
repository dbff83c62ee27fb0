module blockers

go 1.19
