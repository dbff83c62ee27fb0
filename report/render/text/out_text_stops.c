// SPDX-License-Identifier: GPL-2.0-or-later
/* That the program could not run: said first, since all waits look longer by it. */
#include "report/model/stops.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"

#define RANGES_SHOWN 3

/* As much of it as is in the window. */
static bool is_shown(const struct model *m, const struct stop *s, uint8_t state)
{
	return s->state == state && s->to > m->opts.since && s->from < m->end;
}

static void put_range(struct text *t, const struct stop *s, bool is_first)
{
	fmt_raw(&t->b, is_first ? " from " : ", from ");
	fmt_dur(&t->b, (uint64_t)(s->from > 0 ? s->from : 0));
	fmt_raw(&t->b, " to ");
	if (s->to > t->m->end || t->m->end - s->to < STOP_EDGE_NS)
		fmt_raw(&t->b, "the end");
	else
		fmt_dur(&t->b, (uint64_t)s->to);
}

static void put_times(struct text *t, uint8_t state)
{
	const struct model *m = t->m;
	uint64_t n = 0;
	int64_t ns = 0;

	for (size_t i = 0; i < m->stops.n; i++) {
		const struct stop *s = &m->stops.v[i];

		if (!is_shown(m, s, state))
			continue;
		if (n < RANGES_SHOWN)
			put_range(t, s, !n);
		ns += stops_ns(m, s->from, s->to);
		n++;
	}
	if (n > RANGES_SHOWN) {
		fmt_raw(&t->b, " and ");
		fmt_plural(&t->b, n - RANGES_SHOWN, "more time");
	}
	if (n > 1) {
		fmt_raw(&t->b, ", ");
		fmt_dur(&t->b, (uint64_t)ns);
		fmt_raw(&t->b, " in all");
	}
}

static void put_state(struct text *t, uint8_t state, const char *what)
{
	const struct model *m = t->m;
	bool any = false;

	for (size_t i = 0; i < m->stops.n; i++)
		any |= is_shown(m, &m->stops.v[i], state);
	if (!any)
		return;
	text_mark(t, MARK_BAD);
	fmt_f(&t->b, "WARNING: the program was %s", what);
	if (!stops_are_all(m))
		put_times(t, state);
	fmt_raw(&t->b, stops_are_all(m) ? " all the time: nothing in it could go on, and how long a wait lasted "
	                                  "says nothing."
	                                : ": nothing in it could go on then. Waits include that time; suspects are "
	                                  "judged without it.");
	text_mark(t, MARK_END);
	text_wrap(t, 0, 9);
}

void text_put_stops(struct text *t)
{
	put_state(t, TRACE_PROC_STOPPED, "stopped (by a signal or a debugger)");
	put_state(t, TRACE_PROC_FROZEN, "frozen (by its cgroup, as a paused container is)");
}
