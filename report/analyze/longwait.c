// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/longwait.h"

#include "report/model/stops.h"

#define SECOND 1000000000

int64_t longwait_run_ns(const struct model *m, int64_t from)
{
	return m->end - from - model_stopped_ns(m, from, m->end);
}

int64_t longwait_ns(const struct model *m, const struct goroutine *g)
{
	return longwait_run_ns(m, m->end - goroutine_wait_ns(m, g));
}

bool longwait_is(const struct model *m, const struct goroutine *g)
{
	int64_t half = longwait_run_ns(m, model_from(m)) / 2;

	/* If the program was stopped, having waited for the whole recording is not enough. */
	if (g->wait.before_start && (!m->stops.n || g->unreachable))
		return true;
	/* It lasted until the recording's end, beyond that of the window. */
	if (g->unreachable && m->opts.until != INT64_MAX)
		return true;
	if (model_is_all_stopped(m))
		return false;
	return longwait_ns(m, g) >= (half < SECOND ? half : SECOND);
}
