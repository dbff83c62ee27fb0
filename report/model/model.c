// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/waitclass.h"
#include "report/model/channel.h"

int model_new(struct model **out, const struct model_opts *opts, struct err *err)
{
	struct model *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return err_nomem(err);
	ret = symbols_init(&m->sym, err);
	if (ret) {
		free(m);
		return ret;
	}
	m->opts = *opts;
	m->goroutine_slab.size = slab_size(sizeof(struct goroutine));
	m->channels.slab.size = slab_size(sizeof(struct channel));
	m->likely[0] = m->likely[1] = &m->nobody;
	if (filter_init(&m->filter, &opts->filter) || vec_extend(&m->reasons, 1) || vec_extend(&m->syncs, 1) ||
	    chanuse_init(&m->uses) || vec_extend(&m->groups, 1) || vec_extend(&m->objsites, 1) ||
	    vec_extend(&m->wsites, 1) || vec_extend(&m->edges, 1) || vec_extend(&m->chains, 1)) {
		model_free(m);
		return err_nomem(err);
	}
	*out = m;
	return 0;
}

static void goroutine_drop(struct goroutine *g)
{
	if (g->objs != &g->obj1)
		free(g->objs);
	if (g->end)
		free(g->end->objs);
	free(g->end);
	rowset_free(g->marks);
}

static void goroutines_free(struct model *m)
{
	for (size_t i = 0; i < m->slots.n; i++)
		if (m->slots.v[i])
			goroutine_drop(m->slots.v[i]);
	slab_free(&m->goroutine_slab);
	vec_free(&m->slots);
	vec_free(&m->free_slots);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	goroutines_free(m);
	vec_free(&m->reasons);
	vec_free(&m->gone);
	channels_free(&m->channels);
	vec_free(&m->syncs);
	chanuse_free(&m->uses);
	vec_free(&m->groups);
	vec_free(&m->objsites);
	vec_free(&m->wsites);
	vec_free(&m->wsite_of_stack);
	vec_free(&m->group_of_entry);
	vec_free(&m->edges);
	vec_free(&m->chains);
	vec_free(&m->wakes);
	vec_free(&m->waiters);
	vec_free(&m->sorted);
	vec_free(&m->losses);
	vec_free(&m->doubts);
	vec_free(&m->stops);
	vec_free(&m->life);
	vec_free(&m->wake_stacks);
	map_free(&m->wake_stack_index);
	vec_free(&m->life_objs);
	map_free(&m->by_id);
	index_free(&m->group_index);
	index_free(&m->objsite_index);
	index_free(&m->wsite_index);
	index_free(&m->edge_index);
	index_free(&m->chain_index);
	map_free(&m->wake_index);
	filter_free(&m->filter);
	symbols_free(&m->sym);
	free(m);
}

struct goroutine *model_goroutine(const struct model *m, uint64_t goid)
{
	if (m->likely[0]->id == goid && goid)
		return m->likely[0];
	if (m->likely[1]->id == goid && goid)
		return m->likely[1];
	return model_goroutine_find(m, goid);
}

static struct goroutine *goroutine_new(struct model *m, uint64_t goid)
{
	struct goroutine *g = slab_get_zeroed(&m->goroutine_slab);
	uint32_t i;

	if (!g)
		return NULL;
	g->id = goid;
	g->started = g->exited = g->prev_end = TIME_UNKNOWN;
	g->objs = &g->obj1;
	g->objs_cap = 1;
	if (m->free_slots.n) {
		i = m->free_slots.v[--m->free_slots.n];
		m->slots.v[i] = g;
	} else {
		i = (uint32_t)m->slots.n;
		if (vec_push(&m->slots, g))
			return NULL;
	}
	g->slot = i;
	return g;
}

struct goroutine *model_goroutine_get(struct model *m, uint64_t goid)
{
	struct goroutine *g = model_goroutine(m, goid);
	uint64_t *at;

	if (g)
		return g;
	at = map_put(&m->by_id, goid, NULL);
	g = at ? goroutine_new(m, goid) : NULL;
	if (!g) {
		map_del(&m->by_id, goid);
		m->failed = true;
		return NULL;
	}
	*at = (uintptr_t)g;
	m->likely[1] = g;
	return g;
}

const struct gone *model_gone(const struct model *m, uint64_t goid)
{
	size_t lo = 0, hi = m->gone.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->gone.v[mid].id < goid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->gone.n && m->gone.v[lo].id == goid ? &m->gone.v[lo] : NULL;
}

