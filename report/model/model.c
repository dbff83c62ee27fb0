// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/model.h"

#include <stdlib.h>

static int init_parts(struct model *m)
{
	const struct model_opts *o = &m->opts;

	goroutines_init(&m->goroutines);
	channels_init(&m->channels);
	life_init(&m->life, o->goroutine, o->since);
	if (reasons_init(&m->reasons) || filter_init(&m->filter, &o->filter, &m->sym, &m->reasons) ||
	    syncs_init(&m->syncs) || chanuse_init(&m->uses, &m->sym, o->keep_each) || groups_init(&m->groups) ||
	    objsites_init(&m->objsites) || wsites_init(&m->wsites) || edges_init(&m->edges) ||
	    wake_chains_init(&m->wake_chains))
		return -ENOMEM;
	return 0;
}

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
	if (init_parts(m)) {
		model_free(m);
		return err_nomem(err);
	}
	*out = m;
	return 0;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	goroutines_free(&m->goroutines);
	channels_free(&m->channels);
	syncs_free(&m->syncs);
	chanuse_free(&m->uses);
	vec_free(&m->waiters);
	owners_free(&m->owners);
	lock_holders_free(&m->lock_holders);
	labels_free(&m->labels);
	fd_infos_free(&m->fds);
	next_uses_free(&m->next_uses);
	groups_free(&m->groups);
	objsites_free(&m->objsites);
	wsites_free(&m->wsites);
	edges_free(&m->edges);
	wake_chains_free(&m->wake_chains);
	wakes_free(&m->wakes);
	wake_stacks_free(&m->wake_stacks);
	life_free(&m->life);
	lossrange_free(&m->losses);
	defects_free(&m->defects);
	stops_free(&m->stops);
	filter_free(&m->filter);
	reasons_free(&m->reasons);
	symbols_free(&m->sym);
	free(m);
}

static int define_stack(struct model *m, const struct trace_rec *rec, struct err *err)
{
	int ret = symbols_define(&m->sym, rec, err);

	if (!ret && filter_take_stacks(&m->filter))
		return err_nomem(err);
	return ret;
}

int model_define(struct model *m, const struct trace_rec *rec, struct err *err)
{
	switch (rec->type) {
	case TRACE_DEF_CHAN:
		return channels_define(&m->channels, &rec->def_chan, err);
	case TRACE_DEF_SYNC:
		return syncs_define(&m->syncs, &rec->def_sync, err);
	case TRACE_DEF_REASON:
		return reasons_define(&m->reasons, &m->sym, &rec->def_reason, err);
	case TRACE_DEF_STACK:
		return define_stack(m, rec, err);
	default:
		return symbols_define(&m->sym, rec, err);
	}
}

struct goroutine *model_goroutine_add(struct model *m, uint64_t goid)
{
	struct goroutine *g = goroutines_add(&m->goroutines, goid);

	m->failed |= !g;
	return g;
}

struct channel *model_channel_new(struct model *m, uint32_t id, struct chan_slot *slot)
{
	struct channel *c = channel_new(&m->channels, id, slot);

	if (c)
		c->kept = id == m->opts.channel;
	m->failed |= !c;
	return c;
}

/* Sets *key to what is known of the object's class; returns where the object keeps it. NULL: the object is unknown. */
static uint32_t *objsite_key(const struct model *m, const struct trace_obj *obj, uint32_t where, struct objsite *key)
{
	struct channel *c = obj->kind == TRACE_OBJ_CHAN ? model_channel(m, obj->id) : NULL;
	struct sync_obj *s = obj->kind == TRACE_OBJ_SYNC ? model_sync(m, obj->id) : NULL;

	*key = (struct objsite){ .kind = obj->kind, .example = obj->id };
	if (c) {
		key->made = c->made_seen && c->made_stack;
		key->place = symbols_stack_user(&m->sym, key->made ? c->made_stack : where);
		key->timer = c->timer;
		return &c->objsite;
	}
	if (s) {
		key->sync_kind = s->kind;
		key->place = symbols_stack_user(&m->sym, where);
		return &s->objsite;
	}
	return NULL;
}

uint32_t model_objsite_add(struct model *m, const struct trace_obj *obj, uint32_t where)
{
	struct objsite key;
	uint32_t *cached = objsite_key(m, obj, where, &key), i;

	if (!cached)
		return 0;
	i = objsites_add(&m->objsites, &key);
	m->failed |= !i;
	if (key.made || key.place)
		*cached = i;
	else if (i && m->objsites.v[i].objects > 1)
		m->objsites.v[i].objects--; /* the next wait may tell the place: do not count it yet */
	return i;
}

uint32_t model_objsite(const struct model *m, const struct trace_obj *obj, uint32_t where)
{
	struct objsite key;
	const uint32_t *cached = objsite_key(m, obj, where, &key);

	if (!cached || *cached)
		return cached ? *cached : 0;
	return objsites_find(&m->objsites, &key);
}

int64_t goroutine_wait_ns(const struct model *m, const struct goroutine *g)
{
	int64_t since = g->wait.since, ns;

	if (g->state != GO_STATE_WAITING || g->wait.unsure)
		return 0;
	if (since == TIME_UNKNOWN)
		since = model_has_events(m) ? 0 : m->end;
	if (__builtin_sub_overflow(m->end, since, &ns))
		return 0;
	return ns > 0 ? ns : 0;
}

bool model_is_timer(const struct model *m, const struct trace_obj *o)
{
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->id) : NULL;

	return c && c->timer;
}

bool goroutine_goes_on(const struct model *m, const struct goroutine *g)
{
	return g->state != GO_STATE_WAITING || wait_class_is_idle(model_wait_class(m, g->wait.reason)) ||
	       (g->wait.nobjs && model_is_timer(m, &g->objs[0]));
}

bool goroutine_is_runtime(const struct model *m, const struct goroutine *g)
{
	return g->system && !(g->state == GO_STATE_WAITING && symbols_stack_app(&m->sym, g->wait.stack));
}

const struct owner *model_owner_why(const struct model *m, const struct trace_obj *obj)
{
	size_t n;
	const struct owner *o = model_owners(m, obj->kind, obj->id, &n);

	for (size_t i = 0; i < n; i++)
		if (o[i].kind == TRACE_OWNER_VARIABLE)
			return &o[i];
	return o;
}

int64_t model_stopped_ns(const struct model *m, int64_t from, int64_t to)
{
	return stops_sum(&m->stops, from, to < m->end ? to : m->end);
}

bool model_is_all_stopped(const struct model *m)
{
	int64_t from = model_from(m);
	int64_t ns = model_stopped_ns(m, from, m->end), ran = m->end - from - ns;

	return ns > 0 && ran <= STOP_EDGE_NS && ran <= ns;
}
