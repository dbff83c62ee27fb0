// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

void block(struct state *s, enum g_wait wait, uint32_t on)
{
	struct g *g = cur_g(s);

	g->status = G_BLOCKED;
	g->wait = (uint8_t)wait;
	g->on = on;
	g->order = ++s->order;
}

void wake(struct state *s, uint32_t i)
{
	s->gs.v[i].status = G_RUNNABLE;
	s->changes++;
}

void wake_all(struct state *s, uint32_t obj)
{
	for (uint32_t i = 0; i < s->gs.n; i++) {
		struct g *g = &s->gs.v[i];

		if (g->status != G_BLOCKED)
			continue;
		if (g->wait == WAIT_SELECT)
			g->retries = true;
		if (g->wait == WAIT_SELECT || (g->on == obj && g->wait != WAIT_COND))
			wake(s, i);
		else if (g->on == obj && obj_at(s, obj)->flags & OBJ_SHARED)
			wake(s, i);
	}
}

static bool can_run(const struct state *s, uint32_t i)
{
	const struct g *g = &s->gs.v[i];

	return g->status == G_RUNNABLE || (g->status == G_SPINNING && g->seen_change != s->changes);
}

/* Schedules that are explored beside the first one. */
#define FORKS_PER_PATH 7
#define FORKS_PER_CHOICE 2

/* The goroutine that runs next; forks for others. false: none can. */
static bool pick(struct explorer *x, struct state *s)
{
	uint32_t first = UINT32_MAX, others = 0;

	for (uint32_t i = 1; i <= s->gs.n; i++) {
		uint32_t at = (s->cur + i) % (uint32_t)s->gs.n;
		struct state *other;

		if (!can_run(s, at))
			continue;
		if (first == UINT32_MAX) {
			first = at;
			continue;
		}
		if (s->forks >= FORKS_PER_PATH || others >= FORKS_PER_CHOICE)
			break;
		others++;
		other = fork_state(x, s);
		if (!other)
			break;
		other->forks += 1 + others;
		other->cur = at;
		other->gs.v[at].status = G_RUNNABLE;
	}
	if (first == UINT32_MAX)
		return false;
	s->forks += others;
	s->cur = first;
	s->gs.v[first].status = G_RUNNABLE;
	return true;
}

/* A lock that others may hold and release. */
static bool free_outer_lock(struct state *s)
{
	for (uint32_t i = 0; i < s->gs.n; i++) {
		struct g *g = &s->gs.v[i];
		struct obj *o;

		if (g->status != G_BLOCKED || (g->wait != WAIT_LOCK && g->wait != WAIT_RLOCK))
			continue;
		o = obj_at(s, g->on);
		if (!(o->flags & (OBJ_SHARED | OBJ_EXTERNAL)))
			continue;
		o->a = 0;
		o->c = 0;
		wake(s, i);
		return true;
	}
	return false;
}

/* Nobody can run: time passes, and what is outside acts. false: that changes nothing. */
static bool let_time_pass(struct explorer *x, struct state *s)
{
	if (free_outer_lock(s))
		return true;
	for (uint32_t i = 0; i < s->gs.n; i++)
		if (select_fire(x, s, i))
			return true;
	return false;
}

void run_path(struct explorer *x, struct state *s)
{
	while (!s->failed && s->steps < EXPLORE_PATH_STEPS && x->steps < EXPLORE_STEPS) {
		if (x->is_main && s->gs.v[0].status == G_DONE)
			return;
		if (cur_g(s)->status == G_RUNNABLE && cur_g(s)->frames.n) {
			step(x, s);
			continue;
		}
		if (pick(x, s) || let_time_pass(x, s))
			continue;
		judge_end(x, s);
		return;
	}
}
