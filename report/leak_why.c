// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/leak_why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/fmt.h"

struct why {
	struct buf b;
	const struct model *m;
	struct holders *h;
	const struct leaks *all;
	const struct leak *l;
	const struct goroutine *g; /* the example */
	struct holder holder;
};

/* "18–22, 30 and 4 more" */
static void put_ids(struct why *w)
{
	const struct suspect *s = &w->all->suspects.v[w->l->first];
	uint32_t n = w->l->n, shown = 0;

	for (uint32_t i = 0; i < n;) {
		uint32_t run = 1;

		while (i + run < n && s[i + run].goid == s[i].goid + run)
			run++;
		if (++shown > 6) {
			fmt_f(&w->b, " and %u more", n - i);
			return;
		}
		fmt_f(&w->b, "%s%" PRIu64, i ? ", " : "", s[i].goid);
		if (run > 1)
			fmt_f(&w->b, "%s%" PRIu64, run > 2 ? "–" : ", ", s[i + run - 1].goid);
		i += run;
	}
}

static void put_who(struct why *w)
{
	bool many = w->l->n > 1;

	fmt_plural(&w->b, w->l->n, "goroutine");
	fmt_raw(&w->b, " (");
	put_ids(w);
	fmt_f(&w->b, ") of %s", many ? "the group " : "");
	fmt_group(&w->b, w->m, w->l->group);
	fmt_f(&w->b, " %s in ", many ? "wait" : "waits");
	fmt_text(&w->b, reason_name(w->m, w->l->reason));
	fmt_raw(&w->b, " at ");
	fmt_place_short(&w->b, w->m, w->l->place);
	fmt_raw(&w->b, many ? ", the longest for " : " for ");
	fmt_wait(&w->b, w->m, w->g, false);
	fmt_raw(&w->b, ". ");
}

static void put_recorded(struct why *w)
{
	int64_t from = w->m->opts.since > 0 ? w->m->opts.since : 0;

	fmt_raw(&w->b, "the ");
	fmt_dur(&w->b, (uint64_t)(w->m->end > from ? w->m->end - from : 0));
	fmt_raw(&w->b, " recorded");
}

/* "channel #3 (cap 0), made by goroutine 1 at main.go:20" */
static void put_channel(struct why *w)
{
	const struct channel *c = model_channel(w->m, w->g->objs[0].id);

	fmt_raw(&w->b, "channel ");
	fmt_obj(&w->b, w->m, &w->g->objs[0]);
	if (!c || !c->made_seen) {
		fmt_raw(&w->b, ", made before the recording,");
		return;
	}
	fmt_f(&w->b, ", made by goroutine %" PRIu64 " at ", c->made_by);
	fmt_place_short(&w->b, w->m, symbols_stack_user(&w->m->sym, c->made_stack));
	if (c->made_by && !model_goroutine(w->m, c->made_by))
		fmt_raw(&w->b, " (that goroutine has exited)");
	fmt_raw(&w->b, ",");
}

static void put_no_counterpart(struct why *w, const char *deed)
{
	fmt_raw(&w->b, "In ");
	put_recorded(w);
	fmt_f(&w->b, " no goroutine was seen to %s ", deed);
	put_channel(w);
	fmt_raw(&w->b, " and none that waits to.");
}

static void put_no_one_left(struct why *w)
{
	bool is_send = wait_dir(model_wait_class(w->m, w->l->reason), &w->g->objs[0]) == TRACE_DIR_SEND;

	fmt_raw(&w->b, "Of ");
	put_channel(w);
	fmt_f(&w->b, " %s known %s exited; the last was goroutine %" PRIu64 " (%s).",
	      w->holder.ngone == 1 ? "the only" : "every", is_send ? "receiver has" : "sender has", w->holder.gone,
	      evidence_phrase(w->holder.evidence));
}

/* What a goroutine does at the end. */
static void put_doing(struct why *w, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(w->m, goid);

	if (!g) {
		fmt_raw(&w->b, "which has exited");
	} else if (g->state != TRACE_GO_WAITING) {
		fmt_f(&w->b, "which is %s", go_state_name(g->state));
	} else {
		fmt_raw(&w->b, "which itself waits in ");
		fmt_text(&w->b, reason_name(w->m, g->wait.reason));
		fmt_raw(&w->b, " at ");
		fmt_place_short(&w->b, w->m, symbols_stack_user(&w->m->sym, g->wait.stack));
	}
}

