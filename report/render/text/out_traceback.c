// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goroutines at the end in the form of Go's own traceback
 * (runtime/traceback.go: goroutineheader, traceback2, printcreatedby1), which
 * people and tools such as panicparse read. What memory of another process does
 * not show is left out: arguments are "...". Like Go, it hides the runtime's own
 * goroutines and frames.
 */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/out.h"

#define MINUTE_NS 60000000000ll

static void put_place(struct buf *b, const struct model *m, const struct place *p)
{
	fmt_raw(b, "\t");
	if (p->file)
		fmt_text(b, symbols_string(&m->sym, p->file));
	else
		fmt_raw(b, "?");
	fmt_f(b, ":%u\n", p->line);
}

static void put_func(struct buf *b, const char *name)
{
	fmt_text(b, strcmp(name, "runtime.gopanic") == 0 ? "panic" : name);
}

static void put_frame(struct buf *b, const struct model *m, uint32_t place)
{
	const struct place *p = symbols_place(&m->sym, place);

	if (p->func) {
		put_func(b, symbols_string(&m->sym, p->func));
		fmt_raw(b, "(...)\n");
		put_place(b, m, p);
	} else {
		fmt_f(b, "non-Go function at pc=%" PRIx64 "\n", p->pc);
	}
}

static void put_stack(struct buf *b, const struct model *m, const struct goroutine *g)
{
	struct stack_walk w = stack_walk_of(&m->sym, g->wait.stack, false);
	uint32_t place;

	if (g->state == GO_STATE_RUNNING && !g->wait.stack)
		fmt_raw(b, "\tgoroutine running on other thread; stack unavailable\n");
	else if (g->is_unread)
		fmt_raw(b, "\tstack unavailable: it could not be read\n");
	while ((place = stack_walk_next(&w)))
		put_frame(b, m, place);
	if (symbols_stack_truncated(&m->sym, g->wait.stack))
		fmt_raw(b, "...additional frames elided...\n");
}

/* Go says nothing of goroutine 1, and nothing of a creator in the runtime. */
static void put_created(struct buf *b, const struct model *m, const struct goroutine *g)
{
	const struct place *p = symbols_place(&m->sym, m->groups.v[g->group].site);

	if (g->id == 1 || !p->func || (p->flags & PLACE_HIDDEN))
		return;
	fmt_raw(b, "created by ");
	put_func(b, symbols_string(&m->sym, p->func));
	if (g->parent)
		fmt_f(b, " in goroutine %" PRIu64, g->parent);
	fmt_raw(b, "\n");
	put_place(b, m, p);
}

static void put_head(struct buf *b, const struct model *m, const struct goroutine *g)
{
	const struct reason *reason = model_reason(m, g->wait.reason);
	int64_t minutes = 0;

	fmt_f(b, "goroutine %" PRIu64 " [", g->id);
	if (g->state == GO_STATE_WAITING && g->wait.reason)
		fmt_text(b, reason->name);
	else
		fmt_raw(b, go_state_name(g->state));
	if (g->state == GO_STATE_WAITING && g->wait.since != TIME_UNKNOWN)
		minutes = goroutine_wait_ns(m, g) / MINUTE_NS;
	if (minutes)
		fmt_f(b, ", %" PRId64 " minutes", minutes);
	fmt_raw(b, "]:\n");
}

static bool is_shown(const struct report *r, const struct goroutine *g)
{
	return g->id && !g->system && g->state != GO_STATE_EXITED && report_shows_goroutine(r, g->id);
}

static int traceback_write(const struct report *r, FILE *f, struct err *err)
{
	const struct model *m = r->m;
	struct buf b = { 0 };
	bool any = false;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		if (!is_shown(r, g))
			continue;
		buf_reset(&b);
		if (any)
			fmt_raw(&b, "\n");
		any = true;
		put_head(&b, m, g);
		put_stack(&b, m, g);
		put_created(&b, m, g);
		fwrite(b.data, 1, b.len, f);
	}
	any = buf_failed(&b);
	buf_free(&b);
	return any ? err_nomem(err) : 0;
}

const struct output output_traceback = {
	.name = "traceback",
	.help = "the goroutines at the end as in Go's own traceback, for other tools",
	.write = traceback_write,
};
