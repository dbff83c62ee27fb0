// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/waitclass.h"

#include <string.h>

#define ON_CHANNEL(...) .obj = TRACE_OBJ_CHAN, .ends_by_ready = true, __VA_ARGS__
#define ON_SYNC .obj = TRACE_OBJ_SYNC, .ends_by_ready = true

static const struct wait_class classes[TRACE_WAIT_CLASSES] = {
	[TRACE_WAIT_OTHER] = { "other", .may_end_unseen = true },
	[TRACE_WAIT_RECV] = { "receive", ON_CHANNEL(.dir = TRACE_DIR_RECV, .keeps_alive = true) },
	[TRACE_WAIT_SEND] = { "send", ON_CHANNEL(.dir = TRACE_DIR_SEND) },
	[TRACE_WAIT_SELECT] = { "select", ON_CHANNEL(.keeps_alive = true) },
	[TRACE_WAIT_NIL_RECV] = { "nil receive", .obj = TRACE_OBJ_NILCHAN, .dir = TRACE_DIR_RECV, .is_endless = true },
	[TRACE_WAIT_NIL_SEND] = { "nil send", .obj = TRACE_OBJ_NILCHAN, .dir = TRACE_DIR_SEND, .is_endless = true },
	[TRACE_WAIT_EMPTY_SELECT] = { "empty select", .is_endless = true, .keeps_alive = true },
	[TRACE_WAIT_SLEEP] = { "sleep", .is_idle = true, .ends_by_ready = true },
	[TRACE_WAIT_SEMACQUIRE] = { "semaphore", ON_SYNC },
	[TRACE_WAIT_MUTEX] = { "mutex", ON_SYNC },
	[TRACE_WAIT_RWMUTEX_R] = { "rwmutex read", ON_SYNC },
	[TRACE_WAIT_RWMUTEX_W] = { "rwmutex write", ON_SYNC },
	[TRACE_WAIT_WAITGROUP] = { "waitgroup", ON_SYNC },
	[TRACE_WAIT_COND] = { "cond", ON_SYNC },
	/* netpoll makes goroutines runnable without ready(); the probe on netpollready sees most of it. */
	[TRACE_WAIT_NETWORK] = { "network", .obj = TRACE_OBJ_FD, .is_idle = true, .may_end_unseen = true },
	[TRACE_WAIT_SYSTEM] = { "runtime", .is_idle = true, .may_end_unseen = true },
	/* coroswitch runs the other goroutine at once. */
	[TRACE_WAIT_COROUTINE] = { "coroutine", .is_idle = true, .may_end_unseen = true },
	[TRACE_WAIT_SYNCTEST] = { "synctest", .may_end_unseen = true },
};

static const struct {
	const char *name;
	uint8_t class;
} reasons[] = {
	{ "", TRACE_WAIT_OTHER },
	{ "IO wait", TRACE_WAIT_NETWORK },
	{ "chan receive", TRACE_WAIT_RECV },
	{ "chan receive (nil chan)", TRACE_WAIT_NIL_RECV },
	{ "chan send", TRACE_WAIT_SEND },
	{ "chan send (nil chan)", TRACE_WAIT_NIL_SEND },
	{ "select", TRACE_WAIT_SELECT },
	{ "select (no cases)", TRACE_WAIT_EMPTY_SELECT },
	{ "sleep", TRACE_WAIT_SLEEP },
	{ "semacquire", TRACE_WAIT_SEMACQUIRE },
	{ "sync.Cond.Wait", TRACE_WAIT_COND },
	{ "sync.Mutex.Lock", TRACE_WAIT_MUTEX },
	{ "sync.RWMutex.RLock", TRACE_WAIT_RWMUTEX_R },
	{ "sync.RWMutex.Lock", TRACE_WAIT_RWMUTEX_W },
	{ "sync.WaitGroup.Wait", TRACE_WAIT_WAITGROUP },
	{ "coroutine", TRACE_WAIT_COROUTINE },
	{ "synctest.Run", TRACE_WAIT_SYNCTEST },
	{ "synctest.Wait", TRACE_WAIT_SYNCTEST },
	/* Inside a bubble of testing/synctest: "(synctest)" in Go 1.24, "(durable)" from 1.25. */
	{ "chan receive (synctest)", TRACE_WAIT_RECV },
	{ "chan send (synctest)", TRACE_WAIT_SEND },
	{ "select (synctest)", TRACE_WAIT_SELECT },
	{ "chan receive (durable)", TRACE_WAIT_RECV },
	{ "chan send (durable)", TRACE_WAIT_SEND },
	{ "select (durable)", TRACE_WAIT_SELECT },
	{ "sync.WaitGroup.Wait (durable)", TRACE_WAIT_WAITGROUP },
	{ "preempted", TRACE_WAIT_OTHER },
	{ "debug call", TRACE_WAIT_OTHER },
	{ "panicwait", TRACE_WAIT_OTHER },
};

const struct wait_class *wait_class_of(uint8_t class)
{
	return &classes[class < TRACE_WAIT_CLASSES ? class : TRACE_WAIT_OTHER];
}

uint8_t wait_class_by_reason(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reasons[i].name, reason) == 0)
			return reasons[i].class;
	return TRACE_WAIT_SYSTEM;
}
