// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/encode/intern_gread.h"

uint64_t intern_gread_stack(struct intern *in, const struct gread *g, const struct stack_info **info, struct err *err)
{
	/* The same address is a different frame if it is an exact pc instead of a return address. */
	uint64_t hash = stack_hash(g->pcs, g->nframes) + g->exact_leaf;

	if (intern_stack(in, hash, g->pcs, g->nframes, g->cut, g->exact_leaf, err))
		return 0;
	*info = intern_stack_info(in, hash);
	return hash;
}

int intern_gread_obj(struct intern *in, const struct gread_obj *from, const struct stack_info *info,
                     struct trace_obj *o, struct err *err)
{
	*o = (struct trace_obj){ .kind = from->kind, .dir = from->dir };
	switch (o->kind) {
	case TRACE_OBJ_CHAN:
		return intern_chan(in, from->addr, false, &o->id, err);
	case TRACE_OBJ_SYNC:
		o->dir = info->dir;
		return intern_sync(in, info->sync_kind, from->addr - (uint64_t)(int64_t)info->sync_off, &o->id, err);
	case TRACE_OBJ_FD:
		o->dir = info->dir;
		o->id = (uint32_t)from->addr;
		return 0;
	default:
		return 0;
	}
}
