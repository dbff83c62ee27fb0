// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/world.h"

#include <errno.h>
#include <string.h>

/* name NULL: all functions of the package that have no row of their own. */
static const struct {
	const char *pkg, *name;
	enum model model;
} functions[] = {
	{ "time", "After", MODEL_AFTER },
	{ "time", "Tick", MODEL_TICK },
	{ "time", "NewTimer", MODEL_NEW_TIMER },
	{ "time", "NewTicker", MODEL_NEW_TICKER },
	{ "time", "AfterFunc", MODEL_AFTER_FUNC },
	{ "time", "Sleep", MODEL_SLEEP },
	{ "time", NULL, MODEL_PURE },
	{ "context", "Background", MODEL_BACKGROUND },
	{ "context", "TODO", MODEL_BACKGROUND },
	{ "context", "WithCancel", MODEL_WITH_CANCEL },
	{ "context", "WithCancelCause", MODEL_WITH_CANCEL },
	{ "context", "WithTimeout", MODEL_WITH_TIMEOUT },
	{ "context", "WithDeadline", MODEL_WITH_TIMEOUT },
	{ "context", "WithTimeoutCause", MODEL_WITH_TIMEOUT },
	{ "context", "WithDeadlineCause", MODEL_WITH_TIMEOUT },
	{ "context", "WithValue", MODEL_WITH_VALUE },
	{ "context", "AfterFunc", MODEL_CTX_AFTER_FUNC },
	{ "context", "Cause", MODEL_PURE },
	{ "sync", "NewCond", MODEL_NEW_COND },
	{ "sync", "OnceFunc", MODEL_ONCE_FUNC },
	{ "golang.org/x/sync/errgroup", "WithContext", MODEL_GROUP_CONTEXT },
	{ "errors", "New", MODEL_ERROR },
	{ "errors", "Join", MODEL_UNKNOWN },
	{ "errors", NULL, MODEL_PURE },
	{ "fmt", "Errorf", MODEL_ERROR },
	{ "fmt", NULL, MODEL_PURE },
	{ "log", "Fatal", MODEL_EXIT },
	{ "log", "Fatalf", MODEL_EXIT },
	{ "log", "Fatalln", MODEL_EXIT },
	{ "log", NULL, MODEL_PURE },
	{ "os", "Exit", MODEL_EXIT },
	{ "runtime", "Goexit", MODEL_GOEXIT },
	{ "runtime", "SetFinalizer", MODEL_FINALIZER },
	{ "runtime", NULL, MODEL_PURE },
	{ "io", "Pipe", MODEL_PIPE },
	{ "io", "ReadAll", MODEL_PURE },
	{ "io", "Copy", MODEL_PURE },
	{ "io", "CopyN", MODEL_PURE },
	{ "io/ioutil", "ReadAll", MODEL_PURE },
	{ "bufio", "NewReader", MODEL_PURE },
	{ "bufio", "NewScanner", MODEL_PURE },
	{ "encoding/json", "NewDecoder", MODEL_PURE },
	{ "encoding/xml", "NewDecoder", MODEL_PURE },
	{ "net/http", "StatusText", MODEL_PURE },
	{ "net/http", "Get", MODEL_GET },
	{ "net/http", "Post", MODEL_GET },
	{ "net/http", "PostForm", MODEL_GET },
	{ "iter", "Pull", MODEL_PULL },
	{ "iter", "Pull2", MODEL_PULL },
	{ "sync/atomic", "CompareAndSwapInt32", MODEL_CAS },
	{ "sync/atomic", "CompareAndSwapUint32", MODEL_CAS },
	{ "sync/atomic", "CompareAndSwapInt64", MODEL_CAS },
	{ "sync/atomic", "CompareAndSwapUint64", MODEL_CAS },
	{ "sync/atomic", "LoadInt32", MODEL_LOAD },
	{ "sync/atomic", "LoadUint32", MODEL_LOAD },
	{ "sync/atomic", "LoadInt64", MODEL_LOAD },
	{ "sync/atomic", "LoadUint64", MODEL_LOAD },
	{ "sync/atomic", "StoreInt32", MODEL_STORE },
	{ "sync/atomic", "StoreUint32", MODEL_STORE },
	{ "sync/atomic", "StoreInt64", MODEL_STORE },
	{ "sync/atomic", "StoreUint64", MODEL_STORE },
	{ "sync/atomic", NULL, MODEL_PURE },
	{ "strings", NULL, MODEL_PURE },
	{ "strconv", NULL, MODEL_PURE },
	{ "math", NULL, MODEL_PURE },
	{ "math/rand", NULL, MODEL_PURE },
	{ "math/rand/v2", NULL, MODEL_PURE },
	{ "bytes", NULL, MODEL_PURE },
	{ "unicode", NULL, MODEL_PURE },
	{ "unicode/utf8", NULL, MODEL_PURE },
	{ "path", NULL, MODEL_PURE },
	{ "unsafe", NULL, MODEL_PURE },
	{ "github.com/pkg/errors", "New", MODEL_ERROR },
	{ "github.com/pkg/errors", "Errorf", MODEL_ERROR },
};

