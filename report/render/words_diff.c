// SPDX-License-Identifier: GPL-2.0-or-later
/* What changed between two traces. */
#include "report/model/names.h"
#include "report/render/words.h"

/* One goroutine more is no rate. */
static bool has_rate(const struct diff_side *s)
{
	return s->created > s->exited + 1;
}

static void put_rates(struct buf *b, const struct diff_growth *g)
{
	const struct diff_side *before = &g->row->side[0];

	if (!has_rate(&g->row->side[1]))
		return;
	say(b, NULL, ", growing by {rate}/s", W_RATE(g->per_second[1]));
	if (!before->there)
		return;
	say(b, NULL, " ({if}{rate}/s{else}not growing{end} before)", W_IF(has_rate(before)), W_RATE(g->per_second[0]));
}

void words_diff_growth(struct buf *b, const struct diff *d, const struct diff_growth *g)
{
	const struct diff_side *before = &g->row->side[0], *now = &g->row->side[1];
	const struct model *m = d->r[1]->m;
	const struct wsite *ws = &m->wsites.v[g->wsite];

	if (now->has_creators)
		say(b, m, "{func}, mostly created at {created}", W_PLACE(group_name_place(m, &m->groups.v[now->id])),
		    W_GROUP(now->id));
	else
		say(b, m, "{group}", W_GROUP(now->id));
	say(b, m, ": {if}from {n} to {n goroutine}{else}new, {n goroutine}{end}", W_IF(before->there),
	    W_N(before->alive), W_N(now->alive), W_N(now->alive));
	put_rates(b, g);
	if (g->wsite)
		say(b, m, "; {n} {is waits|wait} in {reason}{at}", W_N(g->waiting), W_N(g->waiting),
		    W_REASON(ws->reason), W_PLACE(symbols_stack_user(&m->sym, ws->stack)));
	say(b, m, "{word}", W_WORD("."));
}
