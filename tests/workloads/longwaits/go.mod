module longwaits

go 1.19
