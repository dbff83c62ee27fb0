/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_FILTER_H
#define CHANREC_REPORT_FILTER_H

/*
 * What --function, --package and --reason leave in. They choose what is shown
 * of the waits; what was counted stays as it is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "report/model.h"

struct filter_opts {
	const char *function; /* a part of a function's name */
	const char *package;  /* a package's path; those below it, too */
	const char *reason;   /* a part of Go's wait reason */
};

struct filter {
	struct filter_opts opts;
	bool active;
	uint8_t *stacks, *groups; /* whether each is shown */
	size_t nstacks, ngroups;
};

/* 0 or -ENOMEM. */
int filter_init(struct filter *f, const struct filter_opts *opts, const struct model *m);
void filter_free(struct filter *f);

bool filter_shows_wait(const struct filter *f, const struct model *m, uint32_t stack, uint32_t reason);
/* A group with a function or a wait that is shown. */
bool filter_shows_group(const struct filter *f, uint32_t group);
bool filter_shows_goroutine(const struct filter *f, const struct model *m, const struct goroutine *g);

#endif
