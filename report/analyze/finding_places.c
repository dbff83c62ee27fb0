// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/finding_places.h"

#include <errno.h>

void finding_facts_free(struct finding_facts *out)
{
	vec_free(&out->places);
	vec_free(&out->goroutines);
}

static int add_place(struct finding_facts *out, uint32_t place, enum place_role role)
{
	if (!place || out->places.n == FINDING_PLACES_MAX)
		return 0;
	for (size_t i = 0; i < out->places.n; i++)
		if (out->places.v[i].place == place && out->places.v[i].role == role)
			return 0;
	return vec_push(&out->places, (struct finding_place){ .place = place, .role = (uint8_t)role });
}

/* The program's own line, where a wait is inside of a library. */
static int add_call(struct finding_facts *out, const struct model *m, uint32_t stack)
{
	uint32_t app = symbols_stack_app(&m->sym, stack);

	return app == symbols_stack_user(&m->sym, stack) ? 0 : add_place(out, app, PLACE_CALLS);
}

/* The program's own line and, where it is in a library, the go statement. */
static int add_created(struct finding_facts *out, const struct model *m, uint32_t group)
{
	const struct group *g = &m->groups.v[group];
	int ret = add_place(out, g->creator, PLACE_CREATED);

	return ret ? ret : add_place(out, g->site, PLACE_CREATED);
}

static int add_goroutine(struct finding_facts *out, const struct model *m, const struct goroutine *g)
{
	if (out->goroutines.n < FINDING_GOROUTINES_MAX && vec_push(&out->goroutines, g->id))
		return -ENOMEM;
	return g->state == GO_STATE_WAITING ? add_call(out, m, g->wait.stack) : 0;
}

static int add_holder(struct finding_facts *out, const struct model *m, const struct blocker *who)
{
	const struct goroutine *g = who->goid ? model_goroutine(m, who->goid) : NULL;
	uint32_t app = g ? symbols_stack_app(&m->sym, g->wait.stack) : 0;

	if (!g)
		return who->root == ROOT_KEPT &&
		                       (add_place(out, who->at, PLACE_HOLDS) || add_place(out, who->taken, PLACE_HOLDS))
		               ? -ENOMEM
		               : 0;
	if (evidence_is_code(who->evidence))
		return add_place(out, who->at, PLACE_CALLS);
	if (add_place(out, who->taken, PLACE_HOLDS) || add_place(out, who->at, PLACE_HOLDS))
		return -ENOMEM;
	return add_place(out, app ? app : symbols_stack_user(&m->sym, g->wait.stack), PLACE_HOLDS);
}

static int add_cycle(struct finding_facts *out, const struct report *r, const struct leak *l)
{
	int ret = 0;

	for (uint32_t i = 0; i < l->cycle_n && !ret; i++)
		ret = add_place(out, r->leaks.cycles.v[l->cycle_first + i].place, PLACE_WAITS);
	for (uint32_t i = 0; i < l->cycle_n && !ret; i++)
		ret = add_place(out, r->leaks.cycles.v[l->cycle_first + i].blocker.taken, PLACE_HOLDS);
	return ret;
}

static int add_leak(struct finding_facts *out, const struct report *r, const struct leak *l)
{
	const struct model *m = r->m;
	int ret = add_place(out, l->place, PLACE_WAITS);

	for (uint32_t i = 0; i < l->n && !ret; i++)
		ret = add_goroutine(out, m, model_goroutine(m, r->leaks.suspects.v[l->first + i].goid));
	if (!ret)
		ret = add_cycle(out, r, l);
	if (!ret)
		ret = add_holder(out, m, &l->blocker);
	if (!ret)
		ret = add_created(out, m, l->group);
	if (m->end - l->longest < out->since)
		out->since = m->end - l->longest;
	if (l->steady || l->growing)
		out->per_minute += l->per_minute;
	return ret;
}

static int add_leaks(struct finding_facts *out, const struct report *r, const struct finding *f)
{
	int ret = add_leak(out, r, &r->leaks.v.v[f->leak]);

	out->since_known = true;
	for (uint32_t i = 0; i < f->n && !ret; i++) {
		const struct finding_part *p = &r->findings.parts.v[f->first + i];

		ret = p->behind ? 0 : add_leak(out, r, &r->leaks.v.v[p->leak]);
	}
	for (uint32_t i = 0; i < f->n && !ret; i++) {
		const struct finding_part *p = &r->findings.parts.v[f->first + i];

		const struct leak *l = &r->leaks.v.v[p->leak];

		ret = p->behind ? add_place(out, l->place, PLACE_WAITS) : 0;
		if (!ret && p->behind)
			ret = add_holder(out, r->m, &l->blocker);
	}
	return ret;
}

static int add_growth(struct finding_facts *out, const struct report *r, const struct growth *g)
{
	const struct model *m = r->m;
	int ret = add_place(out, g->caller, PLACE_CALLS);

	if (!ret)
		ret = add_place(out, g->place, PLACE_WAITS);
	if (!ret)
		ret = add_created(out, m, g->group);
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++)
		if (growth_has(m, g, m->goroutines.sorted.v[i]))
			ret = add_goroutine(out, m, m->goroutines.sorted.v[i]);
	out->since = g->since;
	out->since_known = true;
	out->per_minute = g->per_second * 60;
	return ret;
}

static int add_contention(struct finding_facts *out, const struct contention *c)
{
	int ret = add_place(out, c->place, PLACE_WAITS);

	if (!ret)
		ret = add_place(out, c->held_place, PLACE_HOLDS);
	return ret ? ret : add_place(out, c->released_at, PLACE_HOLDS);
}

int finding_facts(struct finding_facts *out, const struct report *r, const struct finding *f)
{
	*out = (struct finding_facts){ .since = INT64_MAX };
	if (f->leak != FINDING_NO_LEAK)
		return add_leaks(out, r, f);
	if (f->kind == FINDING_GROWTH)
		return add_growth(out, r, &r->findings.growths.v.v[f->growth]);
	return add_contention(out, &r->findings.contentions.v.v[f->contention]);
}
