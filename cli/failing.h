/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_FAILING_H
#define CHANREC_CLI_FAILING_H

/* Findings that make a command fail, for checks in CI: --fail-on, --baseline, --write-baseline. */

#include "cli/baseline.h"
#include "cli/options.h"
#include "report/analyze/report.h"

struct failing {
	uint32_t kinds; /* a bit for each enum finding_kind; 0: none */
	const char *baseline, *write;
	struct baseline accepted; /* of baseline, once it is read */
};

/* Its base is that of a struct failing. */
extern const struct option_row failing_options[3];

/* Checks the options, and reads the baseline. input: the trace, which must not be overwritten. An exit code. */
int failing_prepare(struct failing *f, const char *input, struct err *err);
/*
 * After the report: EXIT_FOUND if r has findings of these kinds that neither the
 * baseline nor before has, and says on stderr how many. before may be NULL.
 * Writes the baseline if that was asked for.
 */
int failing_judge(struct failing *f, const struct report *r, const struct report *before, struct err *err);
void failing_free(struct failing *f);

#endif
