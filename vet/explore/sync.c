// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

/* The goroutine's entry for a lock; NULL: it does not hold it. */
static struct held *held_find(struct g *g, uint32_t mu, bool reads)
{
	for (uint8_t i = g->n_held; i-- > 0;)
		if (g->held[i].obj == mu && g->held[i].reads == reads)
			return &g->held[i];
	return NULL;
}

static void held_add(struct state *s, uint32_t mu, bool reads)
{
	struct g *g = cur_g(s);
	const struct frame *f = top_frame(g);

	if (g->n_held == G_HELD) {
		s->failed = true;
		return;
	}
	g->held[g->n_held++] = (struct held){ .obj = mu, .func = f->func, .pos = f->pc, .reads = reads };
}

static void held_remove(struct g *g, struct held *h)
{
	for (; h + 1 < g->held + g->n_held; h++)
		*h = h[1];
	g->n_held--;
}

/* The goroutine holds the lock that it wants. */
static void report_twice(struct explorer *x, struct state *s, uint32_t mu, bool reads, const struct held *h)
{
	const struct frame *f = top_frame(cur_g(s));
	char text[80];

	/* The same statement twice, below the root: what unlocks it may not be seen. */
	s->unusual |= h->func == f->func && h->pos == f->pc && f->func != x->root;
	operand_text(x, f->func, f->pc, text, sizeof(text));
	if (h->reads && !reads)
		report_here(x, s, CHECK_UPGRADE, mu,
		            "%s is locked for writing while this goroutine holds it for reading", text);
	else
		report_here(x, s, CHECK_LOCK_TWICE, mu, "%s is locked again by the goroutine that holds it", text);
}

static bool others_run(const struct state *s)
{
	for (uint32_t i = 0; i < s->gs.n; i++)
		if (i != s->cur && s->gs.v[i].status != G_DONE)
			return true;
	return false;
}

bool lock_acquire(struct explorer *x, struct state *s, uint32_t mu, bool reads)
{
	struct g *g = cur_g(s);
	const struct held *writes = held_find(g, mu, false), *read = held_find(g, mu, true);
	struct obj *o = obj_at(s, mu);

	if ((writes || (read && !reads)) && others_run(s)) {
		/* One of them may unlock it. */
		block(s, reads ? WAIT_RLOCK : WAIT_LOCK, mu);
		return false;
	}
	if (writes || (read && !reads)) {
		report_twice(x, s, mu, reads, writes ? writes : read);
		s->failed = true;
		return false;
	}
	/* Of another goroutine; a lock from outside is assumed to become free. */
	if (o->a > 0 || (!reads && o->c > 0)) {
		block(s, reads ? WAIT_RLOCK : WAIT_LOCK, mu);
		return false;
	}
	order_note(x, s, mu, reads);
	o = obj_at(s, mu);
	if (reads)
		o->c++;
	else
		o->a = (int32_t)s->cur + 1;
	s->changes++;
	held_add(s, mu, reads);
	event_add(s, EVENT_LOCK, mu, reads);
	return true;
}

void lock_release(struct explorer *x, struct state *s, uint32_t mu, bool reads)
{
	struct obj *o = obj_at(s, mu);
	struct held *h = NULL;
	char text[80];

	s->changes++;
	event_add(s, EVENT_UNLOCK, mu, reads);
	for (uint32_t i = 0; i < s->gs.n && !h; i++) {
		uint32_t at = (s->cur + i) % (uint32_t)s->gs.n;

		h = held_find(&s->gs.v[at], mu, reads);
		if (h)
			held_remove(&s->gs.v[at], h);
	}
	if (!h) {
		/* A lock that the caller holds, or somebody else. */
		if (o->flags & (OBJ_EXTERNAL | OBJ_SHARED))
			return;
		operand_text(x, top_frame(cur_g(s))->func, top_frame(cur_g(s))->pc, text, sizeof(text));
		report_here(x, s, CHECK_UNLOCK, mu, "%s is unlocked but not locked", text);
		s->failed = true;
		return;
	}
	if (reads)
		o->c--;
	else
		o->a = 0;
	wake_all(s, mu);
}

void group_add(struct explorer *x, struct state *s, uint32_t wg, struct val n)
{
	struct obj *o = obj_at(s, wg);

	s->changes++;
	if (n.k != V_INT) {
		o->flags |= OBJ_UNKNOWN;
		wake_all(s, wg);
		return;
	}
	if (o->flags & OBJ_UNKNOWN)
		return;
	/* Somebody has waited already, with nothing to wait for. */
	if ((int32_t)n.v > 0 && !o->a && o->c && s->cur && o->kind == O_WG && o->b != (int32_t)s->cur + 1)
		report_here(x, s, CHECK_GROUP_ADD, wg, "Add in the goroutine itself: Wait can return before it runs");
	o->a += (int32_t)n.v;
	event_add(s, (int32_t)n.v < 0 ? EVENT_DONE : EVENT_ADD, wg, false);
	/* Once the root has returned, unknown code may have done more. */
	if (o->a < 0 && o->kind == O_WG && s->gs.v[0].status == G_DONE) {
		o->flags |= OBJ_UNKNOWN;
		wake_all(s, wg);
		return;
	}
	if (o->a < 0 && o->kind == O_WG) {
		report_here(x, s, CHECK_GROUP_NEGATIVE, wg,
		            "more Done calls than Add announced: the counter becomes negative");
		s->failed = true;
		return;
	}
	if (o->a <= 0)
		wake_all(s, wg);
}

bool group_wait(struct explorer *x, struct state *s, uint32_t wg)
{
	struct obj *o = obj_at(s, wg);

	if (o->a > 0 && !(o->flags & OBJ_UNKNOWN)) {
		block(s, WAIT_GROUP, wg);
		return false;
	}
	/* Nobody knows whether it returns now: those that it waits for may not have run yet. */
	s->unusual |= o->flags & OBJ_UNKNOWN && !(o->flags & OBJ_SHARED) && others_run(s);
	if (!o->c)
		s->changes++;
	o->c = 1; /* somebody has waited */
	o->b = (int32_t)s->cur + 1;
	return true;
}
