/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_REPORTING_H
#define CHANREC_CLI_REPORTING_H

/* Reports on a trace, for the commands that do: the options, and the way from a path to an output. */

#include "cli/command.h"
#include "cli/failing.h"
#include "cli/outfile.h"
#include "cli/view.h"

struct report_args {
	struct view view;
	struct outfile_opts out;
	struct failing failing;
	int format;         /* of output_at(); < 0: none was asked for */
	const char *source; /* a folder with the program's source; NULL: none */
	bool schema;        /* write the format's schema instead of a report */
	const char *name;   /* what messages call the trace; NULL: its path */
};

/* The base of report_format and report_schema is that of a struct report_args, that of the others a struct view. */
extern const struct option_row report_format[1], report_schema[1], report_subject[2], report_chains[2],
        report_layout[7], report_source[1];

/* For the rows of other commands. */
const char *report_format_at(size_t i, const char **help);

/* Writes the schema of a format instead. An exit code. */
int report_schema_write(struct report_args *a, struct err *err);
/* An exit code. */
int report_file(struct report_args *a, const char *path, struct err *err);

#endif
