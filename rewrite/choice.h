/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REWRITE_CHOICE_H
#define CHANREC_REWRITE_CHOICE_H

/* Which goroutines and objects of a trace belong to a finding. */

#include "report/analyze/report.h"
#include "util/map.h"

enum choice_part {
	CHOICE_NONE,
	CHOICE_THERE, /* that it is there: creation, exit, snapshots, what it did to chosen ones */
	CHOICE_FULL,  /* all that it did */
};

/* Zero-initialise. */
struct choice {
	struct map goroutines; /* goid -> enum choice_part */
	struct map objs;       /* see choice_obj_key() */
};

/* What a finding is about. 0 or -ENOMEM. */
int choice_begin(struct choice *c, const struct report *r, const struct finding *f, bool is_wide);
void choice_free(struct choice *c);
/* Chooses a goroutine, unless more of it is chosen already; *added: it is new. 0 or -ENOMEM. */
int choice_add(struct choice *c, uint64_t goid, enum choice_part part, bool *added);
int choice_add_obj(struct choice *c, const struct trace_obj *o);
enum choice_part choice_of(const struct choice *c, uint64_t goid);
bool choice_has_obj(const struct choice *c, const struct trace_obj *o);

#endif
