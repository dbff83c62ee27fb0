// SPDX-License-Identifier: GPL-2.0-or-later
/* When the program could not run. This comes first, because it makes every wait look longer. */
#include "report/model/stops.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define RANGES_SHOWN 3

static bool is_shown(const struct model *m, const struct stop *s, uint8_t state)
{
	return s->state == state && s->to > m->opts.since && s->from < m->end;
}

static bool lasts_to_end(const struct model *m, const struct stop *s)
{
	return s->to > m->end || m->end - s->to < STOP_EDGE_NS;
}

/* " from 1.00s to 2.00s, from 3.00s to the end, 4.00s in total" */
static void put_times(struct buf *b, const struct model *m, const void *of)
{
	uint8_t state = *(const uint8_t *)of;
	uint64_t n = 0;
	int64_t ns = 0;

	for (size_t i = 0; i < m->stops.n; i++) {
		const struct stop *s = &m->stops.v[i];

		if (!is_shown(m, s, state))
			continue;
		if (n < RANGES_SHOWN)
			say(b, m, "{if},{end} from {dur} to {if}the end{else}{dur}{end}", W_IF(n), W_DUR(s->from),
			    W_IF(lasts_to_end(m, s)), W_DUR(s->to));
		ns += model_stopped_ns(m, s->from, s->to);
		n++;
	}
	say(b, m, "{if} and {n more time}{end}{if}, {dur} in total{end}", W_IF(n > RANGES_SHOWN), W_N(n - RANGES_SHOWN),
	    W_IF(n > 1), W_DUR(ns));
}

static void put_state(struct text *t, uint8_t state, const char *what)
{
	const struct model *m = t->m;
	bool any = false;

	for (size_t i = 0; i < m->stops.n; i++)
		any |= is_shown(m, &m->stops.v[i], state);
	if (!any)
		return;
	text_warn(
	        t, MARK_BAD,
	        "WARNING: the program was {word}{if} the whole time. Nothing in it could run, so the length of a wait "
	        "means nothing.{else}{part}. Nothing in it could run then. Waits include that time; findings do not "
	        "count it.{end}",
	        W_WORD(what), W_IF(model_is_all_stopped(m)), W_PART(put_times, &state));
}

void text_put_stops(struct text *t)
{
	put_state(t, TRACE_PROC_STOPPED, "stopped (by a signal or a debugger)");
	put_state(t, TRACE_PROC_FROZEN, "frozen (by its cgroup, like a paused container)");
}
