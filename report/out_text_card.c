// SPDX-License-Identifier: GPL-2.0-or-later
/* One goroutine, one channel: all that is known of it. */
#include <inttypes.h>
#include <string.h>

#include "report/chanstate.h"
#include "report/fmt.h"
#include "report/text.h"

static void put_roles(struct text *t, uint32_t roles)
{
	static const char *const names[] = { "sends", "receives", "closes", "selects" };
	bool any = false;

	for (int i = 0; i < 4; i++) {
		if (!(roles & 1u << i))
			continue;
		fmt_f(&t->b, "%s%s", any ? ", " : "", names[i]);
		any = true;
	}
}

void text_put_channel(struct text *t, uint32_t id)
{
	const struct channel *c = model_channel(t->m, id);
	uint64_t shown = 0;

	if (!c)
		return;
	text_title(t, "channel", NULL);
	text_put_channel_head(t);
	text_put_channel_row(t, c, id, 1);
	if (c->made_seen) {
		text_title(t, "made by", NULL);
		text_put_stack(t, c->made_stack, 4);
	}
	if (c->close_seen) {
		text_title(t, "closed by", NULL);
		text_put_stack(t, c->close_stack, 4);
	}
	text_title(t, "its users", c->users ? NULL : "none was seen");
	for (uint32_t i = c->users; i; i = t->m->users.v[i].next) {
		const struct chan_user *u = &t->m->users.v[i];

		if (shown++ >= t->r->opts.top)
			continue;
		fmt_f(&t->b, "  goroutine %" PRIu64 " (", u->goid);
		fmt_group(&t->b, t->m, u->group);
		fmt_raw(&t->b, ") ");
		put_roles(t, u->roles);
		fmt_raw(&t->b, ", seen ");
		fmt_plural(&t->b, u->count, "time");
		fmt_raw(&t->b, model_goroutine(t->m, u->goid) ? "" : ", exited");
		text_wrap(t, 0, 4);
	}
	text_more(t, shown < t->r->opts.top ? shown : t->r->opts.top, shown);
}

/* Waking and woken, of the goroutine's own. */
static void put_wakes(struct text *t, uint64_t goid, bool waker)
{
	uint64_t shown = 0;

	text_title(t, waker ? "whom it woke" : "who woke it", NULL);
	for (size_t i = 0; i < t->m->wakes.n; i++) {
		const struct wake *w = &t->m->wakes.v[i];
		uint64_t other = waker ? w->woken : w->waker;

		if ((waker ? w->waker : w->woken) != goid)
			continue;
		if (shown++ >= t->r->opts.top)
			continue;
		if (other)
			fmt_f(&t->b, "  goroutine %" PRIu64, other);
		else
			fmt_raw(&t->b, "  no goroutine");
		fmt_f(&t->b, ", by %s", trace_cause_name(w->cause));
		if (w->obj.kind) {
			fmt_raw(&t->b, " on ");
			fmt_obj(&t->b, t->m, &w->obj);
		}
		fmt_raw(&t->b, ", ");
		fmt_plural(&t->b, w->count, "time");
		fmt_raw(&t->b, ", after ");
		fmt_dur(&t->b, w->blocked);
		fmt_raw(&t->b, " in all");
		text_wrap(t, 0, 4);
	}
	if (!shown)
		text_line(t, "  nobody was seen");
	text_more(t, shown < t->r->opts.top ? shown : t->r->opts.top, shown);
}

static void put_life(struct text *t, uint64_t parent, uint32_t group, int64_t started, int64_t exited, uint64_t waits,
                     uint64_t blocked)
{
	fmt_raw(&t->b, "  ");
	fmt_group(&t->b, t->m, group);
	if (parent)
		fmt_f(&t->b, ", created by goroutine %" PRIu64, parent);
	if (started != TIME_UNKNOWN) {
		fmt_raw(&t->b, " at ");
		fmt_dur(&t->b, (uint64_t)(started > 0 ? started : 0));
	} else {
		fmt_raw(&t->b, ", before the recording");
	}
	if (exited != TIME_UNKNOWN) {
		fmt_raw(&t->b, ", exited at ");
		fmt_dur(&t->b, (uint64_t)(exited > 0 ? exited : 0));
	}
	fmt_raw(&t->b, "; ");
	fmt_plural(&t->b, waits, "wait");
	fmt_raw(&t->b, ", ");
	fmt_dur(&t->b, blocked);
	fmt_raw(&t->b, " blocked.");
	text_wrap(t, 0, 2);
}

static void put_chains_of(struct text *t, uint64_t goid)
{
	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past || t->r->chains.links.v[c->first].goid != goid)
			continue;
		text_title(t, "its blocking chain", NULL);
		text_put_chain(t, c);
	}
}

void text_put_goroutine(struct text *t, uint64_t goid)
{
	const struct model *m = t->m;
	const struct goroutine *g = model_goroutine(m, goid);
	char title[64];

	snprintf(title, sizeof(title), "goroutine %" PRIu64 ": %s", goid, g ? go_state_name(g->state) : "exited");
	text_title(t, title, NULL);
	for (size_t i = 0; i < m->gone.n && !g; i++) {
		const struct gone *x = &m->gone.v[i];

		if (x->id == goid)
			put_life(t, x->parent, x->group, x->started, x->exited, x->waits, x->blocked);
	}
	if (g) {
		put_life(t, g->parent, g->group, g->started, g->exited, g->waits, g->blocked);
		if (g->state == TRACE_GO_WAITING) {
			fmt_raw(&t->b, "  Waits in ");
			fmt_text(&t->b, reason_name(m, g->wait.reason));
			for (uint32_t i = 0; i < g->wait.nobjs; i++) {
				fmt_raw(&t->b, i ? ", " : " on ");
				fmt_obj(&t->b, m, &g->objs[i]);
			}
			fmt_raw(&t->b, " for ");
			fmt_wait(&t->b, m, g, false);
			fmt_raw(&t->b, ":");
			text_wrap(t, 0, 2);
		}
		text_put_stack(t, g->wait.stack, 4);
		put_chains_of(t, goid);
	}
	put_wakes(t, goid, false);
	put_wakes(t, goid, true);
}
