// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/fmt.h"
#include "report/render/text/text.h"

static void put_link_who(struct text *t, const struct chain *c, const struct chain_link *l)
{
	if (l->goid && (!c->past || c->count == 1))
		fmt_f(&t->b, "goroutine %" PRIu64 " (", l->goid);
	fmt_group(&t->b, t->m, l->group);
	if (l->goid && (!c->past || c->count == 1))
		fmt_raw(&t->b, ")");
}

static void put_link_what(struct text *t, const struct chain *c, const struct chain_link *l)
{
	const struct model *m = t->m;

	fmt_raw(&t->b, " waits in ");
	fmt_text(&t->b, reason_name(m, l->reason));
	if (!c->past && l->nobjs == 1) {
		fmt_raw(&t->b, " on ");
		fmt_obj(&t->b, m, &l->obj);
	} else if (!c->past && l->nobjs > 1) {
		fmt_f(&t->b, " on %u channels", l->nobjs);
	}
	fmt_raw(&t->b, " at ");
	fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, l->wsite_stack));
	if (!c->past) {
		fmt_raw(&t->b, l->before ? ", for ≥ " : ", for ");
		fmt_dur(&t->b, l->blocked);
	}
	if (l->repeats > 1)
		fmt_f(&t->b, ", %u such waits in a row", l->repeats);
}

static void put_link(struct text *t, const struct chain *c, uint32_t i)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first + i];

	fmt_raw(&t->b, i ? "→ " : "");
	put_link_who(t, c, l);
	put_link_what(t, c, l);
	text_wrap(t, 5, 7);
	if (c->past || !l->evidence || !l->held_by)
		return;
	fmt_f(&t->b, "for goroutine %" PRIu64 ": %s", l->held_by, evidence_phrase(l->evidence));
	if (l->among > 1)
		fmt_f(&t->b, " (of %u known that could end it)", l->among);
	text_wrap(t, 7, 9);
}

static void put_root(struct text *t, const struct chain *c)
{
	const struct chain_link *last = &t->r->chains.links.v[c->first + c->n - 1];

	fmt_raw(&t->b, "= ");
	if (c->past && c->root_cause == ROOT_RUNNING) {
		fmt_raw(&t->b, "ended by ");
		fmt_group(&t->b, t->m, c->root_group);
		fmt_f(&t->b, " (%s), which had not been waiting", trace_cause_name(last->cause));
	} else if (c->past) {
		fmt_f(&t->b, "ended by: %s",
		      c->root_cause == ROOT_UNKNOWN ? "nobody that was seen" : root_cause_phrase(c->root_cause));
	} else if (c->root_cause == ROOT_RUNNING) {
		fmt_f(&t->b, "root cause: goroutine %" PRIu64 " (", c->root);
		fmt_group(&t->b, t->m, c->root_group);
		fmt_f(&t->b, ") is %s", go_state_name(c->root_state));
	} else {
		fmt_f(&t->b, "root cause: %s", root_cause_phrase(c->root_cause));
		if (c->root_cause == ROOT_CYCLE)
			fmt_f(&t->b, " (back to goroutine %" PRIu64 ")", last->held_by);
	}
	text_wrap(t, 5, 7);
}

/* Links from i on that look alike: the same goroutines wait at the same place. */
static uint32_t alike(const struct chain_link *l, uint32_t i, uint32_t n)
{
	uint32_t k = i + 1;

	while (k < n && l[k].group == l[i].group && l[k].wsite_stack == l[i].wsite_stack && l[k].reason == l[i].reason)
		k++;
	return k - i;
}

/* Of many links that look alike the first and the last are told. */
void text_put_chain(struct text *t, const struct chain *c)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first];

	for (uint32_t i = 0, run; i < c->n; i += run) {
		run = alike(l, i, c->n);
		put_link(t, c, i);
		if (run > 3) {
			fmt_f(&t->b, "→ … %u more waits like this, one for the other", run - 2);
			text_wrap(t, 5, 7);
			put_link(t, c, i + run - 1);
		} else {
			run = 1;
		}
	}
	put_root(t, c);
}

static void put_chain_head(struct text *t, const struct chain *c, uint64_t n)
{
	fmt_f(&t->b, "%2" PRIu64 ". ", n);
	fmt_dur(&t->b, c->blocked);
	fmt_raw(&t->b, c->past ? " blocked, " : " blocked in the recording, ");
	fmt_plural(&t->b, c->count, c->past ? "wait" : "goroutine");
	if (c->count > 1) {
		fmt_raw(&t->b, c->past ? " that ended like this, the longest " : " wait like this, the longest ");
		if (t->r->chains.links.v[c->first].before)
			fmt_raw(&t->b, "≥ ");
		fmt_dur(&t->b, c->max);
	}
	text_wrap(t, 1, 5);
}

