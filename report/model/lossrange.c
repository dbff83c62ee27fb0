// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/lossrange.h"

#include <stdlib.h>

static void count_loss(struct loss_ranges *ls, const struct trace_loss *p, const struct loss *l)
{
	uint64_t *const sums[] = { &ls->ring, &ls->stacks, &ls->cases, &ls->memory };

	if (loss_is_on_purpose(l)) {
		if (p->part == TRACE_LOSS_EVENT)
			ls->left_out += p->count;
		else
			ls->left_out_stacks += p->count;
	} else if (p->cause < sizeof(sums) / sizeof(*sums)) {
		*sums[p->cause] += p->count;
	}
	if (p->part != TRACE_LOSS_EVENT || (p->cause != TRACE_LOSS_RING && !loss_is_on_purpose(l)))
		return;
	if (p->type <= TRACE_TYPE_MAX)
		ls->by_type[p->type] += p->count ? p->count : 1;
	ls->waits_left_out |= loss_is_on_purpose(l) && (p->type == TRACE_GO_PARK || p->type == TRACE_GO_READY);
}

/* Records of waits come in the order of their times, which may overlap. */
static void count_pause(struct loss_ranges *ls, const struct loss *l)
{
	int64_t from = l->from > ls->paused_to ? l->from : ls->paused_to;

	if (l->cause != TRACE_LOSS_OVERHEAD || l->type != TRACE_GO_PARK || l->part != TRACE_LOSS_EVENT || l->to <= from)
		return;
	ls->pauses += !ls->pauses || l->from > ls->paused_to;
	ls->paused += l->to - from;
	ls->paused_to = l->to;
}

static struct loss *last_of_kind(struct loss_ranges *ls, const struct loss *l)
{
	for (size_t i = ls->n; i > 0; i--) {
		struct loss *had = &ls->v[i - 1];

		if (had->cause == l->cause && had->type == l->type && had->part == l->part)
			return had;
	}
	return NULL;
}

int lossrange_add(struct loss_ranges *ls, const struct trace_rec *rec)
{
	const struct trace_loss *p = &rec->loss;
	struct loss l = { .cause = p->cause,
		          .type = p->type,
		          .part = p->part,
		          .from = p->from,
		          .to = rec->time,
		          .count = p->count,
		          .uncounted = !p->count };
	struct loss *had = last_of_kind(ls, &l);

	count_loss(ls, p, &l);
	count_pause(ls, &l);
	if (!had && ls->n >= MODEL_MAX_LOSSES)
		had = &ls->v[MODEL_MAX_LOSSES - 1];
	if (!had || (l.from > had->to && ls->n < MODEL_MAX_LOSSES)) {
		return vec_push(ls, l);
	}
	if (l.from < had->from)
		had->from = l.from;
	if (l.to > had->to)
		had->to = l.to;
	had->count += l.count;
	had->uncounted |= l.uncounted;
	return 0;
}

void lossrange_free(struct loss_ranges *ls)
{
	vec_free(ls);
}

static void put_range(struct lossrange *v, size_t *n, size_t max, struct lossrange r)
{
	if (*n && *n <= max && r.from <= v[*n - 1].to) {
		if (r.to > v[*n - 1].to)
			v[*n - 1].to = r.to;
		return;
	}
	if (*n < max)
		v[*n] = r;
	++*n;
}

static int range_cmp(const void *a, const void *b)
{
	const struct lossrange *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

size_t lossrange_collect(const struct loss_ranges *ls, bool (*wanted)(const struct loss *, const void *),
                         const void *arg, struct lossrange *out, size_t max, uint64_t *count)
{
	VEC(struct lossrange) all = { 0 };
	size_t n = 0;

	*count = 0;
	for (size_t i = 0; i < ls->n; i++) {
		const struct loss *l = &ls->v[i];

		if (!wanted(l, arg) || vec_push(&all, ((struct lossrange){ l->from, l->to })))
			continue;
		*count += l->count;
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), range_cmp);
	for (size_t i = 0; i < all.n; i++)
		put_range(out, &n, max, all.v[i]);
	vec_free(&all);
	return n;
}
