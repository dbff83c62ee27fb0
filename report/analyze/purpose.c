// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/purpose.h"

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

static bool is_own(const struct symbols *s, uint32_t place)
{
	return !(symbols_place(s, place)->flags & (PLACE_HIDDEN | PLACE_PLUMBING | PLACE_LIBRARY | PLACE_WRAPPER));
}

enum purpose purpose_of_wait(const struct symbols *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(s, stack, true);
	bool is_main = false;
	uint32_t place, own = 0;

	while ((place = stack_walk_next(&w))) {
		const char *func = symbols_place_func(s, place);
		const struct mark *mark = mark_of(func);

		/* A server's own goroutines have no frame of the program. */
		if (mark && (own || mark->purpose != PURPOSE_REQUEST))
			return mark->purpose;
		own += is_own(s, place);
		is_main |= !strcmp(func, "main.main");
	}
	return own >= DEEP_MIN && !is_main ? PURPOSE_DEEP : PURPOSE_IDLE;
}

/* runtime/sema.go; what sync and internal/poll call has their names. */
bool purpose_is_runtime(const struct symbols *s, uint32_t stack)
{
	static const char *const parks[] = { "runtime.gopark", "runtime.goparkunlock", "runtime.semacquire1",
		                             "runtime.semacquire" };
	struct stack_walk w = stack_walk_of(s, stack, true);
	bool is_sema = false;
	uint32_t place;

	while ((place = stack_walk_next(&w))) {
		const char *func = symbols_place_func(s, place);
		bool is_park = false;

		for (size_t i = 0; i < sizeof(parks) / sizeof(*parks); i++)
			is_park |= !strcmp(func, parks[i]);
		if (!is_park)
			return is_sema && !strncmp(func, "runtime.", 8);
		is_sema |= !strncmp(func, "runtime.semacquire", 18);
	}
	return false;
}

bool purpose_waits_in_library(const struct symbols *s, uint32_t stack)
{
	uint32_t user = symbols_stack_user(s, stack);

	return symbols_place(s, user)->flags & PLACE_LIBRARY;
}
