/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_TEXT_TABLE_H
#define CHANREC_REPORT_RENDER_TEXT_TABLE_H

/*
 * A table whose columns are as wide as what stands in them. Where the page is
 * too narrow the flexible columns are cut; a column that has nothing to say is
 * left out.
 */

#include "report/render/text/text.h"

#define TABLE_MAX_COLS 12
#define TABLE_MIN_FLEX 16

struct table_col {
	const char *head;
	bool right;
	bool flex;     /* may be cut, down to TABLE_MIN_FLEX */
	bool optional; /* left out when no cell says more than "-" or "?", and where the page is too narrow */
};

struct table_row {
	char *note;      /* a paragraph below it; NULL: none */
	char anchor[24]; /* of HTML */
};

struct table {
	struct text *t;
	const struct table_col *cols;
	size_t ncols;
	VEC(char *) cells;
	VEC(struct table_row) rows;
};

void table_init(struct table *tb, struct text *t, const struct table_col *cols, size_t ncols);
/* What is in t->b is the next cell; the row ends with its last. */
void table_cell(struct table *tb);
void table_cell_count(struct table *tb, uint64_t n);
void table_cell_dur(struct table *tb, uint64_t ns);
void table_cell_str(struct table *tb, const char *s);
/* Of the row that was ended last: what is in t->b as a note; the target of links. */
void table_note(struct table *tb);
void table_anchor(struct table *tb, char kind, uint32_t id);
/* Writes and frees it. */
void table_print(struct table *tb);

#endif