/* A single wait of which nothing more is known: it stands in the tables, and says nothing here. */
static bool is_trivial(const struct chain *c)
{
	return c->n == 1 && c->root_cause == ROOT_UNKNOWN;
}

static void put_trivial(struct text *t, bool past)
{
	uint64_t chains = 0, count = 0, max = 0;
	bool before = false;

	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past != past || !is_trivial(c))
			continue;
		chains++;
		count += c->count;
		if (c->max > max) {
			max = c->max;
			before = t->r->chains.links.v[c->first].before;
		}
	}
	if (!chains)
		return;
	fmt_raw(&t->b, "Not shown: ");
	fmt_plural(&t->b, count, past ? "wait" : "goroutine");
	fmt_raw(&t->b,
	        past ? " whose end nobody was seen to bring" : " of which the trace shows nobody who could wake them");
	fmt_raw(&t->b, ", at ");
	fmt_plural(&t->b, chains, "place");
	fmt_raw(&t->b, before ? ", the longest ≥ " : ", the longest ");
	fmt_dur(&t->b, max);
	fmt_raw(&t->b, past ? "." : " (see BLOCKED AT THE END).");
	text_wrap(t, 2, 5);
}

static int longer_first(const void *a, const void *b, void *ctx)
{
	const struct chain *v = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (v[x].n != v[y].n)
		return v[x].n > v[y].n ? -1 : 1;
	return (x > y) - (x < y);
}

/* A goroutine behind the head of a chain that is shown: its own chain is a part of that one. */
static bool tell_chain(struct text *t, struct map *told, const struct chain *c)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first];

	if (c->count == 1 && map_get(told, l->goid))
		return false;
	for (uint32_t i = 1; i < c->n; i++)
		if (!map_put(told, l[i].goid, NULL))
			t->b.failed = true;
	return true;
}

/* Of each open chain whether it is the end of another one, or a cycle that is told already; NULL: out of memory. */
static bool *find_parts(struct text *t)
{
	const struct chains *cs = &t->r->chains;
	bool *parts = calloc(cs->v.n + 1, sizeof(*parts));
	uint32_t *order = calloc(cs->v.n + 1, sizeof(*order)), n = 0;
	struct map told = { 0 };

	if (!parts || !order) {
		free(parts);
		free(order);
		return NULL;
	}
	for (uint32_t i = 0; i < cs->v.n; i++)
		if (!cs->v.v[i].past)
			order[n++] = i;
	if (n)
		qsort_r(order, n, sizeof(*order), longer_first, cs->v.v);
	for (uint32_t i = 0; i < n; i++)
		parts[order[i]] = !tell_chain(t, &told, &cs->v.v[order[i]]);
	map_free(&told);
	free(order);
	return parts;
}

static void put_parts(struct text *t, uint64_t parts)
{
	if (!parts)
		return;
	fmt_raw(&t->b, "Not shown: ");
	fmt_plural(&t->b, parts, "chain");
	fmt_raw(&t->b, parts == 1 ? " that is a part of these." : " that are parts of these.");
	text_wrap(t, 2, 5);
}

static void put_kind(struct text *t, bool past, uint64_t top)
{
	uint64_t shown = 0, all = 0, parts = 0;
	bool *is_part = find_parts(t);

	if (!is_part) {
		t->b.failed = true;
		return;
	}

	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past != past || is_trivial(c))
			continue;
		if (is_part[i]) {
			parts++;
			continue;
		}
		if (all++ >= top)
			continue;
		put_chain_head(t, c, ++shown);
		text_put_chain(t, c);
	}
	text_more(t, shown, all);
	put_parts(t, parts);
	put_trivial(t, past);
	free(is_part);
}

void text_put_chains(struct text *t)
{
	struct buf when = { 0 };
	bool open = t->r->chains.v.n && !t->r->chains.v.v[0].past;
	bool past = t->r->chains.v.n && t->r->chains.v.v[t->r->chains.v.n - 1].past;
	uint64_t top = t->r->opts.top < 10 ? t->r->opts.top : t->r->opts.top > 20 ? t->r->opts.top : 10;

	fmt_raw(&when, "blocking chains at ");
	if (t->m->opts.is_instant)
		fmt_dur(&when, (uint64_t)(t->m->end > 0 ? t->m->end : 0));
	else
		fmt_raw(&when, "the end");
	text_title(t, buf_str(&when), open ? NULL : "none");
	buf_free(&when);
	put_kind(t, false, top);
	text_title(t, "blocking chains over time", past ? NULL : "none");
	put_kind(t, true, top);
}
