// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transitions that a whole trace cannot have. They are defects of the trace
 * unless events are missing that would make them possible; and that events are
 * missing is told behind those that were written meanwhile, so all of this is
 * judged at the end.
 */
#include "report/model/lossrange.h"
#include "report/replay/replay_int.h"

#define TOLD_NS 1500000000 /* the recorder tells of losses at least once a second */

/* What has to be missing: who does something although it waits was woken, who is woken without waiting had parked. */
static uint8_t missing_type(uint8_t what)
{
	return what == ILLEGAL_READY ? TRACE_GO_PARK : TRACE_GO_READY;
}

void replay_doubt(struct model *m, const struct goroutine *g, enum illegal what, int64_t from, int64_t t)
{
	struct doubt d = { .from = from, .to = t, .what = (uint8_t)what };

	if (t < m->opts.since || g->system)
		return;
	if (m->doubts.n >= MODEL_MAX_DOUBTS)
		m->illegal[what]++;
	else
		m->failed |= vec_push(&m->doubts, d) != 0;
}

static bool is_missing(const struct loss *l, uint8_t type)
{
	return l->type == type && l->part == TRACE_LOSS_EVENT && (l->cause == TRACE_LOSS_RING || loss_is_on_purpose(l));
}

static bool is_explained(const struct model *m, const struct doubt *d)
{
	for (size_t i = 0; i < m->losses.n; i++) {
		const struct loss *l = &m->losses.v[i];

		if (is_missing(l, missing_type(d->what)) && l->from <= d->to && l->to >= d->from)
			return true;
	}
	return false;
}

/* How many can be explained at all: each by an event of its own. */
static uint64_t missing_in_all(const struct model *m, uint8_t type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->losses.n; i++) {
		const struct loss *l = &m->losses.v[i];

		if (!is_missing(l, type))
			continue;
		if (l->uncounted)
			return UINT64_MAX;
		n += l->count;
	}
	return n;
}

/* Of a recording that was not ended: some were told before, and those of the end were not. */
static bool is_told_later(const struct model *m, const struct doubt *d)
{
	return (m->lost_ring || m->waits_left_out) && d->to > m->end - TOLD_NS;
}

void replay_judge_doubts(struct model *m, bool is_ended)
{
	uint64_t left[TRACE_TYPE_MAX + 1] = {
		[TRACE_GO_PARK] = missing_in_all(m, TRACE_GO_PARK), [TRACE_GO_READY] = missing_in_all(m, TRACE_GO_READY)
	};

	for (size_t i = 0; i < m->doubts.n; i++) {
		const struct doubt *d = &m->doubts.v[i];
		uint64_t *n = &left[missing_type(d->what)];

		if (*n && is_explained(m, d))
			--*n;
		else if (is_ended || !is_told_later(m, d))
			m->illegal[d->what]++;
	}
	vec_free(&m->doubts);
}
