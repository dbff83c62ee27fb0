/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_HTML_PAGE_H
#define CHANREC_REPORT_RENDER_HTML_PAGE_H

/*
 * The facts behind the browser report, whose application is in web/. The page holds
 * them as one block: the members of the JSON output with places and stacks as
 * numbers, and what only the application's pictures need. web/src/data.ts reads it;
 * change both together.
 */

#include <stdio.h>

#include "report/analyze/report.h"
#include "report/render/json/json.h"

/*
 * A stream whose bytes arrive at `to` gzipped and in base64. fclose() completes
 * them, and fails if anything did; it leaves `to` open. NULL: out of memory.
 */
FILE *pack_open(FILE *to);

int page_data_write(const struct report *r, FILE *f, struct err *err);

/* Its parts; each writes one key with its value. */
void page_put_graph(struct json *j, const struct report *r);
void page_put_flame(struct json *j, const struct report *r);
/* null without events, and for a trace that came from a pipe. */
int page_put_timeline(struct json *j, const struct report *r, struct err *err);

#endif
