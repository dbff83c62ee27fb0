/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_FILTER_H
#define CHANREC_REPORT_MODEL_FILTER_H

/*
 * Which waits --function, --package, --reason and --label select: only those count.
 * Upper and lower case are the same.
 * Chains still go through the others, or they would end too soon.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model/group.h"
#include "report/model/reason.h"
#include "report/model/wsite.h"
#include "util/map.h"
#include "util/vec.h"

struct filter_opts {
	const char *function; /* a part of a function's name */
	const char *package;  /* a package's path; those below it, too */
	const char *reason;   /* a part of Go's wait reason */
	const char *label;    /* KEY or KEY=VALUE */
};

struct filter {
	struct filter_opts opts;
	const struct symbols *sym;
	const struct reasons *reasons;
	bool active;
	VEC(uint8_t) stacks; /* whether each fits */
	struct map labelled; /* ids of the goroutines with the label; filled before the replay */
	bool has_labels;     /* the trace has any */
	uint8_t *groups;     /* whether each is shown; after the replay */
	size_t ngroups;
};

/* sym and reasons have to outlive f. 0 or -ENOMEM. */
int filter_init(struct filter *f, const struct filter_opts *opts, const struct symbols *sym,
                const struct reasons *reasons);
void filter_free(struct filter *f);
/* Takes the stacks that were defined since the last call. 0 or -ENOMEM. */
int filter_take_stacks(struct filter *f);
/* After the replay. 0 or -ENOMEM. */
int filter_mark_groups(struct filter *f, const struct groups *groups, const struct wsites *wsites,
                       const struct goroutines *goroutines);

/* Whether a goroutine has the label. */
static inline bool filter_has(const struct filter *f, uint64_t goid)
{
	return !f->opts.label || map_get(&f->labelled, goid);
}

bool filter_shows_wait(const struct filter *f, uint32_t stack, uint32_t reason);
/* Whether anything in the trace fits; after the replay. */
bool filter_matched(const struct filter *f);
/* A group with a function or a wait that fits. */
bool filter_shows_group(const struct filter *f, uint32_t group);
bool filter_shows_goroutine(const struct filter *f, const struct goroutine *g);

#endif
