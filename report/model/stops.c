// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/stops.h"

int stops_add(struct stops *st, const struct trace_rec *rec)
{
	struct stop s = { .from = rec->proc_look.from, .to = rec->time, .state = rec->proc_look.state };
	struct stop *last = st->n ? &st->v[st->n - 1] : NULL;

	if (s.from < 0)
		s.from = 0;
	if ((s.state != TRACE_PROC_STOPPED && s.state != TRACE_PROC_FROZEN) || s.from >= s.to)
		return 0;
	/* They must not overlap, whatever a file says. */
	if (last && s.from < last->to)
		s.from = last->to;
	if (last && s.from == last->to && s.state == last->state) {
		if (s.to > last->to)
			last->to = s.to;
		return 0;
	}
	/* Stops beyond the cap count as running time: that makes a wait too long, but hides none. */
	return s.from < s.to && st->n < MODEL_MAX_STOPS ? vec_push(st, s) : 0;
}

void stops_free(struct stops *st)
{
	vec_free(st);
}

int64_t stops_sum(const struct stops *st, int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (size_t i = 0; i < st->n; i++) {
		const struct stop *s = &st->v[i];
		int64_t a = s->from > from ? s->from : from, b = s->to < to ? s->to : to;

		if (b > a)
			sum += b - a;
	}
	return sum;
}

const char *stop_name(const struct stop *s)
{
	return s->state == TRACE_PROC_FROZEN ? "frozen" : "stopped";
}
