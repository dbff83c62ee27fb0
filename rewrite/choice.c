// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite/choice.h"

#include <errno.h>

#include "report/model/channel.h"

/* More goroutines of a group than these do not make a finding clearer. */
#define SIBLINGS_FULL 64

void choice_free(struct choice *c)
{
	map_free(&c->goroutines);
	map_free(&c->objs);
}

int choice_add(struct choice *c, uint64_t goid, enum choice_part part, bool *added)
{
	uint64_t *slot;

	if (added)
		*added = false;
	if (!goid)
		return 0;
	slot = map_put(&c->goroutines, goid, added);
	if (!slot)
		return -ENOMEM;
	if (*slot < part)
		*slot = part;
	return 0;
}

enum choice_part choice_of(const struct choice *c, uint64_t goid)
{
	const uint64_t *slot = goid ? map_get(&c->goroutines, goid) : NULL;

	return slot ? (enum choice_part) * slot : CHOICE_NONE;
}

static uint64_t obj_key(const struct trace_obj *o)
{
	return (uint64_t)o->kind << 32 | o->id;
}

static bool is_shared(const struct trace_obj *o)
{
	return o->kind == TRACE_OBJ_CHAN || o->kind == TRACE_OBJ_SYNC;
}

int choice_add_obj(struct choice *c, const struct trace_obj *o)
{
	return !is_shared(o) || map_put(&c->objs, obj_key(o), NULL) ? 0 : -ENOMEM;
}

bool choice_has_obj(const struct choice *c, const struct trace_obj *o)
{
	return is_shared(o) && map_get(&c->objs, obj_key(o));
}

/* A goroutine and what it waits for. */
static int add_waiting(struct choice *c, const struct model *m, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(m, goid);
	int ret = choice_add(c, goid, CHOICE_FULL, NULL);

	for (uint32_t i = 0; g && g->state == GO_STATE_WAITING && i < g->wait.nobjs && !ret; i++)
		ret = choice_add_obj(c, &g->objs[i]);
	return ret;
}

static int add_blocker(struct choice *c, const struct model *m, const struct blocker *who)
{
	int ret = who->goid ? add_waiting(c, m, who->goid) : 0;

	return ret ? ret : choice_add(c, who->gone, CHOICE_FULL, NULL);
}

/* The others of a group: a verdict compares with those that went on, growth with those that left. */
static int add_group(struct choice *c, const struct report *r, uint32_t group, bool is_wide)
{
	const struct model *m = r->m;
	uint32_t n = 0;
	int ret = 0;

	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		if (g->group == group)
			ret = choice_add(c, g->id, is_wide || n++ < SIBLINGS_FULL ? CHOICE_FULL : CHOICE_THERE, NULL);
	}
	n = 0;
	for (size_t i = 0; i < m->goroutines.gone.n && !ret; i++) {
		const struct gone *g = &m->goroutines.gone.v[i];

		if (g->group == group)
			ret = choice_add(c, g->id, is_wide || n++ < SIBLINGS_FULL ? CHOICE_FULL : CHOICE_THERE, NULL);
	}
	return ret;
}

static int add_leak(struct choice *c, const struct report *r, const struct leak *l, bool is_wide)
{
	int ret = add_group(c, r, l->group, is_wide);

	for (uint32_t i = 0; i < l->n && !ret; i++)
		ret = add_waiting(c, r->m, r->leaks.suspects.v[l->first + i].goid);
	for (uint32_t i = 0; i < l->cycle_n && !ret; i++) {
		const struct cycle_link *link = &r->leaks.cycles.v[l->cycle_first + i];

		ret = add_waiting(c, r->m, link->goid);
		if (!ret)
			ret = choice_add_obj(c, &link->obj);
	}
	return ret ? ret : add_blocker(c, r->m, &l->blocker);
}

static int add_growth(struct choice *c, const struct report *r, const struct growth *g, bool is_wide)
{
	return add_group(c, r, g->group, is_wide);
}

/* All objects of its class, and through these whoever queued for them. */
static int add_contention(struct choice *choice, const struct report *r, const struct contention *x)
{
	const struct model *m = r->m;
	int ret = add_waiting(choice, m, x->example);

	for (uint32_t id = 1; id < m->channels.n && !ret; id++) {
		const struct channel *c = model_channel(m, id);

		if (c && c->objsite == x->objsite)
			ret = choice_add_obj(choice, &(struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = id });
	}
	for (uint32_t id = 1; id < m->syncs.n && !ret; id++) {
		const struct sync_obj *s = model_sync(m, id);

		if (s && s->objsite == x->objsite)
			ret = choice_add_obj(choice, &(struct trace_obj){ .kind = TRACE_OBJ_SYNC, .id = id });
	}
	return ret;
}

int choice_begin(struct choice *c, const struct report *r, const struct finding *f, bool is_wide)
{
	int ret;

	if (f->leak == FINDING_NO_LEAK && f->kind == FINDING_GROWTH)
		return add_growth(c, r, &r->findings.growths.v.v[f->growth], is_wide);
	if (f->leak == FINDING_NO_LEAK)
		return add_contention(c, r, &r->findings.contentions.v.v[f->contention]);
	ret = add_leak(c, r, &r->leaks.v.v[f->leak], is_wide);
	for (uint32_t i = 0; i < f->n && !ret; i++)
		ret = add_leak(c, r, &r->leaks.v.v[r->findings.parts.v[f->first + i].leak], is_wide);
	return ret;
}
