// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/lockholder.h"

#include "util/search.h"

int lock_holders_add(struct lock_holders *h, const struct trace_rec *rec)
{
	const struct trace_snap_lock *p = &rec->snap_lock;

	if (h->v.n >= MODEL_MAX_LOCK_HOLDERS || p->mode >= TRACE_LOCK_MODES || !p->mode != !rec->goid)
		return 0;
	return vec_push(&h->v, (struct lock_holder){ .sync = p->sync,
	                                             .mode = p->mode,
	                                             .goid = rec->goid,
	                                             .taken = p->taken,
	                                             .at = p->at,
	                                             .time = rec->time,
	                                             .which = p->which });
}

static int holder_cmp(const void *a, const void *b)
{
	const struct lock_holder *x = a, *y = b;

	if (x->sync != y->sync)
		return x->sync < y->sync ? -1 : 1;
	if (x->mode != y->mode)
		return x->mode < y->mode ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

void lock_holders_settle(struct lock_holders *h, bool (*still_holds)(const void *ctx, const struct lock_holder *),
                         const void *ctx)
{
	size_t n = 0;

	for (size_t i = 0; i < h->v.n; i++)
		if (still_holds(ctx, &h->v.v[i]))
			h->v.v[n++] = h->v.v[i];
	h->v.n = n;
	if (n)
		qsort(h->v.v, n, sizeof(*h->v.v), holder_cmp);
}

struct holder_key {
	const struct lock_holders *h;
	uint32_t sync;
};

static bool is_from(const void *ctx, size_t i)
{
	const struct holder_key *key = ctx;

	return key->h->v.v[i].sync >= key->sync;
}

const struct lock_holder *lock_holders_of(const struct lock_holders *h, uint32_t sync, size_t *n)
{
	struct holder_key key = { h, sync };
	size_t first = search_first(h->v.n, is_from, &key);

	*n = 0;
	while (first + *n < h->v.n && h->v.v[first + *n].sync == sync)
		(*n)++;
	return *n ? &h->v.v[first] : NULL;
}

void lock_holders_free(struct lock_holders *h)
{
	vec_free(&h->v);
}
