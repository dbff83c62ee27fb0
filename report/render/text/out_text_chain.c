// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

static void put_link(struct text *t, const struct chain *c, uint32_t i)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first + i];

	fmt_raw(&t->b, i ? "→ " : "");
	words_chain_link(&t->b, t->m, c, l);
	text_wrap(t, 5, 7);
	words_chain_blocker(&t->b, c, l);
	text_wrap(t, 7, 9);
}

/* Links from i on that look alike: the same goroutines wait at the same place. */
static uint32_t alike(const struct chain_link *l, uint32_t i, uint32_t n)
{
	uint32_t k = i + 1;

	while (k < n && l[k].group == l[i].group && l[k].wsite_stack == l[i].wsite_stack && l[k].reason == l[i].reason)
		k++;
	return k - i;
}

/* Of many links that look alike, only the first and the last are printed. */
void text_put_chain(struct text *t, const struct chain *c)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first];

	for (uint32_t i = 0, run; i < c->n; i += run) {
		run = alike(l, i, c->n);
		put_link(t, c, i);
		if (run > 3) {
			say(&t->b, t->m, "→ … {n} more like this, each waiting for the next", W_N(run - 2));
			text_wrap(t, 5, 7);
			put_link(t, c, i + run - 1);
		} else {
			run = 1;
		}
	}
	words_chain_root(&t->b, t->m, c, &l[c->n - 1]);
	text_wrap(t, 5, 7);
}

static void put_chain_head(struct text *t, const struct chain *c, uint64_t n)
{
	bool before = t->r->chains.links.v[c->first].before;

	fmt_f(&t->b, "%2" PRIu64 ". ", n);
	if (c->past)
		say(&t->b, t->m, "{dur} blocked in {n wait}", W_DUR(c->blocked), W_N(c->count));
	else
		say(&t->b, t->m, "{n goroutine}, blocked for {dur} {word}during the recording", W_N(c->count),
		    W_DUR(c->blocked), W_WORD(c->count > 1 ? "in total " : ""));
	if (c->count > 1)
		say(&t->b, t->m, "{word}, the longest {word}{dur}", W_WORD(c->past ? " that ended like this" : ""),
		    W_WORD(before ? "≥ " : ""), W_DUR(c->max));
	text_wrap(t, 1, 5);
}

/* A single wait of which nothing more is known. The tables have it. */
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
	say(&t->b, t->m, "Not shown: {n} {word} with no known waker, at {n place}, the longest {word}{dur}.",
	    W_N(count), W_WORD(past ? (count == 1 ? "wait" : "waits") : (count == 1 ? "goroutine" : "goroutines")),
	    W_N(chains), W_WORD(before ? "≥ " : ""), W_DUR(max));
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

/* Whether to print the chain. One that starts inside another chain is a part of that one. */
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

/* For each open chain, whether it is part of a longer one or a cycle already printed. NULL: out of memory. */
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

static void put_left_out(struct text *t, uint64_t parts, uint64_t findings)
{
	if (parts) {
		say(&t->b, t->m, "Not shown: {n chain} that {is is a part|are parts} of these.", W_N(parts),
		    W_N(parts));
		text_wrap(t, 2, 5);
	}
	if (findings) {
		say(&t->b, t->m, "Not shown: {n chain} of a single wait (see Findings).", W_N(findings));
		text_wrap(t, 2, 5);
	}
}

/* The goroutines of the findings. */
static struct map finding_members(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	struct map members = { 0 };

	for (uint32_t i = 0; i < l->nsuspects; i++)
		for (uint32_t k = 0; k < l->v.v[i].n; k++)
			if (!map_put(&members, l->suspects.v[l->v.v[i].first + k].goid, NULL))
				t->b.failed = true;
	return members;
}

/* A single wait that a finding covers. */
static bool is_finding(const struct text *t, const struct chain *c, const struct map *members)
{
	return !c->past && c->n == 1 && map_get(members, t->r->chains.links.v[c->first].goid);
}

static void put_kind(struct text *t, bool past, uint64_t top, bool all_of_them)
{
	uint64_t shown = 0, all = 0, parts = 0, findings = 0;
	bool *is_part = find_parts(t);
	struct map members = { 0 };

	if (!is_part) {
		t->b.failed = true;
		return;
	}
	if (!all_of_them)
		members = finding_members(t);
	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past != past || is_trivial(c))
			continue;
		if (is_part[i] || is_finding(t, c, &members)) {
			*(is_part[i] ? &parts : &findings) += 1;
			continue;
		}
		if (all++ >= top)
			continue;
		put_chain_head(t, c, ++shown);
		text_put_chain(t, c);
	}
	text_more(t, shown, all);
	put_left_out(t, parts, findings);
	put_trivial(t, past);
	map_free(&members);
	free(is_part);
}

void text_put_chains(struct text *t, unsigned max)
{
	size_t n = t->r->chains.v.n;
	bool open = n && !t->r->chains.v.v[0].past, past = n && t->r->chains.v.v[n - 1].past;
	uint64_t top = max && max < t->r->opts.top ? max : t->r->opts.top;
	struct buf title = { 0 };

	if (t->m->opts.is_instant)
		say(&title, t->m, "blocking chains at {dur}", W_DUR(t->m->end));
	else
		fmt_raw(&title, "blocking chains at the end");
	text_title(t, buf_str(&title), open ? NULL : "none");
	buf_free(&title);
	put_kind(t, false, top, !max);
	text_title(t, "blocking chains over time", past ? NULL : "none");
	put_kind(t, true, top, !max);
}
