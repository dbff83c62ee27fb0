/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_REPLAY_TRACE_H
#define CHANREC_TESTS_REPLAY_TRACE_H

/* What the tests of the replay share: places in a program, the usual trace, and goroutines of its report. */

#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define RECV_AT \
	"runtime.gopark /go/proc.go:1|runtime.chanrecv1 /go/chan.go:2|main.worker /src/main.go:33|runtime.goexit " \
	"/go/asm.s:1"
#define LOCK_AT \
	"runtime.gopark /go/proc.go:1|sync.runtime_SemacquireMutex /go/sema.go:2|sync.(*Mutex).Lock " \
	"/go/mutex.go:3|main.worker /src/main.go:40"
#define SEND_AT "runtime.ready /go/proc.go:9|runtime.chansend1 /go/chan.go:4|main.main /src/main.go:50"

/* A trace with one channel. */
static inline struct tb tb_with_chan(struct trace_obj *ch)
{
	struct tb t = tb_new();

	*ch = tb_chan(&t);
	return t;
}

/* A trace with one channel, in which goroutine 1 creates goroutine 7 after 1 ms. */
static inline struct tb tb_with_worker(struct trace_obj *ch)
{
	struct tb t = tb_with_chan(ch);

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	return t;
}

static inline const struct goroutine *go(const struct report *r, uint64_t id)
{
	const struct goroutine *g = model_goroutine(r->m, id);

	assert_non_null(g);
	return g;
}

static inline const struct gone *gone(const struct report *r, uint64_t id)
{
	const struct gone *g = model_gone(r->m, id);

	assert_non_null(g);
	return g;
}

#endif
