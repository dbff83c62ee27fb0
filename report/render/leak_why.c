// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/leak_why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/model/channel.h"
#include "report/render/fmt.h"

/* Channels of a select that are named. */
#define CASES_TOLD 4

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

static bool is_send(const struct why *w)
{
	return wait_dir(model_wait_class(w->m, w->l->reason), &w->g->objs[0]) == TRACE_DIR_SEND;
}

static bool has_channel(const struct why *w)
{
	return w->g->wait.nobjs == 1 && w->g->objs[0].kind == TRACE_OBJ_CHAN;
}

static void put_channel(struct why *w, const struct trace_obj *o)
{
	fmt_raw(&w->b, "channel ");
	fmt_obj(&w->b, w->m, o);
}

/* ", made by goroutine 1 at main.go:20" */
static void put_made(struct why *w, const struct trace_obj *o)
{
	const struct channel *c = model_channel(w->m, o->id);

	if (!c || !c->made_seen) {
		fmt_raw(&w->b, ", made before the recording");
		return;
	}
	fmt_f(&w->b, ", made by goroutine %" PRIu64 " at ", c->made_by);
	fmt_place_short(&w->b, w->m, symbols_stack_user(&w->m->sym, c->made_stack));
	if (c->made_by && !model_goroutine(w->m, c->made_by))
		fmt_raw(&w->b, ", which has exited");
}

static void put_end(struct why *w)
{
	fmt_raw(&w->b, "at ");
	fmt_dur(&w->b, (uint64_t)(w->m->end > 0 ? w->m->end : 0));
}

/* What the search in the target's memory found. */
static void put_unheld(struct why *w)
{
	uint32_t proven = w->l->proven, n = w->l->n;

	if (!proven)
		return;
	if (proven < n)
		fmt_f(&w->b, " For %u of the %u", proven, n);
	else
		fmt_raw(&w->b, n > 1 ? " For each" : "");
	fmt_raw(&w->b, n > 1 ? " the program's memory shows it: " : " The program's memory shows it: ");
	put_end(w);
	fmt_raw(&w->b, " no pointer to what it waits for was found in a variable, on the stack of a goroutine that can "
	               "go on, or in the heap behind these.");
	if (proven < n)
		fmt_raw(&w->b, " For the others one was found, perhaps a left-over.");
}

static bool any_made_seen(const struct why *w)
{
	for (uint32_t i = 0; i < w->g->wait.nobjs; i++) {
		const struct trace_obj *o = &w->g->objs[i];
		const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(w->m, o->id) : NULL;

		if (c && c->made_seen)
			return true;
	}
	return false;
}

/* The channels of a select. */
static void put_cases(struct why *w)
{
	bool any_made = any_made_seen(w);
	uint32_t told = 0, nil = 0;

	for (uint32_t i = 0; i < w->g->wait.nobjs; i++) {
		nil += w->g->objs[i].kind == TRACE_OBJ_NILCHAN;
		if (w->g->objs[i].kind != TRACE_OBJ_CHAN || told == CASES_TOLD)
			continue;
		if (told++)
			fmt_raw(&w->b, any_made ? "; " : ", ");
		else
			fmt_f(&w->b, "Goroutine %" PRIu64 " selects on ", w->g->id);
		put_channel(w, &w->g->objs[i]);
		if (any_made)
			put_made(w, &w->g->objs[i]);
	}
	if (!told)
		fmt_raw(&w->b, "Which channels it selects on is not known");
	else if (w->g->wait.nobjs_all > told + nil)
		fmt_f(&w->b, "%s and %" PRIu32 " more", any_made ? ";" : "", w->g->wait.nobjs_all - told - nil);
	fmt_raw(&w->b, told && !any_made ? ", made before the recording." : ".");
}

