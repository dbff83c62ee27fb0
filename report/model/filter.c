// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/model/model.h"

static bool func_fits(const struct filter_opts *o, const char *func)
{
	size_t n = symbols_func_package(func), len = o->package ? strlen(o->package) : 0;

	if (o->function && !strstr(func, o->function))
		return false;
	return !o->package || (n >= len && !strncmp(func, o->package, len) && (n == len || func[len] == '/'));
}

static bool place_fits(const struct filter_opts *o, const struct model *m, uint32_t place)
{
	return place && func_fits(o, symbols_place_func(&m->sym, place));
}

static bool stack_fits(const struct filter_opts *o, const struct model *m, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&m->sym, stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (place_fits(o, m, place))
			return true;
	return false;
}

bool filter_shows_wait(const struct filter *f, const struct model *m, uint32_t stack, uint32_t reason)
{
	if (!f->active)
		return true;
	if (f->opts.reason &&
	    !strstr(model_reason(m, reason)->name ? model_reason(m, reason)->name : "unknown", f->opts.reason))
		return false;
	return stack < f->stacks.n && f->stacks.v[stack];
}

int filter_init(struct filter *f, const struct filter_opts *opts)
{
	*f = (struct filter){ .opts = *opts, .active = opts->function || opts->package || opts->reason };
	/* Stack 0: not known, so it has no function. */
	return f->active && vec_push(&f->stacks, !opts->function && !opts->package) ? -ENOMEM : 0;
}

int filter_take_stacks(struct filter *f, const struct model *m)
{
	bool any = !f->opts.function && !f->opts.package;

	while (f->active && f->stacks.n < m->sym.stacks.n) {
		bool fits = any || stack_fits(&f->opts, m, (uint32_t)f->stacks.n);

		if (vec_push(&f->stacks, fits))
			return -ENOMEM;
	}
	return 0;
}

int filter_mark_groups(struct filter *f, const struct model *m)
{
	if (!f->active)
		return 0;
	f->ngroups = m->groups.n;
	f->groups = calloc(f->ngroups + 1, 1);
	if (!f->groups)
		return -ENOMEM;
	for (size_t i = 0; i < m->groups.n && !f->opts.reason; i++) {
		const struct group *g = &m->groups.v[i];

		f->groups[i] = place_fits(&f->opts, m, g->entry) || place_fits(&f->opts, m, g->site);
	}
	for (size_t i = 1; i < m->wsites.n; i++)
		if (filter_shows_wait(f, m, m->wsites.v[i].stack, m->wsites.v[i].reason))
			f->groups[m->wsites.v[i].group] = true;
	return 0;
}

void filter_free(struct filter *f)
{
	vec_free(&f->stacks);
	free(f->groups);
	f->groups = NULL;
}

bool filter_shows_group(const struct filter *f, uint32_t group)
{
	return !f->active || (group < f->ngroups && f->groups[group]);
}

bool filter_shows_goroutine(const struct filter *f, const struct model *m, const struct goroutine *g)
{
	if (g->state == TRACE_GO_WAITING)
		return filter_shows_wait(f, m, g->wait.stack, g->wait.reason);
	return filter_shows_group(f, g->group) && !f->opts.reason;
}
