// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/trace.h"

#define NAME_OF(table, i) ((size_t)(i) < sizeof(table) / sizeof(*(table)) && (table)[i] ? (table)[i] : "?")

static const struct {
	const char *name;
	enum trace_kind kind;
	uint32_t group;
} types[TRACE_TYPE_MAX + 1] = {
#define X(type, number, name, kind, group) [type] = { name, TRACE_KIND_##kind, group },
	TRACE_TYPES(X)
#undef X
};

#define RANGE_OF_DEF(t) ((t) < TRACE_FIRST_EVENT)
#define RANGE_OF_LIFE(t) ((t) >= TRACE_FIRST_EVENT && (t) < TRACE_FIRST_SNAP)
#define RANGE_OF_WAIT(t) RANGE_OF_LIFE(t)
#define RANGE_OF_SNAP(t) ((t) >= TRACE_FIRST_SNAP && (t) < TRACE_FIRST_ABOUT)
#define RANGE_OF_ABOUT(t) ((t) >= TRACE_FIRST_ABOUT && (t) < TRACE_TYPE_MAX)
#define X(type, number, name, kind, group) \
	_Static_assert(RANGE_OF_##kind(number) && !(group) == !RANGE_OF_LIFE(number), name);
TRACE_TYPES(X)
#undef X

enum trace_kind trace_type_kind(enum trace_type t)
{
	return t <= TRACE_TYPE_MAX ? types[t].kind : TRACE_KIND_NONE;
}

uint32_t trace_type_group(enum trace_type t)
{
	return t <= TRACE_TYPE_MAX ? types[t].group : 0;
}

const char *trace_type_name(enum trace_type t)
{
	return t <= TRACE_TYPE_MAX && types[t].name ? types[t].name : "?";
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

const char *trace_way_name(uint8_t way)
{
	static const char *const names[TRACE_WAYS] = {
		[TRACE_WAY_PROBES] = "probes", [TRACE_WAY_DUMP] = "dump",       [TRACE_WAY_CORE] = "core",
		[TRACE_WAY_TEXT] = "text",     [TRACE_WAY_SAMPLES] = "samples",
	};

	return way < TRACE_WAYS ? names[way] : "unknown";
}

const char *trace_probing_name(uint8_t probing)
{
	static const char *const names[] = { [TRACE_PROBING_UPROBE] = "uprobe", [TRACE_PROBING_INLINE] = "inline" };

	return probing < sizeof(names) / sizeof(names[0]) ? names[probing] : "unknown";
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
