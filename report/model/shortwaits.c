// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/shortwaits.h"

void short_waits_add(struct short_waits *s, const struct trace_rec *rec)
{
	const struct trace_short_waits *p = &rec->short_waits;

	/* While there is no limit it is 0, and the record counts earlier waits. */
	if (p->limit) {
		if (!s->any || p->from < s->from)
			s->from = p->from;
		s->to = rec->time;
		s->any = true;
	}
	if (p->limit > s->limit)
		s->limit = p->limit;
	s->count += p->count;
	s->ns += p->total;
}
