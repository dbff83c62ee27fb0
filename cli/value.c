// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A number and where it ends. strtod() alone would take hexadecimal, exponents and "inf", too. */
static int decimal(const char *s, double *v, const char **end)
{
	size_t n = strspn(s, "0123456789.");
	char text[64], *stop;

	if (n == 0 || n >= sizeof(text))
		return n ? -ERANGE : -EINVAL;
	memcpy(text, s, n);
	text[n] = 0;
	*v = strtod(text, &stop);
	*end = s + n;
	return stop == text || *stop ? -EINVAL : 0;
}

int value_number(const char *s, uint64_t *v)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || s[n])
		return -EINVAL;
	errno = 0;
	*v = strtoull(s, NULL, 10);
	return errno ? -ERANGE : 0;
}

int value_time(const char *s, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 },   { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 },
		      { "µs", 1e3 }, { "ns", 1 },  { "m", 60e9 }, { "h", 3600e9 } };
	const char *end;
	double v;
	int ret = decimal(s, &v, &end);

	if (ret)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (v * units[i].ns > 9e18)
			return -ERANGE;
		*ns = (int64_t)(v * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

int value_size(const char *s, uint64_t *bytes)
{
	size_t n = strspn(s, "0123456789");
	int shift = s[n] == 'K' ? 10 : s[n] == 'M' ? 20 : s[n] == 'G' ? 30 : 0;
	uint64_t v;

	if (n == 0 || s[n + (shift > 0)])
		return -EINVAL;
	errno = 0;
	v = strtoull(s, NULL, 10);
	if (errno || v > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = v << shift;
	return 0;
}

int value_percent(const char *s, uint32_t *share)
{
	const char *end;
	double v;
	int ret = decimal(s, &v, &end);

	if (ret || (*end && strcmp(end, "%")))
		return ret ? ret : -EINVAL;
	if (!(v >= 0.01) || v > 100)
		return -ERANGE;
	*share = (uint32_t)(v * 1e4 + 0.5);
	return 0;
}

static const struct {
	const char *name, *help;
	uint32_t bits;
} event_sets[] = {
	{ "sched", "goroutine create, park, ready and exit (always on)", TRACE_EVENTS_SCHED },
	{ "chan", "channel make and close", TRACE_EVENTS_CHAN },
	{ "sync", "waits on sync.Mutex, RWMutex, WaitGroup and Cond", TRACE_EVENTS_SYNC },
	{ "ops", "every channel operation; expensive", TRACE_EVENTS_OPS },
	{ "run", "each time a goroutine starts to run", TRACE_EVENTS_RUN },
	{ "default", "sched,chan,sync", EVENTS_DEFAULT },
	{ "blocked", "sched,sync: the least", TRACE_EVENTS_SCHED | TRACE_EVENTS_SYNC },
	{ "all", "everything", EVENTS_DEFAULT | TRACE_EVENTS_OPS | TRACE_EVENTS_RUN },
};

const char *value_events_at(size_t i, const char **help)
{
	if (i >= ARRAY_SIZE(event_sets))
		return NULL;
	*help = event_sets[i].help;
	return event_sets[i].name;
}

int value_events(const char *list, uint32_t *events)
{
	/* All analyses need the goroutines' waits. */
	uint32_t bits = TRACE_EVENTS_SCHED;

	do {
		size_t n = strcspn(list, ","), i;

		for (i = 0; i < ARRAY_SIZE(event_sets); i++)
			if (strlen(event_sets[i].name) == n && !strncmp(event_sets[i].name, list, n))
				break;
		if (i == ARRAY_SIZE(event_sets))
			return -EINVAL;
		bits |= event_sets[i].bits;
		list += n;
	} while (*list++ == ',');
	*events = bits;
	return 0;
}
