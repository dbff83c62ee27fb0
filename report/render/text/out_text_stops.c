// SPDX-License-Identifier: GPL-2.0-or-later
/* That the program could not run. It comes first, because it makes every wait look longer. */
#include "report/model/stops.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define RANGES_SHOWN 3

/* Whether some of it lies in the window. */
static bool is_shown(const struct model *m, const struct stop *s, uint8_t state)
{
	return s->state == state && s->to > m->opts.since && s->from < m->end;
}

static void put_range(struct text *t, const struct stop *s, bool is_first)
{
	bool to_end = s->to > t->m->end || t->m->end - s->to < STOP_EDGE_NS;

	say(&t->b, t->m, "{word} from {dur} to ", W_WORD(is_first ? "" : ","), W_DUR(s->from));
	if (to_end)
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
		ns += model_stopped_ns(m, s->from, s->to);
		n++;
	}
	if (n > RANGES_SHOWN)
		say(&t->b, m, " and {n more time}", W_N(n - RANGES_SHOWN));
	if (n > 1)
		say(&t->b, m, ", {dur} in total", W_DUR(ns));
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
	say(&t->b, m, "WARNING: the program was {word}", W_WORD(what));
	if (model_is_all_stopped(m)) {
		fmt_raw(&t->b, " the whole time. Nothing in it could run, so the length of a wait means nothing.");
	} else {
		put_times(t, state);
		fmt_raw(&t->b, ". Nothing in it could run then. Waits include that time; findings do not count it.");
	}
	text_mark(t, MARK_END);
	text_wrap(t, 0, 9);
}

void text_put_stops(struct text *t)
{
	put_state(t, TRACE_PROC_STOPPED, "stopped (by a signal or a debugger)");
	put_state(t, TRACE_PROC_FROZEN, "frozen (by its cgroup, like a paused container)");
}