void model_goroutine_fold(struct model *m, struct goroutine *g)
{
	struct gone rec = { .id = g->id,
		            .parent = g->parent,
		            .started = g->started,
		            .exited = g->exited,
		            .waits = g->waits,
		            .blocked = g->blocked,
		            .unseen = g->unseen,
		            .group = g->group,
		            .system = g->system,
		            .missed = g->exit_missed };

	if ((m->opts.keep_each && m->gone.n < MODEL_MAX_GONE) || g->id == m->opts.goroutine)
		m->failed |= vec_push(&m->gone, rec) != 0;
	else
		m->gone_dropped++;
	chanuse_goroutine_gone(m, g);
	map_del(&m->by_id, g->id);
	m->slots.v[g->slot] = NULL;
	m->failed |= vec_push(&m->free_slots, g->slot) != 0;
	goroutine_drop(g);
	g->id = 0;
	slab_put(&m->goroutine_slab, g);
}

void model_goroutine_set_group(struct model *m, struct goroutine *g, uint32_t group)
{
	struct group *from = &m->groups.v[g->group], *to = &m->groups.v[group];

	if (g->group == group)
		return;
	from->waits -= g->waits;
	from->blocked -= g->blocked;
	from->unseen -= g->unseen;
	to->waits += g->waits;
	to->blocked += g->blocked;
	to->unseen += g->unseen;
	g->group = group;
	g->last_wsite = 0;
}

int goroutine_set_objs(struct goroutine *g, const struct trace_obj *objs, uint32_t n)
{
	if (n > TRACE_MAX_OBJS)
		n = TRACE_MAX_OBJS;
	if (n > g->objs_cap) {
		struct trace_obj *p = malloc(n * sizeof(*p));

		if (!p)
			return -ENOMEM;
		if (g->objs != &g->obj1)
			free(g->objs);
		g->objs = p;
		g->objs_cap = n;
	}
	/* Most often one: a loop is faster than what memcpy() becomes. */
	for (uint32_t i = 0; i < n; i++)
		g->objs[i] = objs[i];
	g->wait.nobjs = n;
	return 0;
}

struct group_key {
	uint32_t site, func;
	uint32_t entry;
};

/* Groups of one function are one, wherever its first line is; of an address that has no name, by place. */
static bool group_eq(const void *table, uint32_t i, const void *key)
{
	const struct model *m = table;
	const struct group_key *k = key;
	const struct group *g = &m->groups.v[i];
	uint32_t func = symbols_place(&m->sym, g->entry)->func;

	return g->site == k->site && func == k->func && (func || g->entry == k->entry);
}

uint32_t model_group_get(struct model *m, uint32_t site, uint32_t entry)
{
	uint32_t func = symbols_place(&m->sym, entry)->func;
	struct group_key key = { site, func, entry };
	uint64_t h = hash_two(site, func ? func : ~entry);
	uint32_t i;

	if (!site && !entry)
		return 0;
	i = index_find(&m->group_index, h, group_eq, m, &key);
	if (i)
		return i;
	i = (uint32_t)m->groups.n;
	if (vec_push(&m->groups, (struct group){ .site = site, .entry = entry }) || !index_add(&m->group_index, h, i)) {
		m->failed = true;
		return 0;
	}
	return i;
}

struct sync_obj *model_sync(const struct model *m, uint32_t id)
{
	return id && id < m->syncs.n ? &m->syncs.v[id] : NULL;
}

const struct reason *model_reason(const struct model *m, uint32_t id)
{
	return &m->reasons.v[id < m->reasons.n ? id : 0];
}

uint8_t model_wait_class(const struct model *m, uint32_t reason)
{
	return model_reason(m, reason)->class;
}

static int define_sync(struct model *m, const struct trace_def_sync *d, struct err *err)
{
	struct sync_obj s = { .addr = d->addr, .kind = d->kind, .defined = true };

	if (d->id && d->id < m->syncs.n)
		return 0;
	if (d->id != m->syncs.n)
		return err_set(err, EBADMSG, "the trace is damaged: sync object %u is defined out of order", d->id);
	return vec_push(&m->syncs, s) ? err_nomem(err) : 0;
}

