// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folded stacks: "outermost;…;innermost;[wait reason] µs", for flamegraph.pl
 * and its successors. By wake, the waker's stack follows the waiter's, reversed, as
 * in bcc's offwaketime: "…;[wait reason];--;[cause];innermost;…;outermost µs". Pairs
 * beyond MODEL_MAX_WAKE_STACKS become "[not kept];--;[not kept]", which keeps the sum right.
 * The first line says what the numbers are; readers skip it, as it does not end in one.
 */
#include <inttypes.h>

#include "report/analyze/folded.h"
#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/out.h"

struct folder {
	const struct folded *rows;
	struct buf name, line;
};

/* Blanks and semicolons would end a frame's name. */
static void put_name(struct folder *f, const char *name)
{
	buf_reset(&f->name);
	fmt_text(&f->name, name);
	for (size_t i = 0; i < f->name.len; i++) {
		uint8_t c = f->name.data[i];

		if (c == ' ' || c == ';')
			fmt_f(&f->line, "\\x%02x", c);
		else
			buf_put_u8(&f->line, c);
	}
}

static void put_call(struct folder *f, const struct fold_call *c)
{
	if (c->func)
		put_name(f, symbols_string(f->rows->sym, c->func));
	else
		fmt_f(&f->line, "0x%" PRIx64, c->pc);
}

static void put_reason(struct folder *f, const char *name)
{
	fmt_raw(&f->line, "[");
	for (const char *p = name; *p; p++) {
		uint8_t c = (uint8_t)*p;

		/* U+0080 to U+009F are control characters, too. */
		if (c == 0xc2 && ((uint8_t)p[1] & 0xe0) == 0x80)
			c = (uint8_t) * ++p & 0x1f;
		buf_put_u8(&f->line, c == ';' || c < ' ' || c == 0x7f ? '?' : c);
	}
	fmt_raw(&f->line, "]");
}

static void put_waiter(struct folder *f, const struct fold_row *row)
{
	if (row->cut)
		fmt_raw(&f->line, "[cut];");
	if (!row->n)
		fmt_raw(&f->line, "[unknown];");
	for (uint32_t i = 0; i < row->n; i++) {
		put_call(f, &f->rows->calls.v[row->first + i]);
		fmt_raw(&f->line, ";");
	}
	put_reason(f, row->reason);
}

static void put_waker(struct folder *f, const struct fold_row *row)
{
	fmt_f(&f->line, ";--;[%s]", row->cause);
	for (uint32_t i = 0; i < row->wake_n; i++) {
		fmt_raw(&f->line, ";");
		put_call(f, &f->rows->calls.v[row->wake_first + i]);
	}
}

static void put_row(struct folder *f, const struct fold_row *row)
{
	buf_reset(&f->line);
	if (row->not_kept) {
		fmt_raw(&f->line, "[not kept];--;[not kept]");
		return;
	}
	put_waiter(f, row);
	if (row->by_wake)
		put_waker(f, row);
}

static int write_folded(const struct report *r, FILE *to, struct err *err)
{
	struct folded rows;
	struct folder f = { .rows = &rows };
	bool failed;

	if (folded_find(&rows, r))
		return err_nomem(err);
	fprintf(to, "# %s%s\n", r->opts.fold_by == FOLD_BY_COUNT ? "number of waits" : "blocked time in microseconds",
	        report_shows_idle(r) ? "" : ", without sleep, network and timers (see --idle)");
	for (size_t i = 0; i < rows.v.n; i++) {
		const struct fold_row *row = &rows.v.v[i];
		uint64_t weight = r->opts.fold_by == FOLD_BY_COUNT ? row->weight : (row->weight + 500) / 1000;

		if (!weight)
			continue;
		put_row(&f, row);
		fprintf(to, "%s %" PRIu64 "\n", buf_str(&f.line), weight);
	}
	failed = buf_failed(&f.line) || buf_failed(&f.name);
	folded_free(&rows);
	buf_free(&f.name);
	buf_free(&f.line);
	return failed ? err_nomem(err) : 0;
}

const struct output output_folded = {
	.name = "folded",
	.help = "stacks for flame graphs, weighted by blocked time in µs (see --by)",
	.write = write_folded,
};
