/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_EXPLORE_WORLD_H
#define CHANREC_VET_EXPLORE_WORLD_H

/*
 * What vet knows about packages whose source it does not read: which functions,
 * methods and types have a meaning of their own. Read-only while threads explore.
 */

#include "util/err.h"
#include "util/map.h"
#include "vet/program/program.h"

/* Functions. */
enum model {
	MODEL_UNKNOWN, /* keeps what it gets, and returns anything */
	MODEL_PURE,    /* keeps nothing */
	MODEL_ERROR,   /* returns an error that is not nil */
	MODEL_EXIT,    /* ends the process */
	MODEL_GOEXIT,  /* ends the goroutine */
	MODEL_SLEEP,
	MODEL_AFTER,
	MODEL_TICK,
	MODEL_NEW_TIMER,
	MODEL_NEW_TICKER,
	MODEL_AFTER_FUNC,
	MODEL_BACKGROUND,
	MODEL_WITH_CANCEL,
	MODEL_WITH_TIMEOUT,
	MODEL_WITH_VALUE,
	MODEL_CTX_AFTER_FUNC,
	MODEL_NEW_COND,
	MODEL_ONCE_FUNC,
	MODEL_PIPE,
	MODEL_GROUP_CONTEXT,
	MODEL_GET,  /* net/http: a response whose body must be closed, and an error */
	MODEL_PULL, /* iter: next and stop */
	MODEL_FINALIZER,
	MODEL_LOAD, /* sync/atomic */
	MODEL_STORE,
	MODEL_CAS, /* sync/atomic: succeeds at most once at a place */
};

enum method {
	METHOD_OTHER,
	METHOD_LOCK,
	METHOD_UNLOCK,
	METHOD_RLOCK,
	METHOD_RUNLOCK,
	METHOD_TRY_LOCK,
	METHOD_TRY_RLOCK,
	METHOD_RLOCKER,
	METHOD_ADD,
	METHOD_DONE,
	METHOD_WAIT,
	METHOD_GO,
	METHOD_SIGNAL,
	METHOD_BROADCAST,
	METHOD_DO,
	METHOD_STOP,
	METHOD_RESET,
	METHOD_ERR,
	METHOD_DEADLINE,
	METHOD_VALUE,
	METHOD_CLOSE,
	METHOD_NEXT,
	METHOD_FATAL,
	METHOD_FATALF,
	METHOD_FAIL_NOW,
	METHOD_SKIP,
	METHOD_SKIPF,
	METHOD_SKIP_NOW,
	METHOD_ERROR,
	METHOD_ERRORF,
	METHOD_LOG,
	METHOD_LOGF,
	METHOD_HELPER,
	METHOD_QUERY,
	METHOD_QUERY_CONTEXT,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_POST_FORM,
	METHOD_SET_LIMIT,
	METHOD_TRY_GO,
	METHOD_READ,
	METHOD_WRITE,
	METHOD_CLOSE_WITH_ERROR,
	METHOD_CAS,
	METHODS,
};

enum model_type {
	MT_NONE,
	MT_MUTEX,
	MT_RWMUTEX,
	MT_WAIT_GROUP,
	MT_COND,
	MT_ONCE,
	MT_LOCKER,
	MT_TIMER,
	MT_TICKER,
	MT_CONTEXT,
	MT_GROUP,
	MT_CANCEL,
	MT_TESTING,
	MT_HTTP_CLIENT,
	MT_SQL_DB,
	MT_RESPONSE,
	MT_ROWS,
};

struct world {
	struct program *p;
	struct map methods; /* name → enum method */
	struct map types;   /* pkg << 32 | name → enum model_type */
	struct {
		uint32_t c, body, err, l, bad;
	} name;
};

/* After program_link(); also writes the models into the code. 0 or -ENOMEM. */
int world_init(struct world *w, struct program *p);
void world_free(struct world *w);

enum model_type world_type(const struct world *w, uint32_t type);
static inline enum method world_method(const struct world *w, uint32_t name)
{
	const uint64_t *m = map_get(&w->methods, name);

	return m ? (enum method) * m : METHOD_OTHER;
}

#endif
