/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_FMT_H
#define CHANREC_REPORT_RENDER_FMT_H

/*
 * Text for people: durations, names and places. Everything appends to a
 * struct buf; whatever comes from the trace is escaped on its way, so that no
 * name can move a terminal's cursor or break a line.
 */

#include "report/model/model.h"
#include "report/model/names.h"
#include "util/buf.h"

void fmt_raw(struct buf *b, const char *s);
void fmt_f(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s with control characters, invalid UTF-8 and bidi controls as \xNN or \u{…}. */
void fmt_text(struct buf *b, const char *s);
/* "1.23s", "45.6ms", "12µs", "345ns", "2m03s", "3h04m", "5d02h". */
void fmt_dur(struct buf *b, uint64_t ns);
/* "1,234,567" */
void fmt_count(struct buf *b, uint64_t n);
/* "1.2 MiB" */
void fmt_bytes(struct buf *b, uint64_t n);
/* Wall clock as "2024-11-24T02:10:33.123456789Z". */
void fmt_wall(char *to, size_t n, int64_t wall_ns);
/* "3 goroutines", "1 goroutine" */
void fmt_plural(struct buf *b, uint64_t n, const char *noun);

/* file's last `parts` components (0: all of it) and the line: "net/http/server.go:33". */
void fmt_file_line(struct buf *b, const struct model *m, uint32_t place, int parts);
/* "main.worker (cmd/main.go:33)"; "0x4512a0 (not resolved)"; "unknown" for 0. */
void fmt_place(struct buf *b, const struct model *m, uint32_t place, int parts);
/* The same without a model. */
void fmt_place_of(struct buf *b, const struct symbols *sym, uint32_t place, int parts);
/* A function without its package path's leading directories: "http.(*Server).Serve". */
void fmt_func_short(struct buf *b, const struct model *m, uint32_t place);
void fmt_place_short(struct buf *b, const struct model *m, uint32_t place);

/* The same for a narrow cell, what matters first: "server.go:33 http.(*Server).Serve". */
void fmt_place_cell(struct buf *b, const struct model *m, uint32_t place);

/* "main.go:36 through context.WithCancel (context/context.go:504)": where its goroutines are created. */
void fmt_created(struct buf *b, const struct model *m, uint32_t group);
/* "http.(*conn).serve, created at net/http/server.go:3285"; "main goroutine"; "goroutines of unknown origin". */
void fmt_group(struct buf *b, const struct model *m, uint32_t group);

/* The same for a narrow cell: where they are created, function. */
void fmt_group_cell(struct buf *b, const struct model *m, uint32_t group);
/* The same with the go statement, whoever led to it. */
void fmt_group_site_cell(struct buf *b, const struct model *m, uint32_t group);

/* "#3", "sync.Mutex 0xc000010100", "fd 7", "nil channel", "-". */
void fmt_obj(struct buf *b, const struct model *m, const struct trace_obj *o);
/* "channel made at main.go:20 (cap 3)" and the like; "" for 0. */
void fmt_objsite(struct buf *b, const struct model *m, uint32_t objsite);
/* "≥ 3m00s, since before the recording", "1.20s", "unknown". */
void fmt_wait(struct buf *b, const struct model *m, const struct goroutine *g, bool brief);
const char *go_state_name(uint8_t state);

/* The buffer's bytes as a string; "" when it failed. */
const char *buf_str(struct buf *b);
/* Terminal columns of UTF-8 text; marks of text.h take none. */
size_t text_width(const char *s, size_t n);
/* Cuts the text from byte `from` on to `width` columns, the last one "…" where it was longer. */
void fmt_fit(struct buf *b, size_t from, size_t width);
/* fmt_fit(), then blanks up to width. */
void fmt_pad(struct buf *b, size_t from, size_t width);
/* Blanks before the text from byte `from` on, so that it takes width columns. */
void fmt_right(struct buf *b, size_t from, size_t width);

#endif
