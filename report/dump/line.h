/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_DUMP_LINE_H
#define CHANREC_REPORT_DUMP_LINE_H

/* Which fields a line of `chanrec script` has, and in which order. */

#include "format/fields.h"

#define LINE_FIELDS 12

/* A field, and the word before it. */
struct line_field {
	char word[16];
	const struct trace_field *f;
};

/* For the records of one type. */
struct line {
	struct line_field v[LINE_FIELDS];
	uint32_t n;
	const struct trace_field *stack; /* NULL: it has none */
};

/* False: the order names a field that the type lacks, or too many; a unit test excludes it. */
bool line_init(struct line *l, enum trace_type type);
/* Whether the field says nothing in this record, so that the line leaves it out. */
bool line_omits(const struct trace_rec *r, const struct trace_field *f);

#endif
