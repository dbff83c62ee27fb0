/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_WAIT_SITES_H
#define CHANREC_REPORT_ANALYZE_WAIT_SITES_H

/* The wait sites that the options leave visible, most blocked time first. */

#include "report/analyze/report.h"

struct wait_sites {
	VEC(const struct wsite *) v;
	uint32_t left_out; /* idle, unknown or found, and so not in v */
};

/* Whether such waits are for no other goroutine: sleep, the network, a timer, "select {}" in main. */
bool wait_is_idle(const struct model *m, uint32_t group, uint32_t reason, uint32_t objsite);
bool wait_site_is_idle(const struct model *m, const struct wsite *ws);
/*
 * Unless all are wanted, leaves out those that are idle, those of which only the time is known, and those whose
 * blocked time is mostly that of goroutines that a finding describes; and puts those last whose blocked time is mostly
 * that of waits that lasted the whole recording. 0 or -ENOMEM.
 */
int wait_sites_find(struct wait_sites *sites, const struct report *r, bool all);
/* Waits that ended before the first snapshot told of them: neither place nor reason is known. */
bool wait_is_unknown(const struct model *m, uint32_t stack, uint32_t reason);
/* The sum of those that the options leave visible; ns. */
uint64_t waits_unknown(const struct report *r, uint64_t *blocked);
void wait_sites_free(struct wait_sites *sites);
/* The site that cost most blocked time, in the same order; not idle ones, nor workers without work. NULL: none. */
const struct wsite *wait_sites_heaviest(const struct report *r);

#endif
