// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transitions that a whole trace cannot have. They are defects of the trace
 * unless events are missing that would make them possible; and that events are
 * missing is told behind those that were written meanwhile, so all of this is
 * judged at the end.
 */
#include "report/lossrange.h"
#include "report/replay_int.h"

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

void replay_judge_doubts(struct model *m)
{
	uint64_t left[TRACE_TYPE_MAX + 1] = {
		[TRACE_GO_PARK] = missing_in_all(m, TRACE_GO_PARK), [TRACE_GO_READY] = missing_in_all(m, TRACE_GO_READY)
	};

	for (size_t i = 0; i < m->doubts.n; i++) {
		const struct doubt *d = &m->doubts.v[i];
		uint64_t *n = &left[missing_type(d->what)];

		if (*n && is_explained(m, d))
			--*n;
		else
			m->illegal[d->what]++;
	}
	vec_free(&m->doubts);
}