/* Reasons are numbered by Go, so they can come in any order; there are some 50. */
static int define_reason(struct model *m, const struct trace_def_reason *d, struct err *err)
{
	if (!d->id || d->id > 65536)
		return err_set(err, EBADMSG, "the trace is damaged: wait reason %u", d->id);
	if (vec_extend(&m->reasons, (size_t)d->id + 1))
		return err_nomem(err);
	if (!m->reasons.v[d->id].defined)
		m->reasons.v[d->id] =
		        (struct reason){ .name = symbols_string(&m->sym, d->name), .class = d->class, .defined = true };
	return 0;
}

static int define_stack(struct model *m, const struct trace_rec *rec, struct err *err)
{
	int ret = symbols_define(&m->sym, rec, err);

	if (!ret && filter_take_stacks(&m->filter, m))
		return err_nomem(err);
	return ret;
}

int model_define(struct model *m, const struct trace_rec *rec, struct err *err)
{
	switch (rec->type) {
	case TRACE_DEF_CHAN:
		return channel_define(m, &rec->def_chan, err);
	case TRACE_DEF_SYNC:
		return define_sync(m, &rec->def_sync, err);
	case TRACE_DEF_REASON:
		return define_reason(m, &rec->def_reason, err);
	case TRACE_DEF_STACK:
		return define_stack(m, rec, err);
	default:
		return symbols_define(&m->sym, rec, err);
	}
}

static bool objsite_eq(const void *table, uint32_t i, const void *key)
{
	const struct model *m = table;
	const struct objsite *a = &m->objsites.v[i], *b = key;

	return a->kind == b->kind && a->sync_kind == b->sync_kind && a->made == b->made && a->place == b->place &&
	       a->timer == b->timer;
}

static uint32_t objsite_get(struct model *m, struct objsite key)
{
	uint64_t h = hash_two(key.place, (uint64_t)key.kind << 16 | (uint64_t)key.sync_kind << 8 |
	                                         (key.made ? 2u : 0u) | (key.timer ? 1u : 0u));
	uint32_t i = index_find(&m->objsite_index, h, objsite_eq, m, &key);

	if (!i) {
		i = (uint32_t)m->objsites.n;
		if (vec_push(&m->objsites, key) || !index_add(&m->objsite_index, h, i)) {
			m->failed = true;
			return 0;
		}
	}
	m->objsites.v[i].objects++;
	return i;
}

/*
 * Of an object that was only waited for where nobody knows, so far: the next
 * wait may tell, so it is not counted here.
 */
static uint32_t objsite_unknown(struct model *m, struct objsite key)
{
	uint32_t i = objsite_get(m, key);

	if (i && m->objsites.v[i].objects > 1)
		m->objsites.v[i].objects--;
	return i;
}

uint32_t model_objsite_of(struct model *m, const struct trace_obj *obj, uint32_t where)
{
	struct objsite key = { .kind = obj->kind, .example = obj->id };
	uint32_t *cached = NULL;

	if (obj->kind == TRACE_OBJ_CHAN) {
		struct channel *c = model_channel(m, obj->id);

		if (!c)
			return 0;
		if (c->objsite)
			return c->objsite;
		key.made = c->made_seen && c->made_stack;
		key.place = symbols_stack_user(&m->sym, key.made ? c->made_stack : where);
		key.timer = c->timer;
		cached = &c->objsite;
	} else if (obj->kind == TRACE_OBJ_SYNC) {
		struct sync_obj *s = model_sync(m, obj->id);

		if (!s)
			return 0;
		if (s->objsite)
			return s->objsite;
		key.sync_kind = s->kind;
		key.place = symbols_stack_user(&m->sym, where);
		cached = &s->objsite;
	} else {
		return 0;
	}
	if (!key.made && !key.place)
		return objsite_unknown(m, key);
	*cached = objsite_get(m, key);
	return *cached;
}

bool wait_class_is_idle(uint8_t class)
{
	return wait_class_of(class)->is_idle;
}

uint8_t wait_dir(uint8_t class, const struct trace_obj *obj)
{
	return obj->dir ? obj->dir : wait_class_of(class)->dir;
}

int64_t goroutine_wait_ns(const struct model *m, const struct goroutine *g)
{
	int64_t since = g->wait.since, ns;

	if (g->state != TRACE_GO_WAITING || g->wait.unsure)
		return 0;
	if (since == TIME_UNKNOWN)
		since = 0;
	if (__builtin_sub_overflow(m->end, since, &ns))
		return 0;
	return ns > 0 ? ns : 0;
}
