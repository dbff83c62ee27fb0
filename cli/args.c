// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

int args_u64(const char *s, uint64_t max, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*v = strtoull(s, &end, 10);
	return errno || *end || *v > max ? -EINVAL : 0;
}

int args_time(const char *s, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 },   { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 },
		      { "µs", 1e3 }, { "ns", 1 },  { "m", 60e9 }, { "h", 3600e9 } };
	char *end;
	double v;

	if (!isdigit((unsigned char)*s) && *s != '.')
		return -EINVAL;
	v = strtod(s, &end);
	if (end == s || !(v >= 0) || v > 9e9)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].unit) || v * units[i].ns > 9e18)
			continue;
		*ns = (int64_t)(v * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

int args_events(const char *list, uint32_t *events)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} names[] = { { "sched", TRACE_EVENTS_SCHED },
		      { "chan", TRACE_EVENTS_CHAN },
		      { "sync", TRACE_EVENTS_SYNC },
		      { "ops", TRACE_EVENTS_OPS },
		      { "run", TRACE_EVENTS_RUN },
		      { "default", ARGS_EVENTS_DEFAULT },
		      { "blocked", TRACE_EVENTS_SCHED | TRACE_EVENTS_SYNC },
		      { "all", ARGS_EVENTS_DEFAULT | TRACE_EVENTS_OPS | TRACE_EVENTS_RUN } };

	*events = 0;
	if (!*list)
		return -EINVAL;
	while (*list) {
		size_t n = strcspn(list, ","), i;

		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].name) == n && strncmp(names[i].name, list, n) == 0)
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			return -EINVAL;
		*events |= names[i].bits;
		list += n + (list[n] == ',');
	}
	/* Everything hangs on the goroutines' waits. */
	*events |= TRACE_EVENTS_SCHED;
	return 0;
}

int args_usage(struct err *err, const char *command, const char *what, const char *arg)
{
	err_set(err, EINVAL, "%s: %s%s%s; see chanrec %s --help", command, what, arg ? ": " : "", arg ? arg : "",
	        command);
	return EXIT_USAGE;
}