static const struct {
	const char *pkg, *name;
	enum model_type type;
} types[] = {
	{ "sync", "Mutex", MT_MUTEX },
	{ "sync", "RWMutex", MT_RWMUTEX },
	{ "sync", "WaitGroup", MT_WAIT_GROUP },
	{ "sync", "Cond", MT_COND },
	{ "sync", "Once", MT_ONCE },
	{ "sync", "Locker", MT_LOCKER },
	{ "time", "Timer", MT_TIMER },
	{ "time", "Ticker", MT_TICKER },
	{ "context", "Context", MT_CONTEXT },
	{ "context", "CancelFunc", MT_CANCEL },
	{ "golang.org/x/sync/errgroup", "Group", MT_GROUP },
	{ "testing", "T", MT_TESTING },
	{ "testing", "B", MT_TESTING },
	{ "testing", "F", MT_TESTING },
	{ "testing", "TB", MT_TESTING },
	{ "net/http", "Client", MT_HTTP_CLIENT },
	{ "net/http", "Response", MT_RESPONSE },
	{ "database/sql", "DB", MT_SQL_DB },
	{ "database/sql", "Tx", MT_SQL_DB },
	{ "database/sql", "Conn", MT_SQL_DB },
	{ "database/sql", "Rows", MT_ROWS },
};

static const char *const methods[METHODS] = {
	[METHOD_LOCK] = "Lock",
	[METHOD_UNLOCK] = "Unlock",
	[METHOD_RLOCK] = "RLock",
	[METHOD_RUNLOCK] = "RUnlock",
	[METHOD_TRY_LOCK] = "TryLock",
	[METHOD_TRY_RLOCK] = "TryRLock",
	[METHOD_RLOCKER] = "RLocker",
	[METHOD_ADD] = "Add",
	[METHOD_DONE] = "Done",
	[METHOD_WAIT] = "Wait",
	[METHOD_GO] = "Go",
	[METHOD_SIGNAL] = "Signal",
	[METHOD_BROADCAST] = "Broadcast",
	[METHOD_DO] = "Do",
	[METHOD_STOP] = "Stop",
	[METHOD_RESET] = "Reset",
	[METHOD_ERR] = "Err",
	[METHOD_DEADLINE] = "Deadline",
	[METHOD_VALUE] = "Value",
	[METHOD_CLOSE] = "Close",
	[METHOD_NEXT] = "Next",
	[METHOD_FATAL] = "Fatal",
	[METHOD_FATALF] = "Fatalf",
	[METHOD_FAIL_NOW] = "FailNow",
	[METHOD_SKIP] = "Skip",
	[METHOD_SKIPF] = "Skipf",
	[METHOD_SKIP_NOW] = "SkipNow",
	[METHOD_ERROR] = "Error",
	[METHOD_ERRORF] = "Errorf",
	[METHOD_LOG] = "Log",
	[METHOD_LOGF] = "Logf",
	[METHOD_HELPER] = "Helper",
	[METHOD_QUERY] = "Query",
	[METHOD_QUERY_CONTEXT] = "QueryContext",
	[METHOD_GET] = "Get",
	[METHOD_HEAD] = "Head",
	[METHOD_POST] = "Post",
	[METHOD_POST_FORM] = "PostForm",
	[METHOD_SET_LIMIT] = "SetLimit",
	[METHOD_TRY_GO] = "TryGo",
	[METHOD_READ] = "Read",
	[METHOD_WRITE] = "Write",
	[METHOD_CLOSE_WITH_ERROR] = "CloseWithError",
	[METHOD_CAS] = "CompareAndSwap",
};

static enum model function_model(const char *pkg, const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(functions[i].pkg, pkg) && (!functions[i].name || !strcmp(functions[i].name, name)))
			return functions[i].model;
	return MODEL_UNKNOWN;
}

static void write_models(struct program *p)
{
	for (uint32_t i = 1; i <= p->funcs.n; i++) {
		struct func *f = program_func(p, i);

		for (size_t k = 0; k < f->code.n; k++)
			if (f->code.v[k].op == OP_EXTERNAL)
				f->code.v[k].flags =
				        (uint16_t)function_model(name_text(p->names, (uint32_t)f->code.v[k].a),
				                                 name_text(p->names, (uint32_t)f->code.v[k].b));
	}
}

int world_init(struct world *w, struct program *p)
{
	*w = (struct world){ .p = p };
	for (int i = 1; i < METHODS; i++) {
		uint64_t *m = map_put(&w->methods, name_str(p->names, methods[i]), NULL);

		if (!m)
			return -ENOMEM;
		*m = (uint64_t)i;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint64_t key = (uint64_t)name_str(p->names, types[i].pkg) << 32 | name_str(p->names, types[i].name);
		uint64_t *t = map_put(&w->types, key, NULL);

		if (!t)
			return -ENOMEM;
		*t = types[i].type;
	}
	w->name.c = name_str(p->names, "C");
	w->name.body = name_str(p->names, "Body");
	w->name.err = name_str(p->names, "Err");
	w->name.l = name_str(p->names, "L");
	write_models(p);
	return 0;
}

void world_free(struct world *w)
{
	map_free(&w->methods);
	map_free(&w->types);
}

enum model_type world_type(const struct world *w, uint32_t type)
{
	const struct type *t = type ? program_type(w->p, type) : NULL;
	const uint64_t *m;

	if (!t || t->kind != TYPE_NAMED)
		return MT_NONE;
	m = map_get(&w->types, (uint64_t)t->pkg << 32 | t->name);
	return m ? (enum model_type) * m : MT_NONE;
}
