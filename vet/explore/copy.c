// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "vet/explore/explorer.h"

/* Copies of locks: the copy and the original do not exclude each other. */

#define TYPES_DEEP 8
#define TYPES_MOST 2000 /* looked at for one value */

static bool has_lock_in(const struct world *w, uint32_t type, int deep, unsigned *left)
{
	const struct type *t;

	if (!*left)
		return false;
	--*left;

	switch (world_type(w, type)) {
	case MT_MUTEX:
	case MT_RWMUTEX:
	case MT_WAIT_GROUP:
	case MT_COND:
	case MT_ONCE:
		return true;
	default:
		break;
	}
	type = type_under(w->p, type);
	if (!type || !deep)
		return false;
	t = program_type(w->p, type);
	if (t->kind == TYPE_ARRAY)
		return has_lock_in(w, t->elem, deep - 1, left);
	for (size_t i = 0; t->kind == TYPE_STRUCT && i < t->fields.n; i++)
		if (has_lock_in(w, t->fields.v[i].type, deep - 1, left))
			return true;
	return false;
}

static bool has_lock(const struct world *w, uint32_t type)
{
	unsigned left = TYPES_MOST;

	return has_lock_in(w, type, TYPES_DEEP, &left);
}

void copy_check(struct explorer *x, struct state *s, struct val v)
{
	const struct frame *f = top_frame(cur_g(s));
	const struct func *fn = program_func(x->p, f->func);
	enum op from = f->pc ? (enum op)fn->code.v[f->pc - 1].op : OP_NIL;

	/* What is made here is not copied but moved. */
	if (from != OP_LOAD && from != OP_FIELD && from != OP_INDEX && from != OP_DEREF && from != OP_GLOBAL &&
	    from != OP_RANGE_NEXT)
		return;
	if (has_lock(x->w, obj_at(s, v.v)->type))
		report_here(x, s, CHECK_COPY, 0, "copies a lock: the copy and the original do not exclude each other");
}

void explore_params(const struct world *w, struct explore_sink *sink, uint32_t func)
{
	const struct func *f = program_func(w->p, func);

	for (size_t i = 0; i < f->params.n; i++) {
		const char *name = name_text(w->p->names, f->params.v[i].name);
		struct finding n = { .check = CHECK_COPY,
			             .confidence = check_at(CHECK_COPY)->confidence,
			             .at = { f->unit, f->pos },
			             .func = func,
			             .root = func };

		if ((!i && f->has_recv && !f->is_value_recv) || !has_lock(w, f->params.v[i].type))
			continue;
		if (asprintf(&n.text, "%s%s is passed by value, and with it a lock",
		             !i && f->has_recv ? "the receiver " : "", *name ? name : "a parameter") < 0)
			return;
		sink_add(sink, n);
		return;
	}
}
