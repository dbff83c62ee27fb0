// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "vet/report/report.h"

const char *seen_name(enum seen_kind k)
{
	static const char *const names[] = {
		[SEEN_NONE] = NULL,         [SEEN_BLOCKED] = "blocked", [SEEN_WAITING] = "waiting",
		[SEEN_WAITED] = "waited",   [SEEN_RAN] = "not here",    [SEEN_NOT_RUN] = "not seen",
		[SEEN_REFUTED] = "refuted",
	};

	return names[k];
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void seen_text(const struct seen *s, char *to, size_t size)
{
	double longest = (double)s->longest / 1e9;

	switch (s->kind) {
	case SEEN_BLOCKED:
		snprintf(to, size, "%" PRIu64 " goroutine%s blocked here, the longest for %.1f s (%s)", s->goroutines,
		         plural(s->goroutines), longest, s->verdict);
		break;
	case SEEN_WAITING:
		snprintf(to, size, "%" PRIu64 " of %" PRIu64 " wait%s here did not end, the longest took %.1f s",
		         s->open, s->waits, plural(s->waits), longest);
		break;
	case SEEN_WAITED:
		snprintf(to, size, "%" PRIu64 " wait%s here, all of which ended", s->waits, plural(s->waits));
		break;
	case SEEN_RAN:
		snprintf(to, size, "the function ran, but nothing waited here");
		break;
	case SEEN_NOT_RUN:
		snprintf(to, size, "the function was not seen in the trace");
		break;
	case SEEN_REFUTED:
		snprintf(to, size, "refuted: all %" PRIu64 " channel%s made there were closed", s->closed,
		         plural(s->closed));
		break;
	case SEEN_NONE:
		to[0] = '\0';
	}
}
