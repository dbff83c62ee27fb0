// SPDX-License-Identifier: GPL-2.0-or-later
/* Every verdict above idle in full sentences, which JSON has as well. */
#include "report/render/text/text.h"
#include "report/render/words.h"

static void put_leak(struct text *t, const struct leak *l)
{
	text_mark(t, l->j.strength == STRENGTH_TIME ? MARK_WARN : MARK_BAD);
	words_verdict_title(&t->b, t->m, l);
	text_say(t, "{mark}. ", W_MARK(MARK_END));
	words_leak_why(&t->b, t->m, &t->r->leaks, l);
}

void text_put_leaks(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	uint64_t shown = 0;

	text_title(t, "findings in detail", l->nsuspects ? NULL : "none");
	for (; shown < l->nsuspects && shown < t->r->opts.top; shown++) {
		text_say(t, "{n}. ", W_N(shown + 1));
		put_leak(t, &l->v.v[shown]);
		text_wrap(t, 2, 5);
	}
	text_more(t, shown, l->nsuspects);
}

static bool is_of(const struct leaks *all, const struct leak *l, uint64_t goid)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (all->suspects.v[l->first + i].goid == goid)
			return true;
	return false;
}

void text_put_leak_of(struct text *t, uint64_t goid)
{
	const struct leaks *all = &t->r->leaks;

	for (uint32_t i = 0; i < all->nsuspects; i++) {
		if (!is_of(all, &all->v.v[i], goid))
			continue;
		text_title(t, "its finding", NULL);
		put_leak(t, &all->v.v[i]);
		text_wrap(t, 2, 2);
	}
}
