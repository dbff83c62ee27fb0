// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/lossrange.h"

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

/* The earliest loss that begins after `after`, or at that time and beyond index `at`. */
static const struct loss *next_begin(const struct loss_ranges *ls, bool (*wanted)(const struct loss *, const void *),
                                     const void *arg, int64_t after, size_t *at)
{
	const struct loss *best = NULL;
	size_t best_at = 0;

	for (size_t i = 0; i < ls->n; i++) {
		const struct loss *l = &ls->v[i];

		if (!wanted(l, arg) || l->from < after || (l->from == after && i + 1 <= *at))
			continue;
		if (!best || l->from < best->from) {
			best = l;
			best_at = i + 1;
		}
	}
	*at = best_at;
	return best;
}

size_t lossrange_collect(const struct loss_ranges *ls, bool (*wanted)(const struct loss *, const void *),
                         const void *arg, struct lossrange *out, size_t max, uint64_t *count)
{
	size_t n = 0, at = 0;
	int64_t after = INT64_MIN;
	const struct loss *l;

	*count = 0;
	while ((l = next_begin(ls, wanted, arg, after, &at))) {
		*count += l->count;
		put_range(out, &n, max, (struct lossrange){ l->from, l->to });
		after = l->from;
	}
	return n;
}
