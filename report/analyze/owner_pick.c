// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/owner_pick.h"

#include "report/analyze/longwait.h"

bool owner_waits_for(const struct goroutine *g, const struct trace_obj *obj)
{
	for (uint32_t i = 0; g->state == GO_STATE_WAITING && i < g->wait.nobjs; i++)
		if (g->objs[i].kind == obj->kind && g->objs[i].id == obj->id)
			return true;
	return false;
}

bool owner_is_stuck(const struct model *m, const struct goroutine *g)
{
	return !goroutine_goes_on(m, g) && longwait_is(m, g);
}

bool owner_has(const struct model *m, const struct trace_obj *obj, uint64_t goid)
{
	size_t n;
	const struct owner *o = model_owners(m, obj->kind, obj->id, &n);

	for (size_t i = 0; i < n; i++)
		if (o[i].goid == goid)
			return true;
	return false;
}

/*
 * A goroutine whose way to the object is longer than one pointer may have no
 * use for it, unless no other goroutine and no variable leads there.
 */
struct owner_pick owner_pick(const struct model *m, const struct trace_obj *obj)
{
	size_t n;
	const struct owner *o = model_owners(m, obj->kind, obj->id, &n);
	struct owner_pick p = { .all = n != 0, .stuck = true };

	for (size_t i = 0; i < n; i++)
		p.all &= o[i].is_complete && o[i].kind == TRACE_OWNER_GOROUTINE;
	for (size_t i = 0; i < n; i++) {
		const struct goroutine *g = o[i].goid ? model_goroutine(m, o[i].goid) : NULL;
		bool stuck;

		if (!g || owner_waits_for(g, obj) || (!p.all && o[i].distance > 1))
			continue;
		stuck = owner_is_stuck(m, g);
		if (!p.goid || (p.stuck && !stuck))
			p.goid = g->id;
		p.stuck &= stuck;
		p.n++;
	}
	return p;
}
