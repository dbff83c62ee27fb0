// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gonames/funcname.h"

static bool func_fits(const struct filter_opts *o, const char *func)
{
	size_t n = funcname_package(func), len = o->package ? strlen(o->package) : 0;

	if (o->function && !strcasestr(func, o->function))
		return false;
	return !o->package || (n >= len && !strncasecmp(func, o->package, len) && (n == len || func[len] == '/'));
}

static bool place_fits(const struct filter *f, uint32_t place)
{
	return place && func_fits(&f->opts, symbols_place_func(f->sym, place));
}

static bool stack_fits(const struct filter *f, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(f->sym, stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (place_fits(f, place))
			return true;
	return false;
}

bool filter_shows_wait(const struct filter *f, uint32_t stack, uint32_t reason)
{
	const char *name;

	if (!f->active)
		return true;
	name = reasons_get(f->reasons, reason)->name;
	if (f->opts.reason && !strcasestr(name ? name : "unknown", f->opts.reason))
		return false;
	return stack < f->stacks.n && f->stacks.v[stack];
}

int filter_init(struct filter *f, const struct filter_opts *opts, const struct symbols *sym,
                const struct reasons *reasons)
{
	*f = (struct filter){ .opts = *opts,
		              .sym = sym,
		              .reasons = reasons,
		              .active = opts->function || opts->package || opts->reason || opts->label };
	/* Stack 0 is unknown, so it has no function. */
	return f->active && vec_push(&f->stacks, !opts->function && !opts->package) ? -ENOMEM : 0;
}

int filter_take_stacks(struct filter *f)
{
	bool any = !f->opts.function && !f->opts.package;

	while (f->active && f->stacks.n < f->sym->stacks.n) {
		bool fits = any || stack_fits(f, (uint32_t)f->stacks.n);

		if (vec_push(&f->stacks, fits))
			return -ENOMEM;
	}
	return 0;
}

/* Unmarks groups without a goroutine that has the label. */
static int keep_labelled(struct filter *f, const struct wsites *wsites, const struct goroutines *gs)
{
	uint8_t *has = calloc(f->ngroups + 1, 1);

	if (!has)
		return -ENOMEM;
	for (size_t i = 0; i < gs->sorted.n; i++)
		has[gs->sorted.v[i]->group] |= filter_has(f, gs->sorted.v[i]->id);
	for (size_t i = 0; i < gs->gone.n; i++)
		has[gs->gone.v[i].group] |= filter_has(f, gs->gone.v[i].id);
	for (size_t i = 1; i < wsites->n; i++)
		has[wsites->v[i].group] |= wsites->v[i].waits != 0;
	for (size_t i = 0; i < f->ngroups; i++)
		f->groups[i] &= has[i];
	free(has);
	return 0;
}

int filter_mark_groups(struct filter *f, const struct groups *groups, const struct wsites *wsites,
                       const struct goroutines *goroutines)
{
	bool any = !f->opts.function && !f->opts.package;

	if (!f->active)
		return 0;
	f->ngroups = groups->n;
	f->groups = calloc(f->ngroups + 1, 1);
	if (!f->groups)
		return -ENOMEM;
	for (size_t i = 0; i < groups->n && !f->opts.reason; i++) {
		const struct group *g = &groups->v[i];

		f->groups[i] = any || place_fits(f, g->entry) || place_fits(f, g->site) || place_fits(f, g->creator);
	}
	for (size_t i = 1; i < wsites->n; i++)
		if (filter_shows_wait(f, wsites->v[i].stack, wsites->v[i].reason))
			f->groups[wsites->v[i].group] = true;
	return f->opts.label ? keep_labelled(f, wsites, goroutines) : 0;
}

void filter_free(struct filter *f)
{
	vec_free(&f->stacks);
	map_free(&f->labelled);
	free(f->groups);
	f->groups = NULL;
}

bool filter_matched(const struct filter *f)
{
	for (size_t i = 0; f->active && i < f->ngroups; i++)
		if (f->groups[i])
			return true;
	return !f->active;
}

bool filter_shows_group(const struct filter *f, uint32_t group)
{
	return !f->active || (group < f->ngroups && f->groups[group]);
}

bool filter_shows_goroutine(const struct filter *f, const struct goroutine *g)
{
	if (!filter_has(f, g->id))
		return false;
	if (g->state == GO_STATE_WAITING)
		return filter_shows_wait(f, g->wait.stack, g->wait.reason);
	return filter_shows_group(f, g->group) && !f->opts.reason;
}
