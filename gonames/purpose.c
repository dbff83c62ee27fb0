// SPDX-License-Identifier: GPL-2.0-or-later
#include "gonames/purpose.h"

#include <stddef.h>
#include <string.h>

/* Frames of the program's own code from which on a wait is deep. */
#define DEEP_MIN 3

/* What a goroutine does that has this function on its stack; "*" at the end: one whose name begins like that. */
struct mark {
	const char *func;
	enum purpose purpose;
};

/*
 * The first mark from the innermost frame out counts, so that a handler that
 * asks a pool is found in the pool, and one that asks another server waits for
 * that.
 */
static const struct mark marks[] = {
	{ "database/sql.(*DB).conn", PURPOSE_ACQUIRE },
	{ "golang.org/x/sync/semaphore.(*Weighted).Acquire", PURPOSE_ACQUIRE },
	{ "github.com/jackc/puddle/*", PURPOSE_ACQUIRE },
	{ "github.com/redis/go-redis/v9/internal/pool.*", PURPOSE_ACQUIRE },
	{ "net/http.(*Transport).getConn", PURPOSE_ACQUIRE },
	/* It waits for the process in a system call, and only then for the goroutines that copy the output. */
	{ "os/exec.(*Cmd).Wait", PURPOSE_OUTPUT },
	{ "os/exec.(*Cmd).awaitGoroutines", PURPOSE_OUTPUT },
	{ "net/http.(*persistConn).*", PURPOSE_REMOTE },
	{ "net/http.(*http2*", PURPOSE_REMOTE },
	{ "net/http.http2*", PURPOSE_REMOTE },
	{ "net/http.(*connReader).*", PURPOSE_REMOTE },
	{ "net/http/internal/http2.*", PURPOSE_REMOTE },
	{ "golang.org/x/net/*", PURPOSE_REMOTE },
	{ "google.golang.org/grpc/internal/transport.*", PURPOSE_REMOTE },
	{ "google.golang.org/grpc.(*clientStream).*", PURPOSE_REMOTE },
	{ "google.golang.org/grpc.(*Server).processStreamingRPC", PURPOSE_REMOTE },
	{ "google.golang.org/grpc.(*Server).processUnaryRPC", PURPOSE_REQUEST },
	{ "net/http.HandlerFunc.ServeHTTP", PURPOSE_REQUEST },
	{ "net/http.serverHandler.ServeHTTP", PURPOSE_REQUEST },
	{ "net/rpc.(*service).call", PURPOSE_REQUEST },
};

static bool is_marked(const char *func, const char *mark)
{
	size_t n = strlen(mark);

	return mark[n - 1] == '*' ? !strncmp(func, mark, n - 1) : !strcmp(func, mark);
}

static const struct mark *mark_of(const char *func)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (is_marked(func, marks[i].func))
			return &marks[i];
	return NULL;
}

bool purpose_walk_step(struct purpose_walk *w, const char *func, bool is_own)
{
	const struct mark *mark = mark_of(func);

	/* A server's own goroutines have no frame of the program. */
	if (mark && (w->own || mark->purpose != PURPOSE_REQUEST)) {
		w->is_marked = true;
		w->mark = mark->purpose;
		return false;
	}
	w->own += is_own;
	w->is_main |= !strcmp(func, "main.main");
	return true;
}

enum purpose purpose_walk_end(const struct purpose_walk *w)
{
	if (w->is_marked)
		return w->mark;
	return w->own >= DEEP_MIN && !w->is_main ? PURPOSE_DEEP : PURPOSE_IDLE;
}

/* runtime/sema.go; what sync and internal/poll call has their names. */
bool runtime_walk_step(struct runtime_walk *w, const char *func)
{
	static const char *const parks[] = { "runtime.gopark", "runtime.goparkunlock", "runtime.semacquire1",
		                             "runtime.semacquire" };
	bool is_park = false;

	for (size_t i = 0; i < sizeof(parks) / sizeof(*parks); i++)
		is_park |= !strcmp(func, parks[i]);
	if (!is_park) {
		w->is_runtime = w->is_sema && !strncmp(func, "runtime.", 8);
		return false;
	}
	w->is_sema |= !strncmp(func, "runtime.semacquire", 18);
	return true;
}

/* cmd/compile, walk/order.go. */
bool purpose_asks_if_closed(const char *func)
{
	return !strcmp(func, "runtime.chanrecv2");
}

/* In the middle of a request: whether it waits for something that has to come, not for the request's end. */
static bool expects(const struct stall_facts *f)
{
	if (f->has_chan)
		return !f->asks_if_closed && (f->carries_values || f->is_shared);
	if (f->is_select)
		return f->is_in_library || f->is_pool || f->is_place_still;
	return true;
}

enum stall stall_of(enum purpose purpose, const struct stall_facts *f)
{
	switch (purpose) {
	case PURPOSE_ACQUIRE:
		return STALL_ACQUIRE;
	case PURPOSE_OUTPUT:
		return STALL_OUTPUT;
	case PURPOSE_REQUEST:
		return expects(f) ? STALL_REQUEST : STALL_NONE;
	case PURPOSE_DEEP:
		if (f->is_recv && expects(f))
			return STALL_TASK;
		return f->is_recv && f->takes_in_calls ? STALL_ACQUIRE : STALL_NONE;
	case PURPOSE_IDLE:
		return f->is_recv && f->takes_in_calls ? STALL_ACQUIRE : STALL_NONE;
	default:
		return STALL_NONE;
	}
}
