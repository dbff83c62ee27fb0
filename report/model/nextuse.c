// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/nextuse.h"

#include <stdlib.h>

#include "util/search.h"

int next_uses_add(struct next_uses *u, const struct trace_rec *rec)
{
	const struct trace_snap_use *p = &rec->snap_use;
	struct next_use use = { .obj = p->obj, .goid = rec->goid, .use = p->use, .at = p->at };

	if (u->v.n >= MODEL_MAX_NEXT_USES || !rec->goid || p->use == TRACE_USE_UNKNOWN || p->use >= TRACE_USES)
		return 0;
	return vec_push(&u->v, use);
}

static int obj_cmp(const struct trace_obj *a, const struct trace_obj *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static int use_cmp(const void *a, const void *b)
{
	const struct next_use *x = a, *y = b;
	int by_obj = obj_cmp(&x->obj, &y->obj);

	if (by_obj)
		return by_obj;
	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->use > y->use) - (x->use < y->use);
}

void next_uses_sort(struct next_uses *u)
{
	if (u->v.n)
		qsort(u->v.v, u->v.n, sizeof(*u->v.v), use_cmp);
}

struct use_key {
	const struct next_uses *u;
	const struct trace_obj *obj;
};

static bool is_not_before(const void *ctx, size_t i)
{
	const struct use_key *key = ctx;

	return obj_cmp(&key->u->v.v[i].obj, key->obj) >= 0;
}

const struct next_use *next_uses_of(const struct next_uses *u, const struct trace_obj *obj, size_t *n)
{
	struct use_key key = { u, obj };
	size_t first = search_first(u->v.n, is_not_before, &key);

	*n = 0;
	while (first + *n < u->v.n && !obj_cmp(&u->v.v[first + *n].obj, obj))
		(*n)++;
	return *n ? &u->v.v[first] : NULL;
}

void next_uses_free(struct next_uses *u)
{
	vec_free(&u->v);
}
