// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/finish.h"
#include "report/replay/replay_int.h"

/* The recorder reports losses at least once a second. */
#define TOLD_NS 1500000000

static void end_runs(struct model *m)
{
	for (size_t i = 0; i < m->goroutines.slots.n; i++) {
		struct goroutine *g = m->goroutines.slots.v[i];

		int64_t since = g ? g->run_at : TIME_UNKNOWN;

		if (since == TIME_UNKNOWN)
			continue;
		goroutine_stops_running(m, g, m->end);
		g->run_at = since;
	}
}

int replay_finish(struct replay *r, const struct trace_end *end, struct err *err)
{
	struct model *m = r->m;

	if (r->in_prelude)
		replay_prelude_end(r);
	replay_drain(r);
	/* The recorder was killed: events say less about its end than the checks of the process. */
	if (!end && m->looked > m->now)
		m->now = m->looked;
	m->end = end && end->duration > m->now ? end->duration : m->now;
	if (m->end > m->opts.until)
		m->end = m->opts.until;
	if (end && end->target_exited)
		m->proc.exited = true;
	replay_reconcile(r);
	end_runs(m);
	defects_judge(&m->defects, &m->losses, end ? INT64_MAX : m->end - TOLD_NS);
	return model_finish(m, err);
}
