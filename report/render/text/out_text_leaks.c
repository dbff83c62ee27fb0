// SPDX-License-Identifier: GPL-2.0-or-later
/* Every verdict above idle in full sentences, as JSON has them. */
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

void text_put_leaks(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	uint64_t shown = 0;

	text_title(t, "findings in detail", l->nsuspects ? NULL : "none");
	for (; shown < l->nsuspects && shown < t->r->opts.top; shown++) {
		say(&t->b, t->m, "{n}. ", W_N(shown + 1));
		text_mark(t, l->v.v[shown].j.strength == STRENGTH_TIME ? MARK_WARN : MARK_BAD);
		words_verdict_name(&t->b, &l->v.v[shown]);
		text_mark(t, MARK_END);
		fmt_raw(&t->b, ": ");
		words_leak_why(&t->b, t->m, l, &l->v.v[shown]);
		text_wrap(t, 2, 5);
	}
	text_more(t, shown, l->nsuspects);
}
