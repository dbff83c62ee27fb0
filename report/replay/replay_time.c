// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/fields.h"
#include "report/replay/replay_int.h"

static bool is_ok(int64_t time)
{
	return time >= -TRACE_MAX_TIME && time <= TRACE_MAX_TIME;
}

/* An event is the hot case: it has no time but its own. */
#define CHECK(kind, member, value) \
	_Static_assert(TRACE_VALUE_##value != TRACE_VALUE_TIME, "an event with a second time");
#define CHECK_EVENT(type) type##_FIELDS(CHECK)
#define CHECK_OTHER(type)
#define CHECK_LIFE CHECK_EVENT
#define CHECK_WAIT CHECK_EVENT
#define CHECK_DEF CHECK_OTHER
#define CHECK_SNAP CHECK_OTHER
#define CHECK_ABOUT CHECK_OTHER
#define X(type, number, name, kind, ...) CHECK_##kind(type)
TRACE_TYPES(X)
#undef X

bool replay_times_ok(const struct trace_rec *rec)
{
	const struct trace_field *f;
	uint32_t n;

	if (!is_ok(rec->time))
		return false;
	if (trace_type_is_event(rec->type))
		return true;
	f = trace_type_fields(rec->type, &n);
	for (uint32_t i = 0; i < n; i++)
		if (f[i].value == TRACE_VALUE_TIME && !is_ok((int64_t)trace_field_get(rec, &f[i])))
			return false;
	return true;
}
