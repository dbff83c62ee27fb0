// SPDX-License-Identifier: GPL-2.0-or-later
/* What is waited on, by the place that made it: channels and locks in one table. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

struct object_sum {
	uint32_t id; /* objsite */
	uint64_t waits, blocked, waiting;
};

static int sum_cmp(const void *a, const void *b)
{
	const struct object_sum *x = a, *y = b;

	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	if (x->waits != y->waits)
		return x->waits > y->waits ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void sum_channel(struct object_sum *sums, const struct channel *c)
{
	sums[c->objsite].waits += c->waits;
	sums[c->objsite].blocked += c->blocked;
	sums[c->objsite].waiting += c->waiters_n;
}

/* By objsite; NULL: out of memory. */
static struct object_sum *sum_objects(const struct report *r)
{
	const struct model *m = r->m;
	struct object_sum *sums = calloc(m->objsites.n + 1, sizeof(*sums));
	const struct channel *c;

	if (!sums)
		return NULL;
	for (uint32_t i = 0; i < m->objsites.n; i++)
		sums[i].id = i;
	for (uint32_t id = 1; (c = channels_next(&m->channels, &id));)
		if (report_shows_channel(r, c))
			sum_channel(sums, c);
	for (size_t i = 0; i < m->channels.gone.v.n; i++)
		if (report_shows_channels(r, &m->channels.gone.v.v[i]))
			sum_channel(sums, &m->channels.gone.v.v[i].sum);
	for (size_t i = 1; i < m->syncs.n; i++) {
		const struct sync_obj *s = &m->syncs.v[i];

		if (!report_shows_sync(r, s))
			continue;
		sums[s->objsite].waits += s->waits;
		sums[s->objsite].blocked += s->blocked;
		sums[s->objsite].waiting += s->waiters_n;
	}
	return sums;
}

static void put_row(struct table *tb, const struct object_sum *sum)
{
	struct text *t = tb->t;
	const struct objsite *o = &t->m->objsites.v[sum->id];

	table_cell_str(tb, o->kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(o->sync_kind)
	                   : o->timer                ? "timer channel"
	                                             : "channel");
	table_cell_count(tb, o->objects);
	table_cell_count(tb, sum->waits);
	table_cell_dur(tb, sum->blocked);
	table_cell_count(tb, sum->waiting);
	fmt_raw(&t->b, o->made ? "made at " : "waited for at ");
	fmt_place_short(&t->b, t->m, o->place);
	table_cell(tb);
	table_anchor(tb, 'o', sum->id);
}

void text_put_objects(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "what" },
		{ .head = "objects", .right = true },
		{ .head = "waits", .right = true },
		{ .head = "blocked", .right = true },
		{ .head = "waiting", .right = true },
		{ .head = "where", .flex = true },
	};
	struct object_sum *sums = sum_objects(t->r);
	uint64_t shown = 0, all = 0;
	struct table tb;

	if (!sums) {
		t->b.failed = true;
		return;
	}
	if (t->m->objsites.n > 1)
		qsort(sums + 1, t->m->objsites.n - 1, sizeof(*sums), sum_cmp);
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 1; i < t->m->objsites.n; i++) {
		/* The nodes of channels that nobody used link here, too. */
		if ((!sums[i].waits && !sums[i].waiting && !t->html) || all++ >= t->r->opts.top)
			continue;
		shown++;
		put_row(&tb, &sums[i]);
	}
	text_title(t, "channels and locks by place", all ? NULL : "none was waited on");
	table_print(&tb);
	text_more(t, shown, all);
	free(sums);
}