static void put_lock(struct why *w)
{
	uint64_t who = w->holder.goid ? w->holder.goid : w->holder.gone;

	fmt_raw(&w->b, "The lock is ");
	fmt_obj(&w->b, w->m, &w->g->objs[0]);
	if (!who) {
		fmt_raw(&w->b, "; who holds it is not in the trace.");
		return;
	}
	fmt_f(&w->b, "; its likely holder (%s) is goroutine %" PRIu64 ", ", evidence_phrase(w->holder.evidence), who);
	put_doing(w, who);
	fmt_raw(&w->b, ".");
}

static void put_waitgroup(struct why *w)
{
	const struct sync_obj *s = model_sync(w->m, w->g->objs[0].id);

	if (s && s->snap)
		fmt_f(&w->b, "The WaitGroup still lacks %" PRId64 " Done call%s, and no", s->counter,
		      s->counter == 1 ? "" : "s");
	else
		fmt_raw(&w->b, "No");
	fmt_raw(&w->b, " goroutine that the waiting one created is alive.");
}

static void put_cycle(struct why *w)
{
	const struct goroutine *g = w->g;

	for (int i = 0; g && i < MODEL_MAX_CHAIN_DEPTH; i++) {
		struct holder h = holder_of(w->h, g);

		fmt_f(&w->b, "%soroutine %" PRIu64 " waits for ", i ? "; g" : "G", g->id);
		if (g->wait.nobjs)
			fmt_obj(&w->b, w->m, &g->objs[0]);
		fmt_f(&w->b, ", which goroutine %" PRIu64 " took last as far as is seen", h.goid);
		g = h.goid == w->g->id ? NULL : model_goroutine(w->m, h.goid);
	}
	fmt_raw(&w->b, ".");
}

static void put_evidence(struct why *w)
{
	switch ((enum verdict)w->l->verdict) {
	case VERDICT_NIL_CHANNEL:
		fmt_raw(&w->b, "A nil channel is never ready: this wait cannot end.");
		return;
	case VERDICT_EMPTY_SELECT:
		fmt_raw(&w->b, "A select without cases cannot end.");
		return;
	case VERDICT_CYCLE:
		return put_cycle(w);
	case VERDICT_NO_ONE_LEFT:
		return put_no_one_left(w);
	case VERDICT_NO_RECEIVER:
		return put_no_counterpart(w, "receive from");
	case VERDICT_NO_SENDER:
		return put_no_counterpart(w, "send on or close");
	case VERDICT_LOCK:
		return put_lock(w);
	case VERDICT_WAITGROUP:
		return put_waitgroup(w);
	case VERDICT_GROWING:
		fmt_raw(&w->b, "Each wait may be in order, but the group grows.");
		return;
	case VERDICT_STUCK:
		fmt_raw(&w->b, "In ");
		put_recorded(w);
		fmt_raw(&w->b, " nobody was seen who could end it.");
		return;
	case VERDICT_NONE:
		return;
	}
}

static void put_growth(struct why *w)
{
	const struct group *grp = &w->m->groups.v[w->l->group];

	if (!w->l->growing)
		return;
	fmt_raw(&w->b, " Growing: ");
	fmt_count(&w->b, w->l->created);
	fmt_raw(&w->b, " of those that wait here were created in the recording, while ");
	fmt_count(&w->b, grp->exited + grp->missed);
	fmt_raw(&w->b, " of the group exited.");
}

char *leak_why(const struct model *m, struct holders *h, const struct leaks *all, const struct leak *l)
{
	struct why w = { .m = m, .h = h, .all = all, .l = l, .g = model_goroutine(m, l->example) };
	char *s;

	w.holder = holder_of(h, w.g);
	put_who(&w);
	put_evidence(&w);
	put_growth(&w);
	if (l->strength == STRENGTH_TIME)
		fmt_raw(&w.b, " Only the time speaks for a leak; it may be idle.");
	buf_put_u8(&w.b, 0);
	s = buf_failed(&w.b) ? NULL : strdup((const char *)w.b.data);
	buf_free(&w.b);
	return s;
}
