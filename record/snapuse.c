// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/snapuse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/debug.h"

#define USES_MAX (1u << 20)
#define PER_OBJECT 64

/*
 * Whether it stands in line for the object, to use it alike. One that waits to
 * send and would receive later is told, because others wait behind it.
 */
static bool is_in_line(const struct gread *g, const struct gread_use *u)
{
	for (uint32_t i = 0; g->state == TRACE_GO_WAITING && i < g->nobjs; i++)
		if (g->objs[i].addr == u->addr && !(g->objs[i].dir == TRACE_DIR_SEND && u->kind == USE_KIND_RECV))
			return true;
	return false;
}

int snapuses_add(struct snapuses *s, const struct gread *g)
{
	for (uint32_t i = 0; i < g->nuses && s->v.n < USES_MAX; i++) {
		struct snapuse u = { .addr = g->uses[i].addr, .goid = g->goid, .use = g->uses[i] };

		if (!is_in_line(g, &g->uses[i]) && vec_push(&s->v, u))
			return -ENOMEM;
	}
	return 0;
}

static int use_cmp(const void *a, const void *b)
{
	const struct snapuse *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	if (x->use.kind != y->use.kind)
		return x->use.kind < y->use.kind ? -1 : 1;
	return (x->use.pc > y->use.pc) - (x->use.pc < y->use.pc);
}

void snapuses_settle(struct snapuses *s, const struct map *wanted)
{
	size_t all = s->v.n, n = 0, kept = 0, of_object = 0;

	for (size_t i = 0; i < all; i++) {
		const uint64_t *key = map_get(wanted, s->v.v[i].addr);

		if (!key)
			continue;
		s->v.v[n] = s->v.v[i];
		s->v.v[n++].key = *key;
	}
	if (n)
		qsort(s->v.v, n, sizeof(*s->v.v), use_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct snapuse *u = &s->v.v[i], *before = kept ? &s->v.v[kept - 1] : NULL;

		of_object = before && before->addr == u->addr ? of_object : 0;
		if (of_object == PER_OBJECT ||
		    (of_object && before->goid == u->goid && before->use.kind == u->use.kind))
			continue;
		of_object++;
		s->v.v[kept++] = *u;
	}
	s->v.n = kept;
	debug(DEBUG_SNAPSHOT, "%zu uses ahead, %zu of objects that are waited for, %zu kept", all, n, kept);
}

void snapuses_clear(struct snapuses *s)
{
	s->v.n = 0;
}

void snapuses_free(struct snapuses *s)
{
	vec_free(&s->v);
}
