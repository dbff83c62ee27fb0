// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/owner.h"

#include "util/search.h"

int owners_add(struct owners *o, const struct trace_rec *rec)
{
	const struct trace_snap_owner *p = &rec->snap_owner;
	struct owner own = { .obj = p->obj,
		             .kind = p->kind,
		             .is_complete = p->flags & TRACE_OWNER_COMPLETE,
		             .is_cut = p->flags & TRACE_OWNER_CUT,
		             .goid = p->kind == TRACE_OWNER_GOROUTINE ? rec->goid : 0,
		             .frame = p->frame,
		             .name = p->name,
		             .addr = p->addr,
		             .offset = p->offset,
		             .distance = p->distance,
		             .first_step = (uint32_t)o->steps.n,
		             .nsteps = p->nsteps };

	if (o->v.n >= MODEL_MAX_OWNERS || p->kind == TRACE_OWNER_UNKNOWN)
		return 0;
	for (uint32_t i = 0; i < p->nsteps; i++)
		if (vec_push(&o->steps, p->steps[i]))
			return -ENOMEM;
	return vec_push(&o->v, own);
}

static int owner_cmp(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->obj.kind != y->obj.kind)
		return x->obj.kind < y->obj.kind ? -1 : 1;
	if (x->obj.id != y->obj.id)
		return x->obj.id < y->obj.id ? -1 : 1;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static bool is_same_obj(const struct owner *a, const struct owner *b)
{
	return a->obj.kind == b->obj.kind && a->obj.id == b->obj.id;
}

void owners_sort(struct owners *o)
{
	size_t end;

	if (o->v.n)
		qsort(o->v.v, o->v.n, sizeof(*o->v.v), owner_cmp);
	/* One record says it for all of an object. */
	for (size_t i = 0; i < o->v.n; i = end) {
		bool is_complete = false;

		for (end = i; end < o->v.n && is_same_obj(&o->v.v[i], &o->v.v[end]); end++)
			is_complete |= o->v.v[end].is_complete;
		for (size_t j = i; j < end; j++)
			o->v.v[j].is_complete = is_complete;
	}
}

struct owner_key {
	const struct owners *o;
	uint8_t kind;
	uint32_t id;
};

static bool is_not_before(const void *ctx, size_t i)
{
	const struct owner_key *key = ctx;
	const struct trace_obj *obj = &key->o->v.v[i].obj;

	return obj->kind != key->kind ? obj->kind > key->kind : obj->id >= key->id;
}

const struct owner *owners_of(const struct owners *o, uint8_t kind, uint32_t id, size_t *n)
{
	struct owner_key key = { o, kind, id };
	size_t first = search_first(o->v.n, is_not_before, &key);

	*n = 0;
	while (first + *n < o->v.n && o->v.v[first + *n].obj.kind == kind && o->v.v[first + *n].obj.id == id)
		(*n)++;
	return *n ? &o->v.v[first] : NULL;
}

void owners_free(struct owners *o)
{
	vec_free(&o->v);
	vec_free(&o->steps);
}
