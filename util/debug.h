/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_DEBUG_H
#define CHANREC_UTIL_DEBUG_H

/*
 * Messages for those who work on chanrec, by domain: CHANREC_DEBUG=probe,limit
 * makes the decisions of these parts visible on stderr, "all" those of all.
 * A message that is off costs one test of a bit.
 */

#include <stdint.h>

#include "util/err.h"

enum debug_domain {
	DEBUG_TARGET,   /* the process: opening, launching, why a recording ends */
	DEBUG_PROBE,    /* sites, BPF builds, links */
	DEBUG_DRAIN,    /* the ring */
	DEBUG_SNAPSHOT, /* goroutines that are read from memory */
	DEBUG_REACH,    /* the search for unreachable objects */
	DEBUG_LIMIT,    /* steps of --max-size, --max-overhead and the ring */
	DEBUG_DOMAINS,
};

extern uint32_t debug_domains; /* a bit per domain that is on */

/* Switches on the domains in list, "probe,limit" or "all"; NULL: none. -EINVAL: unknown domain; err lists all. */
int debug_enable(const char *list, struct err *err);

#define debug(domain, ...) \
	do { \
		if (__builtin_expect(debug_domains >> (domain)&1, 0)) \
			debug_print(domain, __VA_ARGS__); \
	} while (0)

void debug_print(enum debug_domain domain, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
