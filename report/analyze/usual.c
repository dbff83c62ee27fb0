// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/usual.h"

#include <errno.h>

static bool is_site(const void *table, uint32_t i, const void *key)
{
	const struct usual_site *a = &((const struct usual *)table)->v.v[i], *b = key;

	return a->place == b->place && a->reason == b->reason;
}

static uint32_t site_find(const struct usual *u, const struct usual_site *key)
{
	return index_find(&u->index, hash_two(key->place, key->reason), is_site, u, key);
}

static int add(struct usual *u, const struct usual_site *s)
{
	uint32_t i = site_find(u, s);

	if (i) {
		u->v.v[i].waits += s->waits;
		u->v.v[i].blocked += s->blocked;
		u->v.v[i].last = s->last > u->v.v[i].last ? s->last : u->v.v[i].last;
		return 0;
	}
	i = (uint32_t)u->v.n;
	return vec_push(&u->v, *s) || !index_add(&u->index, hash_two(s->place, s->reason), i) ? -ENOMEM : 0;
}

int usual_make(struct usual *u, const struct model *m)
{
	int ret;

	*u = (struct usual){ 0 };
	ret = vec_extend(&u->v, 1);
	for (uint32_t i = 1; i < m->wsites.n && !ret; i++) {
		const struct wsite *ws = &m->wsites.v[i];
		struct usual_site s = { .place = symbols_stack_user(&m->sym, ws->stack),
			                .reason = ws->reason,
			                .waits = ws->waits - ws->open,
			                .blocked = ws->blocked - ws->open_blocked,
			                .last = ws->last_end };

		if (s.waits)
			ret = add(u, &s);
	}
	return ret;
}

void usual_free(struct usual *u)
{
	index_free(&u->index);
	vec_free(&u->v);
}

struct usual_site usual_at(const struct usual *u, uint32_t place, uint32_t reason)
{
	struct usual_site key = { .place = place, .reason = reason };

	return u->v.v[site_find(u, &key)];
}