/* The users on the other side of the channel, as far as they were seen. */
static void put_other_side(struct why *w)
{
	const char *deed = is_send(w) ? "receive from" : "send on or close";
	const struct holder *h = &w->holder;

	if (!has_channel(w))
		return put_cases(w);
	fmt_f(&w->b, "Goroutine %" PRIu64 " waits on ", w->g->id);
	put_channel(w, &w->g->objs[0]);
	put_made(w, &w->g->objs[0]);
	if (h->root == ROOT_EXITED) {
		fmt_f(&w->b, "; %s that was seen to %s it has exited, the last was goroutine %" PRIu64 ".",
		      h->ngone == 1 ? "the only one" : "everyone", deed, h->gone);
	} else if (h->goid) {
		fmt_f(&w->b, "; goroutine %" PRIu64 " (%s) ", h->goid, evidence_phrase(h->evidence));
		fmt_raw(&w->b, "is alive, ");
	} else {
		fmt_f(&w->b, "; in the recording no goroutine was seen to %s it, and none waits to.", deed);
	}
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

static void put_channel_wait(struct why *w)
{
	put_other_side(w);
	if (has_channel(w) && w->holder.goid && w->holder.root != ROOT_EXITED) {
		put_doing(w, w->holder.goid);
		fmt_raw(&w->b, ".");
	}
	if (w->l->j.verdict == VERDICT_NEVER_CLOSED)
		fmt_raw(&w->b, " Only a close could end it.");
}

static void put_lock(struct why *w)
{
	uint64_t who = w->holder.goid ? w->holder.goid : w->holder.gone;
	const struct sync_obj *s =
	        w->g->wait.nobjs && w->g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(w->m, w->g->objs[0].id) : NULL;

	fmt_raw(&w->b, "The lock is ");
	fmt_obj(&w->b, w->m, &w->g->objs[0]);
	if (s && s->snap && s->flags & TRACE_SYNC_LOCKED)
		fmt_raw(&w->b, ", locked");
	else if (s && s->snap && s->counter > 0)
		fmt_f(&w->b, ", held by %" PRId64 " reader%s", s->counter, s->counter == 1 ? "" : "s");
	if (s && s->snap && s->flags & TRACE_SYNC_WRITER_WAITS)
		fmt_raw(&w->b, ", with a writer waiting");
	if (s && s->snap) {
		fmt_raw(&w->b, " ");
		put_end(w);
	}
	if (!who) {
		fmt_raw(&w->b, "; its holder is unknown: no unlock of it was seen, and Go's locks name no owner.");
		return;
	}
	fmt_f(&w->b, "; its likely holder is goroutine %" PRIu64 " (%s), ", who, evidence_phrase(w->holder.evidence));
	put_doing(w, who);
	fmt_raw(&w->b, ".");
}

static void put_waitgroup(struct why *w)
{
	const struct sync_obj *s =
	        w->g->wait.nobjs && w->g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(w->m, w->g->objs[0].id) : NULL;

	if (!s || !s->snap)
		return;
	fmt_raw(&w->b, "The ");
	fmt_obj(&w->b, w->m, &w->g->objs[0]);
	fmt_f(&w->b, " of goroutine %" PRIu64 " has the counter %" PRId64 " ", w->g->id, s->counter);
	put_end(w);
	fmt_f(&w->b, ": so many Done calls are missing.");
}

static void put_cycle(struct why *w)
{
	const struct goroutine *g = w->g;

	for (int i = 0; g && i < MODEL_MAX_CHAIN_DEPTH; i++) {
		struct holder h = holder_of(w->h, g);

		fmt_f(&w->b, "%soroutine %" PRIu64 " waits at ", i ? "; g" : "G", g->id);
		fmt_place_short(&w->b, w->m, symbols_stack_user(&w->m->sym, g->wait.stack));
		fmt_raw(&w->b, " for ");
		if (g->wait.nobjs)
			fmt_obj(&w->b, w->m, &g->objs[0]);
		fmt_f(&w->b, " and so for goroutine %" PRIu64 " (%s)", h.goid, evidence_phrase(h.evidence));
		g = h.goid == w->g->id ? NULL : model_goroutine(w->m, h.goid);
	}
	fmt_raw(&w->b, ".");
}

static void put_stuck(struct why *w)
{
	if (w->l->growing)
		fmt_raw(&w->b, "What they wait for can still be reached, but they come and none goes.");
	else
		put_channel_wait(w);
	fmt_raw(&w->b, " Only the time speaks against it.");
}

static void put_idle(struct why *w)
{
	static const char *const why[] = {
		[IDLE_NONE] = "",
		[IDLE_TIME] = "It waits for the time to pass.",
		[IDLE_NETWORK] = "It waits for the network.",
		[IDLE_MAIN] = "The main goroutine waits so that the program goes on.",
		[IDLE_HELD] = "Something that can go on still holds what it waits for.",
		[IDLE_SHORT] = "It has not waited for long.",
		[IDLE_UNKNOWN] =
		        "Nothing seen speaks against it; the program's memory was not searched for who could end it.",
	};
	uint8_t i = w->l->j.idle;

	fmt_raw(&w->b, i < sizeof(why) / sizeof(*why) ? why[i] : "");
}

static void put_evidence(struct why *w)
{
	switch ((enum verdict)w->l->j.verdict) {
	case VERDICT_IDLE:
		return put_idle(w);
	case VERDICT_STUCK:
		return put_stuck(w);
	case VERDICT_NIL_CHANNEL:
		fmt_raw(&w->b, "A nil channel is never ready: this wait cannot end.");
		return;
	case VERDICT_EMPTY_SELECT:
		fmt_raw(&w->b, "A select without cases cannot end.");
		return;
	case VERDICT_CYCLE:
		return put_cycle(w);
	case VERDICT_NO_ONE_LEFT:
	case VERDICT_NEVER_CLOSED:
	case VERDICT_NO_RECEIVER:
		put_channel_wait(w);
		return put_unheld(w);
	case VERDICT_LOCK:
		put_lock(w);
		return put_unheld(w);
	case VERDICT_WAITGROUP:
		put_waitgroup(w);
		return put_unheld(w);
	}
}

static void put_growth(struct why *w)
{
	const struct leak *l = w->l;
	const struct group *grp = &w->m->groups.v[l->group];

	if (!l->j.verdict || !l->grown)
		return;
	fmt_f(&w->b, " %" PRIu64 " of these waits began in the recording (%.3g a minute)", l->grown, l->per_minute);
	if (l->growing) {
		fmt_raw(&w->b, ", spread over all of it, while ");
		fmt_count(&w->b, grp->exited + grp->missed);
		fmt_raw(&w->b, " of the group exited");
	}
	fmt_raw(&w->b, ".");
}

char *leak_why(const struct model *m, struct holders *h, const struct leaks *all, const struct leak *l)
{
	struct why w = { .m = m, .h = h, .all = all, .l = l, .g = model_goroutine(m, l->example) };
	char *s;

	w.holder = holder_of(h, w.g);
	put_who(&w);
	put_evidence(&w);
	put_growth(&w);
	buf_put_u8(&w.b, 0);
	s = buf_failed(&w.b) ? NULL : strdup((const char *)w.b.data);
	buf_free(&w.b);
	return s;
}
