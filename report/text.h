/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_TEXT_H
#define CHANREC_REPORT_TEXT_H

/* Lines of TEXT_WIDTH columns at most, made of cells, on a stream. */

#include <stdio.h>

#include "report/report.h"
#include "util/buf.h"

#define TEXT_WIDTH 100

struct text {
	FILE *f;
	const struct report *r;
	const struct model *m;
	struct buf b; /* the line; cells are appended to it */
	size_t cell;  /* where the cell that is being written begins */
};

void text_init(struct text *t, FILE *f, const struct report *r);
void text_free(struct text *t);
/* Ends the cell at so many columns and two blanks. */
void text_left(struct text *t, size_t width);
void text_right(struct text *t, size_t width);
/* Ends the line: cut to the width, without blanks at its end. */
void text_end(struct text *t);
/* A blank line, the title in capitals, and a remark. */
void text_title(struct text *t, const char *title, const char *remark);
/* A whole line of its own. */
void text_line(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What is in t->b, broken at blanks; the first line after `first` columns of blanks, the others after `indent`. */
void text_wrap(struct text *t, size_t first, size_t indent);
/* "… and 12 more (--top 30 shows them)" when there are more than shown. */
void text_more(struct text *t, uint64_t shown, uint64_t all);
/* "18–22, 30, …" of n rising ids, the n-th by get. */
void text_ids(struct text *t, uint64_t (*get)(const void *ctx, uint32_t i), const void *ctx, uint32_t n, uint32_t runs);

/* The sections of the text report; each writes nothing, or says so, when it has nothing. */
void text_put_groups(struct text *t);
void text_put_blocked(struct text *t);
void text_put_channels(struct text *t);
void text_put_chains(struct text *t);
void text_put_leaks(struct text *t);
void text_put_wsites(struct text *t);
void text_put_edges(struct text *t);
void text_put_goroutine(struct text *t, uint64_t goid);
void text_put_channel(struct text *t, uint32_t id);
void text_put_channel_head(struct text *t);
/* The row of a channel, or of n that look alike, c having their sums; and its history. */
void text_put_channel_row(struct text *t, const struct channel *c, uint32_t id, uint32_t n);
/* One open or past chain, without its number. */
void text_put_chain(struct text *t, const struct chain *c);
/* A stack's lines as Go's traceback prints them. */
void text_put_stack(struct text *t, uint32_t stack, size_t indent);

#endif
