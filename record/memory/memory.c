// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/memory/memory.h"

#include <errno.h>

int memory_read_pieces(const struct memory *m, struct memory_piece *v, size_t n)
{
	return m->ops->read(m, v, n);
}

int memory_read(const struct memory *m, uint64_t addr, void *to, size_t len)
{
	struct memory_piece p = { .addr = addr, .to = to, .len = len };
	int ret = memory_read_pieces(m, &p, 1);

	return ret ? ret : p.ok ? 0 : -EFAULT;
}

bool memory_is_gone(const struct memory *m)
{
	return m->ops->is_gone(m);
}

bool memory_is_still(const struct memory *m)
{
	return m->ops->is_still;
}

bool memory_thread_at(const struct memory *m, uint64_t tid, uint64_t *pc, uint64_t *sp)
{
	return m->ops->thread_at && m->ops->thread_at(m, tid, pc, sp);
}
