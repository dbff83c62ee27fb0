// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a pointer to what goroutines wait for. */
#include "report/render/text/text.h"

void text_put_owners(struct text *t, const char *title, const struct trace_obj *obj)
{
	size_t n;
	const struct owner *o = model_owners(t->m, obj->kind, obj->id, &n);

	if (!n)
		return;
	text_title(t, title, NULL);
	for (size_t i = 0; i < n; i++) {
		words_owner(&t->b, t->m, &o[i]);
		text_wrap(t, 2, 4);
	}
	words_owners_all(&t->b, t->m, o, n);
	text_wrap(t, 2, 4);
}
