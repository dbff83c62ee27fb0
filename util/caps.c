// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/caps.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t cap;
	int bit; /* include/uapi/linux/capability.h */
	const char *name;
} caps[] = { { CAPS_BPF, 39, "CAP_BPF" },
	     { CAPS_PERFMON, 38, "CAP_PERFMON" },
	     { CAPS_PTRACE, 19, "CAP_SYS_PTRACE" },
	     { CAPS_DAC_READ, 2, "CAP_DAC_READ_SEARCH" },
	     { CAPS_ADMIN, 21, "CAP_SYS_ADMIN" } };
#define CAPS_N (sizeof(caps) / sizeof(caps[0]))

uint32_t caps_held(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	uint64_t bits = 0;
	uint32_t held = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %" SCNx64, &bits) == 1)
			break;
	if (f)
		fclose(f);
	for (size_t i = 0; i < CAPS_N; i++)
		held |= bits >> caps[i].bit & 1 ? caps[i].cap : 0;
	return held;
}

const char *caps_names(uint32_t of, const char *word, char *to)
{
	int left = __builtin_popcount(of);
	const char *between = "";
	size_t len = 0;

	to[0] = 0;
	for (size_t i = 0; i < CAPS_N && len < CAPS_TEXT; i++) {
		if (!(of & caps[i].cap))
			continue;
		left--;
		len += (size_t)snprintf(to + len, CAPS_TEXT - len, "%s%s%s%s", between, *between && !left ? word : "",
		                        *between && !left ? " " : "", caps[i].name);
		between = left > 1 ? ", " : " ";
	}
	return to;
}

const char *caps_advice(uint32_t need, char *to)
{
	static const char start[] = "run as root, or with ";
	uint32_t missing = need & ~caps_held();
	char names[CAPS_TEXT];

	if (missing)
		snprintf(to, CAPS_TEXT, "%s%s", start, caps_names(missing, "and", names));
	else
		snprintf(to, CAPS_TEXT, "a container, a user namespace or a security module forbids it");
	return to;
}
