// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocking chains: who waits for whom, down to the root cause. */
#include "report/analyze/wait_sites.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

static void put_link(struct text *t, const struct chain *c, uint32_t i)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first + i];

	text_say(t, "{if}→ {end}", W_IF(i));
	words_chain_link(&t->b, t->m, c, l);
	text_wrap(t, 5, 7);
	words_chain_blocker(&t->b, t->m, c, l);
	text_wrap(t, 7, 9);
}

/* How many links from i on look alike: the same group waits at the same place. */
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
			text_say(t, "→ … {n} more like this, each waiting for the next", W_N(run - 2));
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

	if (c->past)
		text_say(t, "{num >2}. {dur} blocked in {n wait}{if} that ended like this, the longest {dur}{end}",
		         W_N(n), W_DUR(c->blocked), W_N(c->count), W_IF(c->count > 1), W_LEAST(c->max, before));
	else
		text_say(t,
		         "{num >2}. {n goroutine}, blocked for {dur}{if} in total{end}{if} during the recording{end}"
		         "{if}, the longest {dur}{end}",
		         W_N(n), W_N(c->count), W_LEAST(c->blocked, !model_has_events(t->m)), W_IF(c->count > 1),
		         W_IF(model_has_events(t->m)), W_IF(c->count > 1), W_LEAST(c->max, before));
	text_wrap(t, 1, 5);
}

static void put_trivial(struct text *t, bool past)
{
	uint64_t chains = 0, count = 0, max = 0;
	bool before = false;

	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past != past || c->class != CHAIN_LONE)
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
	text_say(t,
	         "Not shown: {if}{n wait}{else}{n goroutine}{end} with no known waker, at {n place}, "
	         "the longest {dur}.",
	         W_IF(past), W_N(count), W_N(count), W_N(chains), W_LEAST(max, before));
	text_wrap(t, 2, 5);
}

static void put_parts(struct text *t, uint64_t parts)
{
	if (!parts)
		return;
	text_say(t, "Not shown: {n chain} that {is is a part|are parts} of these.", W_N(parts), W_N(parts));
	text_wrap(t, 2, 5);
}

/* Whether it is known what the wait at its head was; those of which it is not are only counted. */
static bool is_known(const struct text *t, const struct chain *c)
{
	const struct chain_link *l = &t->r->chains.links.v[c->first];

	return !c->n || !wait_is_unknown(t->m, l->wsite_stack, l->reason);
}

static void put_kind(struct text *t, bool past)
{
	uint64_t shown = 0, all = 0, parts = 0;

	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past != past || c->class == CHAIN_LONE || !is_known(t, c))
			continue;
		if (c->class == CHAIN_PART) {
			parts++;
			continue;
		}
		if (all++ >= t->r->opts.top)
			continue;
		put_chain_head(t, c, ++shown);
		text_put_chain(t, c);
	}
	text_more(t, shown, all);
	put_parts(t, parts);
	put_trivial(t, past);
}

static void put_title(struct text *t, const char *what, const char *remark)
{
	struct buf title = { 0 };

	say(&title, t->m, "{if}blocking chains at {dur}{else}{word}{end}", W_IF(t->m->opts.is_instant),
	    W_DUR(t->m->end), W_WORD(what));
	text_title(t, buf_str(&title), remark);
	buf_free(&title);
}

void text_put_chains(struct text *t)
{
	size_t n = t->r->chains.v.n;
	bool open = n && !t->r->chains.v.v[0].past, past = n && t->r->chains.v.v[n - 1].past;

	put_title(t, "blocking chains at the end", open ? NULL : "none");
	put_kind(t, false);
	if (!model_has_wakers(t->m))
		return;
	text_title(t, "blocking chains over time", past ? NULL : "none");
	put_kind(t, true);
}

/* Only what cost at least a hundredth of the recording, or what --at asks for. */
static bool is_main_chain(const struct text *t, const struct chain *c)
{
	if (c->class != CHAIN_WHOLE || !is_known(t, c))
		return false;
	return t->m->opts.is_instant ? !c->past : c->blocked >= report_duration(t->r) / 100;
}

/* A page without findings always shows one chain. */
static bool has_room(const struct text *t, const struct chain *c, uint64_t shown, unsigned last_line)
{
	return t->lines + c->n + 3 <= last_line || (!shown && !t->r->findings.v.n);
}

void text_put_main_chains(struct text *t, unsigned max, unsigned last_line)
{
	uint64_t shown = 0, all = 0;
	bool full = false;

	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (!is_main_chain(t, c))
			continue;
		all++;
		full |= shown == max || !has_room(t, c, shown, last_line);
		if (full)
			continue;
		if (!shown)
			put_title(t, "blocking chains", NULL);
		put_chain_head(t, c, ++shown);
		text_put_chain(t, c);
	}
	if (!all && t->m->opts.is_instant)
		put_title(t, "blocking chains", "none");
	if (!shown || shown == all)
		return;
	text_line(t, "  … and {n} more (--full)", W_N(all - shown));
}
