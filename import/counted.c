// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INNER_FRAMES 6 /* in which the runtime says what a goroutine waits for */

/*
 * Which function parks for which reason (runtime/chan.go, select.go, sema.go,
 * time.go, netpoll.go, proc.go), as Go's traceback prints it. The outermost one that matches counts, as
 * sync's functions call semacquire1. NULL: it does not say.
 */
static const struct {
	const char *func, *reason;
} parks[] = {
	{ "runtime.gopark", NULL },
	{ "runtime.chanrecv", "chan receive" },
	{ "runtime.chansend", "chan send" },
	{ "runtime.selectgo", "select" },
	{ "runtime.block", "select (no cases)" },
	{ "runtime.netpollblock", "IO wait" },
	{ "internal/poll.runtime_pollWait", "IO wait" },
	{ "time.Sleep", "sleep" },
	{ "sync.runtime_notifyListWait", "sync.Cond.Wait" },
	{ "sync.runtime_SemacquireMutex", "sync.Mutex.Lock" },
	{ "internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock" },
	{ "sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock" },
	{ "sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock" },
	{ "sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait" },
	{ "sync.runtime_Semacquire", "semacquire" },
	{ "runtime.semacquire1", "semacquire" },
};

static void find_wait(struct import_goroutine *g)
{
	for (uint32_t i = 0; i < g->nframes && i < INNER_FRAMES; i++) {
		for (size_t k = 0; k < sizeof(parks) / sizeof(parks[0]); k++) {
			if (strcmp(g->frames[i].func, parks[k].func) != 0)
				continue;
			g->state = TRACE_GO_WAITING;
			g->reason = parks[k].reason ? parks[k].reason : g->reason;
		}
	}
}

int counted_add(struct import_build *b, uint64_t n, const struct import_frame *frames, uint32_t nframes, bool is_cut,
                uint64_t *left_out, struct err *err)
{
	struct import_goroutine g = { .frames = frames, .nframes = nframes, .is_cut = is_cut };
	uint64_t room = COUNTED_MAX > b->goroutines ? COUNTED_MAX - b->goroutines : 0;

	if (n > room && __builtin_add_overflow(*left_out, n - room, left_out))
		*left_out = UINT64_MAX;
	n = n < room ? n : room;
	find_wait(&g);
	g.goid = b->goroutines + 1;
	return n ? import_build_goroutines(b, &g, n, err) : 0;
}

void counted_note(uint64_t left_out, char *to, size_t size)
{
	int n = snprintf(to, size, "a profile has no goroutine ids, creators or ages: the ids here only count");

	if (left_out && n > 0 && (size_t)n < size)
		snprintf(to + n, size - (size_t)n, "; %" PRIu64 " goroutines more than %u are left out", left_out,
		         COUNTED_MAX);
}
