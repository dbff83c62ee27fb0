/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_OUT_H
#define CHANREC_REPORT_RENDER_OUT_H

/*
 * The outputs of `chanrec report`. Each has a file of its own, out_NAME.c, and
 * an entry in out.c's table. An output gets the whole report and writes it in
 * the order that suits its reader. Write errors show in ferror(f).
 */

#include <stdio.h>

#include "report/analyze/report.h"

struct diff;

struct output {
	const char *name, *help;
	const char *schema; /* JSON Schema of what it writes; NULL: it has none */
	/* Needs every exited goroutine, collected channel and wake-up between two goroutines. */
	bool wants_each;
	bool wants_wake_stacks; /* and each stack of a wait with that of its waker */
	/* Keeps to budget_output(), so that the end of its document is not cut off. */
	bool limits_itself;
	int (*write)(const struct report *r, FILE *f, struct err *err);
};

/* The i-th output; NULL behind the last. */
const struct output *output_at(size_t i);

extern const struct output output_text, output_traceback, output_folded, output_pprof, output_speedscope,
        output_perfetto, output_chrome, output_dot, output_svg, output_html, output_json, output_ndjson, output_sqlite;

/* The topology in DOT, for the outputs dot and svg. */
int out_dot_write(const struct report *r, FILE *f, struct err *err);
/* The topology drawn by Graphviz. -ENOENT: Graphviz is not installed. */
int out_svg_write(const struct report *r, FILE *f, struct err *err);

/* The outputs of a comparison. */
int diff_write_text(const struct diff *d, FILE *f, struct err *err);
int diff_write_json(const struct diff *d, FILE *f, struct err *err);

#endif
