// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/objects.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/model/channels.h"
#include "report/model/chanstate.h"

static bool is_used(const struct object_row *row)
{
	return row->waits || row->waiting;
}

static int object_cmp(const void *a, const void *b)
{
	const struct object_row *x = a, *y = b;

	if (is_used(x) != is_used(y))
		return is_used(x) ? -1 : 1;
	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	if (x->waits != y->waits)
		return x->waits > y->waits ? -1 : 1;
	return (x->objsite > y->objsite) - (x->objsite < y->objsite);
}

/* sums is indexed by object site. */
static void sum_channel(struct object_row *sums, const struct channel *c)
{
	sums[c->objsite].waits += c->waits;
	sums[c->objsite].blocked += c->blocked;
	sums[c->objsite].waiting += c->waiters_n;
}

static void sum_objects(struct object_row *sums, const struct report *r)
{
	const struct model *m = r->m;
	const struct channel *c;

	for (uint32_t id = 1; (c = channels_next(&m->channels, &id));)
		if (report_shows_channel(r, c))
			sum_channel(sums, c);
	for (size_t i = 0; i < m->channels.gone.v.n; i++)
		if (report_shows_channels(r, &m->channels.gone.v.v[i]))
			sum_channel(sums, &m->channels.gone.v.v[i].sum);
	for (size_t i = 1; i < m->syncs.n; i++) {
		const struct sync_obj *s = &m->syncs.v[i];

		if (!report_shows_sync(r, s))
			continue;
		sums[s->objsite].waits += s->waits;
		sums[s->objsite].blocked += s->blocked;
		sums[s->objsite].waiting += s->waiters_n;
	}
}

int objects_find(struct object_rows *rows, const struct report *r)
{
	*rows = (struct object_rows){ 0 };
	for (uint32_t i = 0; i < r->m->objsites.n; i++)
		if (vec_push(&rows->v, (struct object_row){ .objsite = i })) {
			objects_free(rows);
			return -ENOMEM;
		}
	if (!rows->v.n)
		return 0;
	sum_objects(rows->v.v, r);
	/* Site 0 is none. */
	rows->v.v[0] = rows->v.v[--rows->v.n];
	if (rows->v.n)
		qsort(rows->v.v, rows->v.n, sizeof(*rows->v.v), object_cmp);
	while (rows->used < rows->v.n && is_used(&rows->v.v[rows->used]))
		rows->used++;
	return 0;
}

void objects_free(struct object_rows *rows)
{
	vec_free(&rows->v);
}

static int channel_cmp(const void *a, const void *b)
{
	const struct chan_row *x = a, *y = b;

	if (!x->sum.waiters_n != !y->sum.waiters_n)
		return x->sum.waiters_n ? -1 : 1;
	if (x->sum.blocked != y->sum.blocked)
		return x->sum.blocked > y->sum.blocked ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

int channel_rows_find(struct chan_rows *rows, const struct report *r)
{
	const struct chan_rows *gone = &r->m->channels.gone;
	const struct channel *c;
	int ret = 0;

	*rows = (struct chan_rows){ 0 };
	for (uint32_t id = 1; !ret && (c = channels_next(&r->m->channels, &id));)
		if (report_shows_channel(r, c))
			ret = chan_rows_add(rows, r->m, c);
	for (size_t i = 0; i < gone->v.n && !ret; i++)
		if (report_shows_channels(r, &gone->v.v[i]))
			ret = chan_rows_add_gone(rows, r->m, &gone->v.v[i]);
	if (ret) {
		chan_rows_free(rows);
		return -ENOMEM;
	}
	if (rows->v.n)
		qsort(rows->v.v, rows->v.n, sizeof(*rows->v.v), channel_cmp);
	return 0;
}

static int user_cmp(const void *a, const void *b)
{
	const struct chan_user *x = *(const struct chan_user *const *)a, *y = *(const struct chan_user *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

int channel_users_find(struct channel_users *users, const struct model *m, const struct channel *c)
{
	*users = (struct channel_users){ 0 };
	for (uint32_t i = c->users.first; i; i = m->uses.users.v[i].next)
		if (vec_push(&users->v, &m->uses.users.v[i])) {
			channel_users_free(users);
			return -ENOMEM;
		}
	if (users->v.n)
		qsort(users->v.v, users->v.n, sizeof(*users->v.v), user_cmp);
	return 0;
}

void channel_users_free(struct channel_users *users)
{
	vec_free(&users->v);
}

static int id_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int add_channels_of(struct channel_ids *ids, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN && vec_push(&ids->v, g->objs[i].id))
			return -ENOMEM;
	return 0;
}

int leak_channels_find(struct channel_ids *ids, const struct report *r, const struct leak *l)
{
	size_t n = 0;

	*ids = (struct channel_ids){ 0 };
	for (uint32_t i = 0; i < l->n; i++) {
		if (add_channels_of(ids, model_goroutine(r->m, r->leaks.suspects.v[l->first + i].goid))) {
			channel_ids_free(ids);
			return -ENOMEM;
		}
	}
	if (ids->v.n)
		qsort(ids->v.v, ids->v.n, sizeof(*ids->v.v), id_cmp);
	for (size_t i = 0; i < ids->v.n; i++)
		if (!n || ids->v.v[n - 1] != ids->v.v[i])
			ids->v.v[n++] = ids->v.v[i];
	ids->v.n = n;
	return 0;
}

void channel_ids_free(struct channel_ids *ids)
{
	vec_free(&ids->v);
}
