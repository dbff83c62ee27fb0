// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/trace.h"

#define NAME_OF(table, i) ((size_t)(i) < sizeof(table) / sizeof(*(table)) && (table)[i] ? (table)[i] : "?")

const char *trace_type_name(enum trace_type t)
{
	static const char *const names[] = {
		[TRACE_DEF_STRING] = "def.string",
		[TRACE_DEF_FUNC] = "def.func",
		[TRACE_DEF_FRAME] = "def.frame",
		[TRACE_DEF_STACK] = "def.stack",
		[TRACE_DEF_CHAN] = "def.chan",
		[TRACE_DEF_SYNC] = "def.sync",
		[TRACE_DEF_REASON] = "def.reason",
		[TRACE_GO_CREATE] = "go.create",
		[TRACE_GO_EXIT] = "go.exit",
		[TRACE_GO_PARK] = "go.park",
		[TRACE_GO_READY] = "go.ready",
		[TRACE_GO_RUN] = "go.run",
		[TRACE_CHAN_MAKE] = "chan.make",
		[TRACE_CHAN_CLOSE] = "chan.close",
		[TRACE_CHAN_OP] = "chan.op",
		[TRACE_SNAP_BEGIN] = "snap.begin",
		[TRACE_SNAP_GO] = "snap.go",
		[TRACE_SNAP_CHAN] = "snap.chan",
		[TRACE_SNAP_SYNC] = "snap.sync",
		[TRACE_SNAP_END] = "snap.end",
		[TRACE_LOSS] = "loss",
		[TRACE_PROC_EXIT] = "proc.exit",
		[TRACE_SNAP_UNHELD] = "snap.unheld",
		[TRACE_SHORT_WAITS] = "short.waits",
		[TRACE_PROC_STATE] = "proc.state",
	};

	return NAME_OF(names, t);
}

const char *trace_loss_name(uint8_t cause)
{
	static const char *const names[TRACE_LOSS_CAUSES] = {
		[TRACE_LOSS_RING] = "ring",         [TRACE_LOSS_STACK] = "stack", [TRACE_LOSS_CASES] = "cases",
		[TRACE_LOSS_MEMORY] = "memory",     [TRACE_LOSS_ROOM] = "room",   [TRACE_LOSS_SIZE] = "size",
		[TRACE_LOSS_OVERHEAD] = "overhead",
	};

	return cause < TRACE_LOSS_CAUSES ? names[cause] : "other";
}

const char *trace_cause_name(enum trace_cause c)
{
	static const char *const names[] = {
		[TRACE_CAUSE_UNKNOWN] = "unknown",     [TRACE_CAUSE_SEND] = "send",
		[TRACE_CAUSE_RECV] = "receive",        [TRACE_CAUSE_CLOSE] = "close",
		[TRACE_CAUSE_TIMER] = "timer",         [TRACE_CAUSE_NETWORK] = "network",
		[TRACE_CAUSE_UNLOCK] = "unlock",       [TRACE_CAUSE_RWUNLOCK] = "rwunlock",
		[TRACE_CAUSE_WAITGROUP] = "waitgroup", [TRACE_CAUSE_COND] = "cond",
		[TRACE_CAUSE_SEMAPHORE] = "semaphore", [TRACE_CAUSE_COROUTINE] = "coroutine",
		[TRACE_CAUSE_RUNTIME] = "runtime",
	};

	return NAME_OF(names, c);
}

const char *trace_sync_kind_name(enum trace_sync_kind k)
{
	static const char *const names[] = {
		[TRACE_SYNC_UNKNOWN] = "semaphore",    [TRACE_SYNC_MUTEX] = "sync.Mutex",
		[TRACE_SYNC_RWMUTEX] = "sync.RWMutex", [TRACE_SYNC_WAITGROUP] = "sync.WaitGroup",
		[TRACE_SYNC_COND] = "sync.Cond",
	};

	return NAME_OF(names, k);
}
