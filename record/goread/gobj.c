// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels and sync objects, read from the target's memory. */
#include <errno.h>

#include "record/goread/gread_int.h"

int gread_chan(const struct gread_env *env, uint64_t addr, struct trace_snap_chan *out)
{
	const struct go_layout *l = env->l;
	uint8_t h[256];

	if (l->hchan_size <= 0 || (size_t)l->hchan_size > sizeof(h) ||
	    memory_read(env->mem, addr, h, (size_t)l->hchan_size))
		return -EFAULT;
	out->length = g_u64(h, l->hchan_qcount);
	out->capacity = g_u64(h, l->hchan_dataqsiz);
	out->elem_size = g_u32(h, l->hchan_elemsize) & 0xffff;
	out->closed = g_u32(h, l->hchan_closed) != 0;
	out->timer = g_u64(h, l->hchan_timer) != 0;
	return out->length <= out->capacity ? 0 : -EFAULT;
}

static int read_i32(const struct gread_env *env, uint64_t addr, int32_t *v)
{
	return memory_read(env->mem, addr, v, sizeof(*v));
}

#define MUTEX_LOCKED 1       /* sync/mutex.go, mutexLocked */
#define MUTEX_WAITER_SHIFT 3 /* mutexWaiterShift */

static int32_t off_of(int32_t off)
{
	return off < 0 ? 0 : off;
}

/*
 * A writer subtracts rwmutexMaxReaders from readerCount, both while it waits
 * for readers and while it has the lock. Readers that arrive then are counted
 * there, but wait. Readers that have the lock are in readerWait, the next word
 * (sync/rwmutex.go).
 */
static int read_rwmutex(const struct gread_env *env, uint64_t addr, struct trace_snap_sync *out)
{
	const struct go_layout *l = env->l;
	int32_t w, readers[2];

	if (l->rwmutex_readercount < 0 || read_i32(env, addr + (uint64_t)off_of(l->rwmutex_w), &w) ||
	    memory_read(env->mem, addr + (uint64_t)l->rwmutex_readercount, readers, sizeof(readers)))
		return -EFAULT;
	out->waiters = (uint32_t)w >> MUTEX_WAITER_SHIFT;
	out->counter = readers[readers[0] < 0];
	if (readers[0] < 0)
		out->flags = out->counter > 0 ? TRACE_SYNC_WRITER_WAITS : TRACE_SYNC_LOCKED;
	return 0;
}

int gread_sync(const struct gread_env *env, uint8_t kind, uint64_t addr, struct trace_snap_sync *out)
{
	const struct go_layout *l = env->l;
	uint64_t state;
	int32_t v;

	switch (kind) {
	case TRACE_SYNC_MUTEX:
		if (read_i32(env, addr + (uint64_t)off_of(l->mutex_state), &v))
			return -EFAULT;
		out->flags = (v & MUTEX_LOCKED) ? TRACE_SYNC_LOCKED : 0;
		out->waiters = (uint32_t)v >> MUTEX_WAITER_SHIFT;
		return 0;
	case TRACE_SYNC_RWMUTEX:
		return read_rwmutex(env, addr, out);
	case TRACE_SYNC_WAITGROUP:
		if (l->wg_state < 0 || memory_read(env->mem, addr + (uint64_t)l->wg_state, &state, sizeof(state)))
			return -EFAULT;
		out->counter = (int32_t)(state >> 32);
		out->waiters = state & 0x7fffffff; /* bit 31 is a flag since Go 1.25 */
		return 0;
	default:
		return -EFAULT;
	}
}
