/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_OUT_H
#define CHANREC_REPORT_RENDER_OUT_H

/*
 * The outputs of `chanrec report`. Each is a file of its own, out_NAME.c, and
 * a line of the table in out.c. An output gets a whole report and writes it in
 * the order that its reader needs; a failed write shows in ferror(f).
 */

#include <stdio.h>

#include "report/analyze/report.h"

struct diff;

struct output {
	const char *name, *help;
	bool wants_each; /* every exited goroutine, collected channel and goroutine to goroutine wake-up */
	int (*write)(const struct report *r, FILE *f, struct err *err);
};

/* NULL when there is none of that name. */
const struct output *output_find(const char *name);
/* The table's entries, then NULL. */
const struct output *output_at(size_t i);

extern const struct output output_text, output_folded, output_dot, output_svg, output_html, output_json;

/* The graph in DOT; shared by the outputs dot and svg. */
int out_dot_write(const struct report *r, FILE *f, struct err *err);
/* Drawn by Graphviz. -ENOENT: it is not installed. */
int out_svg_write(const struct report *r, FILE *f, struct err *err);

/* The outputs of a comparison. */
int diff_write_text(const struct diff *d, FILE *f, struct err *err);
int diff_write_json(const struct diff *d, FILE *f, struct err *err);

#endif
