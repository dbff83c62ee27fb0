// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/replay/replay_int.h"

static bool is_ok(int64_t time)
{
	return time >= -TRACE_MAX_TIME && time <= TRACE_MAX_TIME;
}

bool replay_times_ok(const struct trace_rec *rec)
{
	if (!is_ok(rec->time))
		return false;
	switch (rec->type) {
	case TRACE_SNAP_GO:
		return is_ok(rec->snap_go.wait_since);
	case TRACE_LOSS:
		return is_ok(rec->loss.from);
	case TRACE_SHORT_WAITS:
		return is_ok(rec->short_waits.from);
	case TRACE_PROC_STATE:
		return is_ok(rec->proc_look.from);
	default:
		return true;
	}
}
