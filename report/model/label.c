// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/label.h"

#include "util/search.h"

int labels_add(struct labels *l, const struct trace_rec *rec)
{
	const struct trace_snap_label *p = &rec->snap_label;

	if (l->v.n >= MODEL_MAX_LABELS || !rec->goid || !p->key)
		return 0;
	return vec_push(&l->v, (struct label){ rec->goid, p->key, p->value, p->which });
}

static int label_cmp(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

static int by_value(const void *a, const void *b)
{
	const struct group_label *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

static int by_count(const void *a, const void *b)
{
	const struct group_label *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return by_value(a, b);
}

static void sum_groups(struct labels *l)
{
	size_t n = 0;

	if (!l->groups.n)
		return;
	qsort(l->groups.v, l->groups.n, sizeof(*l->groups.v), by_value);
	for (size_t i = 0; i < l->groups.n; i++) {
		if (n && !by_value(&l->groups.v[n - 1], &l->groups.v[i]))
			l->groups.v[n - 1].n++;
		else
			l->groups.v[n++] = l->groups.v[i];
	}
	l->groups.n = n;
	qsort(l->groups.v, n, sizeof(*l->groups.v), by_count);
}

int labels_settle(struct labels *l, uint32_t (*find)(const void *ctx, uint64_t goid, bool *is_last), const void *ctx)
{
	size_t n = 0;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct label *a = &l->v.v[i];
		bool is_last = false;
		uint32_t group = find(ctx, a->goid, &is_last);

		if (is_last && !a->which)
			continue;
		l->v.v[n++] = *a;
		if (group && vec_push(&l->groups, (struct group_label){ group, a->key, a->value, 1 }))
			return -ENOMEM;
	}
	l->v.n = n;
	if (n)
		qsort(l->v.v, n, sizeof(*l->v.v), label_cmp);
	sum_groups(l);
	return 0;
}

struct label_key {
	const struct labels *l;
	uint64_t id;
};

static bool is_goroutine(const void *ctx, size_t i)
{
	const struct label_key *key = ctx;

	return key->l->v.v[i].goid >= key->id;
}

static bool is_group(const void *ctx, size_t i)
{
	const struct label_key *key = ctx;

	return key->l->groups.v[i].group >= key->id;
}

const struct label *labels_of(const struct labels *l, uint64_t goid, size_t *n)
{
	struct label_key key = { l, goid };
	size_t first = search_first(l->v.n, is_goroutine, &key);

	*n = 0;
	while (first + *n < l->v.n && l->v.v[first + *n].goid == goid)
		(*n)++;
	return *n ? &l->v.v[first] : NULL;
}

const struct group_label *labels_of_group(const struct labels *l, uint32_t group, size_t *n)
{
	struct label_key key = { l, group };
	size_t first = search_first(l->groups.n, is_group, &key);

	*n = 0;
	while (first + *n < l->groups.n && l->groups.v[first + *n].group == group)
		(*n)++;
	return *n ? &l->groups.v[first] : NULL;
}

void labels_free(struct labels *l)
{
	vec_free(&l->v);
	vec_free(&l->groups);
}
