/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_TEXT_TABLE_H
#define CHANREC_REPORT_RENDER_TEXT_TABLE_H

/*
 * A table with columns as wide as their cells. Where the page is too narrow,
 * the cells of flexible columns take several lines, and a flexible last column
 * moves to a line of its own below the others. Nothing is cut.
 *
 * The tables that JSON has as well are declared in report/render/column.h:
 * table_open(), then table_put() for each row. Others are opened by table_init()
 * and get one cell after the other.
 */

#include "report/render/column.h"
#include "report/render/text/text.h"

#define TABLE_MAX_COLS 12
#define TABLE_MIN_ROWS 4

struct table_col {
	const char *head;
	bool right;    /* aligned */
	bool flex;     /* may be broken at blanks */
	bool optional; /* left out when no cell says more than "-" or "?" */
	bool minor;    /* left out where the page is too narrow */
};

struct table_row {
	char *note;      /* a paragraph below it; NULL: none */
	char anchor[24]; /* of HTML */
};

struct table {
	struct text *t;
	const struct table_col *cols;
	size_t ncols;
	const struct columns *columns; /* of table_open() */
	struct table_col own[TABLE_MAX_COLS];
	unsigned last_line; /* of the page: no row begins behind it, but for the first TABLE_MIN_ROWS; 0: no limit */
	VEC(char *) cells;
	VEC(struct table_row) rows;
};

void table_init(struct table *tb, struct text *t, const struct table_col *cols, size_t ncols);
/* The columns that have a heading. tb must stay where it is. */
void table_open(struct table *tb, struct text *t, const struct columns *columns);
/* row is of the type that the columns are for. */
void table_put(struct table *tb, const void *row);
/* What is in t->b becomes the next cell. The last cell ends the row. */
void table_cell(struct table *tb);
void table_cell_count(struct table *tb, uint64_t n);
void table_cell_dur(struct table *tb, uint64_t ns);
void table_cell_str(struct table *tb, const char *s);
/* For the row that ended last: what is in t->b becomes a note below it; a target for links. */
void table_note(struct table *tb);
void table_anchor(struct table *tb, char kind, uint32_t id);
/* Writes and frees it. The rows written. */
size_t table_print(struct table *tb);

#endif
