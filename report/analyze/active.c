// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/active.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/visible.h"

static bool stack_has(const struct symbols *s, uint32_t stack, const char *func)
{
	struct stack_walk w = stack_walk_of(s, stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!strcmp(symbols_place_func(s, place), func))
			return true;
	return false;
}

static enum active_kind kind_of(const struct model *m, const struct goroutine *g)
{
	switch (g->state) {
	case GO_STATE_RUNNABLE:
		return ACTIVE_RUNNABLE;
	case GO_STATE_SYSCALL:
		/* A goroutine is in a system call, for the scheduler, while it runs C (runtime/cgocall.go). */
		return stack_has(&m->sym, g->wait.stack, "runtime.cgocall") ? ACTIVE_C : ACTIVE_SYSCALL;
	default:
		return ACTIVE_RUNNING;
	}
}

const char *active_name(enum active_kind kind)
{
	static const char *const names[] = { [ACTIVE_RUNNING] = "running",
		                             [ACTIVE_RUNNABLE] = "runnable",
		                             [ACTIVE_SYSCALL] = "in a system call",
		                             [ACTIVE_C] = "in C" };

	return names[kind < sizeof(names) / sizeof(*names) ? kind : ACTIVE_RUNNING];
}

/* Events of a goroutine may be missing that would have told of it. */
static bool may_miss_events(const struct model *m)
{
	return !model_has_wakers(m) || m->losses.ring || m->losses.left_out || m->losses.waits_left_out;
}

static int64_t time_without_event(const struct model *m, const struct goroutine *g)
{
	int64_t from = model_from(m);

	if (may_miss_events(m))
		return -1;
	/* That it was preempted and went on says nothing. */
	if (g->run_at != TIME_UNKNOWN)
		from = g->run_at > from ? g->run_at : from;
	else if (g->has_event && g->last_event > from)
		from = g->last_event;
	return m->end > from ? m->end - from : 0;
}

static int by_row(const void *a, const void *b, void *ctx)
{
	const struct goroutine *x = *(const struct goroutine *const *)a, *y = *(const struct goroutine *const *)b;
	const struct model *m = ctx;
	enum active_kind kx = kind_of(m, x), ky = kind_of(m, y);
	uint32_t px = symbols_stack_user(&m->sym, x->wait.stack), py = symbols_stack_user(&m->sym, y->wait.stack);

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (kx != ky)
		return kx < ky ? -1 : 1;
	if (px != py)
		return px < py ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int row_cmp(const void *a, const void *b)
{
	const struct active_row *x = a, *y = b;

	if (x->idle != y->idle)
		return x->idle ? 1 : -1;
	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->base.first > y->base.first) - (x->base.first < y->base.first);
}

/* Adds the i-th goroutine to the last row, or to a new one. */
static int add(struct active *a, const struct model *m, uint32_t i)
{
	const struct goroutine *g = a->goroutines.v[i];
	struct active_row new = {
		.kind = (uint8_t)kind_of(m, g),
		.base = { .group = g->group,
		          .place = symbols_stack_user(&m->sym, g->wait.stack),
		          .app = symbols_stack_app(&m->sym, g->wait.stack),
		          .first = i,
		          .stack = g->wait.stack },
		.longest = -1,
	};
	struct active_row *row = a->v.n ? &a->v.v[a->v.n - 1] : NULL;
	int64_t ns = time_without_event(m, g);

	if (!row || row->base.group != new.base.group || row->kind != new.kind || row->base.place != new.base.place) {
		new.idle = stack_has(&m->sym, g->wait.stack, "os/signal.signal_recv");
		if (vec_push(&a->v, new))
			return -ENOMEM;
		row = &a->v.v[a->v.n - 1];
	}
	row->base.n++;
	if (ns > row->longest || row->base.n == 1) {
		row->longest = ns;
		row->base.before = !g->has_event;
		row->base.stack = g->wait.stack;
	}
	return 0;
}

static bool is_active(const struct goroutine *g)
{
	return !g->system &&
	       (g->state == GO_STATE_RUNNING || g->state == GO_STATE_RUNNABLE || g->state == GO_STATE_SYSCALL);
}

int active_find(struct active *a, const struct report *r)
{
	const struct model *m = r->m;
	int ret = 0;

	*a = (struct active){ 0 };
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		if (is_active(g) && report_shows_goroutine(r, g->id))
			ret = vec_push(&a->goroutines, g);
	}
	if (a->goroutines.n)
		qsort_r(a->goroutines.v, a->goroutines.n, sizeof(*a->goroutines.v), by_row, (void *)m);
	for (size_t i = 0; i < a->goroutines.n && !ret; i++)
		ret = add(a, m, (uint32_t)i);
	if (ret) {
		active_free(a);
		return -ENOMEM;
	}
	for (size_t i = 0; i < a->v.n; i++)
		a->v.v[i].base.gs = &a->goroutines.v[a->v.v[i].base.first];
	if (a->v.n)
		qsort(a->v.v, a->v.n, sizeof(*a->v.v), row_cmp);
	return 0;
}

void active_free(struct active *a)
{
	vec_free(&a->goroutines);
	vec_free(&a->v);
}

bool active_is_long(const struct active_row *row)
{
	return !row->idle && row->longest >= ACTIVE_LONG_NS;
}
