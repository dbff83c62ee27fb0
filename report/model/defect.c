// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether events are missing that would make a state change possible is only
 * known at the end: a loss record comes after the events that were written in
 * the meantime.
 */
#include "report/model/defect.h"

void defects_free(struct defects *d)
{
	vec_free(&d->doubts);
}

int defects_doubt(struct defects *d, enum illegal what, int64_t from, int64_t to)
{
	if (d->doubts.n < MODEL_MAX_DOUBTS)
		return vec_push(&d->doubts, (struct doubt){ .from = from, .to = to, .what = (uint8_t)what });
	d->illegal[what]++;
	return 0;
}

/* The event that has to be missing: a wake-up, if a waiting goroutine acts; a park, if one is woken that was not. */
static uint8_t missing_type(uint8_t what)
{
	return what == ILLEGAL_READY ? TRACE_GO_PARK : TRACE_GO_READY;
}

static bool is_missing(const struct loss *l, uint8_t type)
{
	return l->type == type && l->part == TRACE_LOSS_EVENT && (l->cause == TRACE_LOSS_RING || loss_is_on_purpose(l));
}

static bool is_explained(const struct loss_ranges *losses, const struct doubt *d)
{
	for (size_t i = 0; i < losses->n; i++) {
		const struct loss *l = &losses->v[i];

		if (is_missing(l, missing_type(d->what)) && l->from <= d->to && l->to >= d->from)
			return true;
	}
	return false;
}

/* How many losses can explain at all: one lost event explains one doubt. */
static uint64_t missing_in_all(const struct loss_ranges *losses, uint8_t type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < losses->n; i++) {
		const struct loss *l = &losses->v[i];

		if (!is_missing(l, type))
			continue;
		if (l->uncounted)
			return UINT64_MAX;
		n += l->count;
	}
	return n;
}

void defects_judge(struct defects *d, const struct loss_ranges *losses, int64_t until)
{
	bool any_missing = losses->ring || losses->waits_left_out;
	uint64_t left[TRACE_TYPE_MAX + 1] = { [TRACE_GO_PARK] = missing_in_all(losses, TRACE_GO_PARK),
		                              [TRACE_GO_READY] = missing_in_all(losses, TRACE_GO_READY) };

	for (size_t i = 0; i < d->doubts.n; i++) {
		const struct doubt *doubt = &d->doubts.v[i];
		uint64_t *n = &left[missing_type(doubt->what)];

		if (*n && is_explained(losses, doubt))
			--*n;
		else if (!any_missing || doubt->to <= until)
			d->illegal[doubt->what]++;
	}
	vec_free(&d->doubts);
}
