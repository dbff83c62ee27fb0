/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_REPORT_H
#define CHANREC_REPORT_ANALYZE_REPORT_H

/* A trace that was read and analysed: what the outputs print. */

#include "format/trace.h"
#include "report/analyze/blocker.h"
#include "report/analyze/budget.h"
#include "report/analyze/chain.h"
#include "report/analyze/finding.h"
#include "report/analyze/leak.h"
#include "report/model/model.h"

#define REPORT_TOP_DEFAULT 20 /* rows of a table, unless the user says how many */

/* What a folded stack weighs. */
enum fold_by { FOLD_BY_TIME, FOLD_BY_COUNT, FOLD_BY_WAKE };

struct report_opts {
	struct model_opts model;
	unsigned top;         /* rows of a table */
	bool all;             /* JSON: every exited goroutine and every channel */
	bool no_limit;        /* whatever reading and writing takes; see budget.h */
	bool show_command;    /* with all of its arguments */
	bool full;            /* text: every section, not only the page that fits a screen */
	bool idle;            /* folded stacks: also waits for no other goroutine, see wait_sites.h */
	bool full_stacks;     /* including frames of the runtime and of libraries */
	unsigned width;       /* columns of text; 0: TEXT_WIDTH */
	bool color;           /* text is for a terminal with colours */
	enum fold_by fold_by; /* of folded stacks */
	const char *link;     /* of a graph's nodes: the HTML report; NULL: the same document */
};

/* Counts of the user's goroutines [0] and of the runtime's [1]. */
struct report_counts {
	uint64_t at_start, created, exited, missed, at_end;
	uint64_t state[GO_STATES]; /* at the end */
};

struct sources; /* see source.h */

struct report {
	struct report_opts opts;
	const char *path; /* as messages call it */
	const char *file; /* to read it again; "-": it came from a pipe */
	struct trace_reader *reader;
	const struct trace_meta *meta;
	const struct trace_end *end; /* NULL: the recorder was killed */
	struct budget budget;
	uint64_t records;      /* that the model has taken: whoever reads the file again stops there */
	struct model *model;   /* owned; changes only in report_load() */
	const struct model *m; /* the same */
	struct blockers *blockers;
	struct chains chains;
	struct leaks leaks;
	struct findings findings;
	const struct sources *sources; /* NULL: not asked for */
	struct report_counts counts[2];
	uint32_t *groups; /* ids, most blocked time of user groups first */
	uint32_t ngroups;
	uint32_t *wsites; /* ids, most blocked time first */
	uint32_t nwsites;
	uint32_t *edges; /* ids, most blocked time first */
	uint32_t nedges;
	bool damaged;   /* the file could not be read to its end; .damage says why */
	bool truncated; /* the file just stops: the recorder was killed */
	char damage[1024];
};

/* Reads all of path, which must outlive the report. A damaged or truncated trace is no error: see .damaged. */
int report_load(struct report **out, const char *path, const struct report_opts *opts, struct err *err);
void report_free(struct report *r);

/* From the start of the recording, or of the window, to its end; ns. */
uint64_t report_duration(const struct report *r);
/* Of a trace of samples: the mean time between two, ns; what is shorter can be missing. 0: it is of events. */
uint64_t report_sampled_every(const struct report *r);
/* Distinct stacks that were truncated. */
uint64_t report_truncated_stacks(const struct report *r);
/* Whether events were lost, so that counts may be low. */
bool report_has_losses(const struct report *r);
/* -ENOENT if a channel, goroutine or time of the options is not in the trace. */
int report_check_filters(const struct report *r, struct err *err);

#endif
