// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/goread/stackinfo.h"

#include <string.h>

#include "format/trace.h"

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_mutex_method(const char *s)
{
	return has_prefix(s, "sync.(*Mutex).") || has_prefix(s, "internal/sync.(*Mutex).");
}

/* The runtime's side of a sync call: its own functions and those it links into other packages. */
static bool is_sema_plumbing(const char *s)
{
	return has_prefix(s, "runtime.") || has_prefix(s, "sync.runtime_") || has_prefix(s, "internal/sync.runtime_") ||
	       has_prefix(s, "internal/poll.runtime_");
}

static int32_t off_or_0(int32_t off)
{
	return off == GO_NO_FIELD ? 0 : off;
}

static void set_sync(struct stack_info *info, uint8_t kind, uint8_t dir, int32_t off)
{
	info->sync_kind = kind;
	info->dir = dir;
	info->sync_off = off;
}

/*
 * Finds the object that a semaphore belongs to. RWMutex.Lock first takes its
 * inner mutex (sync/rwmutex.go), so the semaphore of that mutex belongs to the
 * RWMutex too.
 */
static void classify_sema(struct stack_info *info, const char *const *names, size_t n, const struct go_layout *l)
{
	size_t i = 0;
	bool mutex = false;

	while (i < n && is_sema_plumbing(names[i]))
		i++;
	for (; i < n && is_mutex_method(names[i]); i++)
		mutex = true;
	if (i < n && mutex && strcmp(names[i], "sync.(*RWMutex).Lock") == 0)
		set_sync(info, TRACE_SYNC_RWMUTEX, TRACE_DIR_WRITE_LOCK,
		         off_or_0(l->rwmutex_w) + off_or_0(l->mutex_sema));
	else if (mutex)
		set_sync(info, TRACE_SYNC_MUTEX, TRACE_DIR_WRITE_LOCK, off_or_0(l->mutex_sema));
	else if (i < n && has_prefix(names[i], "sync.(*RWMutex).R"))
		set_sync(info, TRACE_SYNC_RWMUTEX, TRACE_DIR_READ_LOCK, off_or_0(l->rwmutex_readersem));
	else if (i < n && has_prefix(names[i], "sync.(*RWMutex)."))
		set_sync(info, TRACE_SYNC_RWMUTEX, TRACE_DIR_WRITE_LOCK, off_or_0(l->rwmutex_writersem));
	else if (i < n && has_prefix(names[i], "sync.(*WaitGroup)."))
		set_sync(info, TRACE_SYNC_WAITGROUP, TRACE_DIR_NONE, off_or_0(l->wg_sema));
}

static void classify_wait(struct stack_info *info, const char *const *names, size_t n, const struct go_layout *l)
{
	for (size_t i = 0; i < n && i < 8; i++) {
		if (strcmp(names[i], "runtime.semacquire1") == 0) {
			classify_sema(info, names + i, n - i, l);
			return;
		}
		if (strcmp(names[i], "sync.runtime_notifyListWait") == 0) {
			set_sync(info, TRACE_SYNC_COND, TRACE_DIR_NONE, off_or_0(l->cond_notify));
			return;
		}
		if (strcmp(names[i], "internal/poll.(*pollDesc).waitRead") == 0)
			info->dir = TRACE_DIR_RECV;
		else if (strcmp(names[i], "internal/poll.(*pollDesc).waitWrite") == 0)
			info->dir = TRACE_DIR_SEND;
	}
}

static uint8_t cause_of_release(const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && is_sema_plumbing(names[i]))
		i++;
	for (; i < n && i < 12; i++) {
		if (has_prefix(names[i], "sync.(*RWMutex)."))
			return TRACE_CAUSE_RWUNLOCK;
		if (has_prefix(names[i], "sync.(*WaitGroup)."))
			return TRACE_CAUSE_WAITGROUP;
		if (!is_mutex_method(names[i]))
			break;
		/* RWMutex.Unlock ends with Unlock of its inner mutex. */
		if (i + 1 >= n || !has_prefix(names[i + 1], "sync.(*RWMutex)."))
			if (i + 1 >= n || !is_mutex_method(names[i + 1]))
				return TRACE_CAUSE_UNLOCK;
	}
	return TRACE_CAUSE_SEMAPHORE;
}

static bool names_have(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_ready_plumbing(const char *s)
{
	return has_prefix(s, "runtime.ready") || has_prefix(s, "runtime.goready") ||
	       has_prefix(s, "runtime.systemstack") || has_prefix(s, "runtime.mcall") || strstr(s, "goready.func");
}

/*
 * A closure on g0 calls ready(). Its name differs by version (goready.func1,
 * send.goready.func1, in 1.27 _.goready.func1); its caller comes after the
 * stack switch. A timer already runs on g0, so there is no switch.
 */
static size_t skip_ready(const char *const *names, size_t n)
{
	size_t i = 0;

	/* The collector and the scheduler call it directly on g0; any stack switch above is not ready()'s. */
	if (n && !is_ready_plumbing(names[0]))
		return 0;
	while (i < n && i < 6 && !has_prefix(names[i], "runtime.systemstack"))
		i++;
	if (i == n || i == 6)
		i = 0;
	while (i < n && is_ready_plumbing(names[i]))
		i++;
	return i;
}

static const struct {
	const char *name;
	uint8_t cause;
} wakers[] = {
	{ "runtime.send", TRACE_CAUSE_SEND },
	{ "runtime.recv", TRACE_CAUSE_RECV },
	{ "runtime.closechan", TRACE_CAUSE_CLOSE },
	{ "runtime.goroutineReady", TRACE_CAUSE_TIMER },
	{ "runtime.netpollgoready", TRACE_CAUSE_NETWORK },
	{ "sync.runtime_notifyListNotifyAll", TRACE_CAUSE_COND },
	{ "sync.runtime_notifyListNotifyOne", TRACE_CAUSE_COND },
};

static uint8_t classify_cause(const char *const *names, size_t n)
{
	size_t i = skip_ready(names, n);

	if (i >= n)
		return TRACE_CAUSE_UNKNOWN;
	for (size_t k = 0; k < sizeof(wakers) / sizeof(wakers[0]); k++) {
		if (strcmp(names[i], wakers[k].name) != 0)
			continue;
		/* The runtime fills a timer's channel, on whatever goroutine is running. */
		if (wakers[k].cause == TRACE_CAUSE_SEND && names_have(names + i, n - i, "time.sendTime"))
			return TRACE_CAUSE_TIMER;
		return wakers[k].cause;
	}
	if (strcmp(names[i], "runtime.semrelease1") == 0)
		return cause_of_release(names + i, n - i);
	if (names_have(names + i, n - i, "runtime.netpollgoready"))
		return TRACE_CAUSE_NETWORK;
	return has_prefix(names[i], "runtime.") ? TRACE_CAUSE_RUNTIME : TRACE_CAUSE_UNKNOWN;
}

void stack_info_classify(struct stack_info *info, const char *const *names, size_t n, const struct go_layout *l)
{
	info->sync_kind = TRACE_SYNC_UNKNOWN;
	info->dir = TRACE_DIR_NONE;
	info->sync_off = 0;
	classify_wait(info, names, n, l);
	info->cause = classify_cause(names, n);
	info->is_resume = n && strcmp(names[0], "runtime.resumeG") == 0;
}

bool stack_is_trap(const char *func)
{
	return strcmp(func, "runtime.sigpanic") == 0 || strcmp(func, "runtime.asyncPreempt") == 0;
}
