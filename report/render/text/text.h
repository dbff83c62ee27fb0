/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_TEXT_TEXT_H
#define CHANREC_REPORT_RENDER_TEXT_TEXT_H

/*
 * The page that the sections of a report are written on: lines for a terminal
 * of so many columns, or HTML. Sections do not know which.
 */

#include <stdio.h>

#include "report/analyze/blocked.h"
#include "report/analyze/report.h"
#include "report/render/words.h"
#include "util/buf.h"

#define TEXT_WIDTH 100 /* where nothing else is said */

/* How text looks, from the mark on to MARK_END. Bytes that fmt_text() never lets through. */
enum text_mark { MARK_STRONG = 1, MARK_BAD, MARK_WARN, MARK_DIM, MARK_END };

struct text {
	FILE *f;
	const struct report *r;
	const struct model *m;
	struct buf b; /* the line */
	size_t width;
	bool color; /* a terminal that shows marks */
	bool html;
	unsigned titles; /* HTML: how many sections were begun */
	unsigned lines;  /* written, not in HTML */
};

void text_init(struct text *t, FILE *f, const struct report *r);
void text_free(struct text *t);
void text_mark(struct text *t, enum text_mark mark);
/* Ends the line: cut to the width, without blanks at its end. */
void text_end(struct text *t);
/* A blank line, the title (not empty) with its first letter in upper case, and a remark. */
void text_title(struct text *t, const char *title, const char *remark);
/* A sentence, as say() of words.h; it does not end the line. */
#define text_say(t, ...) say(&(t)->b, (t)->m, __VA_ARGS__)
/* A paragraph of its own that looks as mark says: a warning, a note. */
#define text_warn(t, mark, ...) (text_mark(t, mark), text_say(t, __VA_ARGS__), text_end_warning(t))
void text_end_warning(struct text *t);
/* A row with a label, "" where it is that of the row above. */
#define text_entry(t, label, ...) \
	(text_say(t, "{word <9} ", W_WORD(label)), text_say(t, __VA_ARGS__), text_wrap(t, 2, 12))
/* A line of its own. */
#define text_line(t, ...) (text_say(t, __VA_ARGS__), text_end(t))
/* What is in t->b, broken at blanks; the first line after `first` columns of blanks, the others after `indent`. */
void text_wrap(struct text *t, size_t first, size_t indent);
/* The bytes of s (n of them) that fit into width columns: up to a blank where there is one. At least one character. */
size_t text_break(const char *s, size_t n, size_t width);
/* The rows of a table that has n unless --top is given. */
unsigned text_rows(const struct text *t, unsigned n);
/* "… and 12 more (--top 30 shows them)" when there are more than shown. */
void text_more(struct text *t, uint64_t shown, uint64_t all);
/* "18–22, 30, …" of n ascending ids, the i-th from get(); a repeated id counts once. */
void text_ids(struct text *t, uint64_t (*get)(const void *ctx, uint32_t i), const void *ctx, uint32_t n, uint32_t runs);
/* Writes t->b without wrapping it, with marks as escape sequences or tags, and empties it. */
void text_flush(struct text *t, size_t n);
/* A count, a duration; "-" for 0. */
void text_count(struct text *t, uint64_t n);
void text_dur(struct text *t, uint64_t ns);

/* The sections of the text report; each writes nothing, or says so, when it has nothing. */
/* What the report claims, one block for each root cause. */
void text_put_findings(struct text *t, unsigned max);
/* What the source says at its places. */
void text_put_source(struct text *t, const struct finding *f);
/* What is said before them, or in place of them; and the block of the i-th. */
void text_put_findings_intro(struct text *t);
void text_put_finding(struct text *t, size_t i);
void text_put_recorded(struct text *t);
/* What is not in the trace: rows, and warnings at the top; the limits of the recording. */
void text_put_losses(struct text *t);
void text_put_loss_warnings(struct text *t);
void text_put_stops(struct text *t);
void text_put_limits(struct text *t);
void text_put_groups(struct text *t);
void text_put_blocked(struct text *t);
/* Those that do not wait, with their stacks; and those that have gone on like this for long. */
void text_put_active(struct text *t);
void text_put_main_active(struct text *t, unsigned max);
void text_put_channels(struct text *t);
void text_put_uses(struct text *t);
void text_put_objects(struct text *t);
void text_put_chains(struct text *t);
/*
 * Only those that cost much and that no finding describes: at most max, and no more once the page has last_line lines.
 */
void text_put_main_chains(struct text *t, unsigned max, unsigned last_line);
/* The same claims in full sentences, one for each place. */
void text_put_leaks(struct text *t);
/* The finding that a goroutine is part of, if any. */
void text_put_leak_of(struct text *t, uint64_t goid);
void text_put_wait_sites(struct text *t);
/* Only those that wait_sites_find() calls neither idle nor found; a few, or until the page has last_line lines. */
void text_put_main_wait_sites(struct text *t, unsigned last_line);
void text_put_edges(struct text *t);
void text_put_goroutine(struct text *t, uint64_t goid);
void text_put_channel(struct text *t, uint32_t id);
/* Who has the object, and the way from there to it. */
void text_put_owners(struct text *t, const char *title, const struct trace_obj *obj);
/* The parts of a page, in this order. */
void text_put_head(struct text *t);
void text_put_warnings(struct text *t);
/* The findings, or the goroutine or channel that the options select. */
void text_put_first(struct text *t);
/* The whole page: as much as fits a screen, or all sections. */
void text_put_page(struct text *t);
/* Every other section. */
void text_put_rest(struct text *t);
/* One open or past chain, without its number. */
void text_put_chain(struct text *t, const struct chain *c);
/* A stack, one call a line; runs of library calls are folded unless --full-stacks. */
void text_put_stack(struct text *t, uint32_t stack, size_t indent);
/* "send close" of USER_… */
void text_put_roles(struct text *t, uint32_t roles);
/* The ids of a row's goroutines in at most so many runs. */
void text_put_blocked_ids(struct text *t, const struct blocked_row *row, uint32_t runs);
/* For a cell: where the program's own code waits, and the library's place where it called one. */
void text_put_stack_cell(struct text *t, uint32_t stack);

#endif
