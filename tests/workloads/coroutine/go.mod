module coroutine

go 1.23
