// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/finding_key.h"

#include <stdlib.h>
#include <string.h>

#include "report/model/names.h"
#include "report/render/fmt.h"
#include "report/render/words.h"

#define CYCLE_MAX 32 /* functions of a cycle; nobody accepts a longer one by name */

static void put_func(struct buf *b, const struct model *m, uint32_t place)
{
	const char *name = symbols_place_func(&m->sym, place);

	fmt_text(b, *name ? name : "?");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each once and sorted: which goroutine of a cycle comes first is chance. */
static void put_cycle(struct buf *b, const struct report *r, const struct leak *l)
{
	const char *names[CYCLE_MAX] = { 0 };
	uint32_t n = l->cycle_n < CYCLE_MAX ? l->cycle_n : CYCLE_MAX;

	for (uint32_t i = 0; i < n; i++)
		names[i] = symbols_place_func(&r->m->sym, r->leaks.cycles.v[l->cycle_first + i].place);
	qsort(names, n, sizeof(*names), by_name);
	for (uint32_t i = 0; i < n; i++) {
		if (i && !strcmp(names[i], names[i - 1]))
			continue;
		fmt_raw(b, i ? " + " : "");
		fmt_text(b, *names[i] ? names[i] : "?");
	}
}

static void put_leak(struct buf *b, const struct report *r, const struct leak *l)
{
	uint32_t created = group_created_at(&r->m->groups.v[l->group]);

	if (l->cycle_n) {
		put_cycle(b, r, l);
		return;
	}
	put_func(b, r->m, l->place);
	if (!created)
		return;
	fmt_raw(b, ", created by ");
	put_func(b, r->m, created);
}

/* What runs, and who creates it: where it waits is another question. */
static void put_growth(struct buf *b, const struct model *m, const struct growth *g)
{
	const struct group *group = &m->groups.v[g->group];
	uint32_t created = group_created_at(group);

	put_func(b, m, group_name_place(m, group));
	if (!created)
		return;
	fmt_raw(b, ", created by ");
	put_func(b, m, created);
}

void finding_key(struct buf *b, const struct report *r, const struct finding *f)
{
	fmt_raw(b, words_finding_kind_name(f->kind));
	fmt_raw(b, " ");
	if (f->leak != FINDING_NO_LEAK)
		put_leak(b, r, &r->leaks.v.v[f->leak]);
	else if (f->kind == FINDING_GROWTH)
		put_growth(b, r->m, &r->findings.growths.v.v[f->growth]);
	else
		put_func(b, r->m, r->findings.contentions.v.v[f->contention].place);
}
