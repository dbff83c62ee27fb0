// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/debug.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"

uint32_t debug_domains;

static const char *const names[DEBUG_DOMAINS] = {
	[DEBUG_TARGET] = "target",     [DEBUG_PROBE] = "probe", [DEBUG_DRAIN] = "drain",
	[DEBUG_SNAPSHOT] = "snapshot", [DEBUG_REACH] = "reach", [DEBUG_LIMIT] = "limit",
};

static uint32_t domain_bits(const char *name, size_t len)
{
	if (len == 3 && !strncmp(name, "all", 3))
		return (1u << DEBUG_DOMAINS) - 1;
	for (int i = 0; i < DEBUG_DOMAINS; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], name, len))
			return 1u << i;
	return 0;
}

static int unknown_domain(const char *name, size_t len, struct err *err)
{
	char list[128] = "";

	for (int i = 0; i < DEBUG_DOMAINS; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s, ", names[i]);
	return err_set(err, EINVAL, "CHANREC_DEBUG: unknown domain \"%.*s\"; known are %sand all", (int)len, name,
	               list);
}

int debug_enable(const char *list, struct err *err)
{
	for (const char *at = list ? list : ""; *at;) {
		size_t len = strcspn(at, ",");
		uint32_t bits = domain_bits(at, len);

		if (!bits)
			return unknown_domain(at, len, err);
		debug_domains |= bits;
		at += len + (at[len] == ',');
	}
	return 0;
}

/* One write, so that lines of several threads do not mix. */
void debug_print(enum debug_domain domain, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "chanrec: %.6f %s: %s\n", (double)mono_ns() / 1e9, names[domain], text);
}
