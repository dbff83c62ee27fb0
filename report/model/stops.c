// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/stops.h"

void stops_add(struct model *m, const struct trace_rec *rec)
{
	struct stop s = { .from = rec->proc_look.from, .to = rec->time, .state = rec->proc_look.state };
	struct stop *last = m->stops.n ? &m->stops.v[m->stops.n - 1] : NULL;

	if (s.from < 0)
		s.from = 0;
	if ((s.state != TRACE_PROC_STOPPED && s.state != TRACE_PROC_FROZEN) || s.from >= s.to)
		return;
	/* They do not overlap, whatever a file says. */
	if (last && s.from < last->to)
		s.from = last->to;
	if (last && s.from == last->to && s.state == last->state) {
		if (s.to > last->to)
			last->to = s.to;
		return;
	}
	/* What is beyond is taken for time in which it ran: that makes a wait too long, and hides none. */
	if (s.from < s.to && m->stops.n < MODEL_MAX_STOPS)
		m->failed |= vec_push(&m->stops, s) != 0;
}

int64_t stops_ns(const struct model *m, int64_t from, int64_t to)
{
	int64_t sum = 0;

	if (to > m->end)
		to = m->end;
	for (size_t i = 0; i < m->stops.n; i++) {
		const struct stop *s = &m->stops.v[i];
		int64_t a = s->from > from ? s->from : from, b = s->to < to ? s->to : to;

		if (b > a)
			sum += b - a;
	}
	return sum;
}

bool stops_are_all(const struct model *m)
{
	int64_t from = m->opts.since > 0 ? m->opts.since : 0, ns = stops_ns(m, from, m->end), ran = m->end - from - ns;

	return ns > 0 && ran <= STOP_EDGE_NS && ran <= ns;
}

const char *stop_name(const struct stop *s)
{
	return s->state == TRACE_PROC_FROZEN ? "frozen" : "stopped";
}
