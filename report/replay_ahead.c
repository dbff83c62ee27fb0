// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events wait a little before they happen, so that the memory they need is on
 * its way when they do: a goroutine or channel that was not touched for
 * thousands of events is in no near cache. Nothing here changes the model.
 */
#include "report/channel.h"
#include "report/replay_int.h"

/* So many events before it happens what hangs on its goroutine and channel is looked at, from step to step. */
#define SEE_IT 12
#define SEE_OLDER 9
#define SEE_PAIRS 6
#define SEE_OTHERS 3

static void fetch(const void *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 64)
		__builtin_prefetch((const char *)p + i, 1);
}

static struct goroutine *see_goroutine(struct model *m, uint64_t goid)
{
	const uint64_t *at = goid ? map_get(&m->by_id, goid) : NULL;
	struct goroutine *g = at ? (struct goroutine *)(uintptr_t)*at : &m->nobody;

	if (at)
		fetch(g, GOROUTINE_HOT_BYTES);
	return g;
}

static struct channel *see_channel(const struct model *m, uint32_t id)
{
	struct channel *c = model_channel(m, id);

	fetch(c, c ? CHANNEL_HOT_BYTES : 0);
	return c;
}

/* The ways to what the event is of. */
static void see_ways(const struct model *m, const struct trace_rec *rec)
{
	map_fetch(&m->by_id, rec->goid);
	if (rec->type == TRACE_GO_READY) {
		map_fetch(&m->by_id, rec->ready.woken);
		if (rec->ready.obj.kind == TRACE_OBJ_CHAN)
			channel_fetch_slot(m, rec->ready.obj.id);
	} else if (rec->type == TRACE_GO_PARK && rec->park.nobjs && rec->park.objs->kind == TRACE_OBJ_CHAN) {
		channel_fetch_slot(m, rec->park.objs->id);
	} else if (rec->type == TRACE_CHAN_CLOSE) {
		channel_fetch_slot(m, rec->close.chan);
	}
}

/* What the event is of. */
static void see(struct model *m, struct ahead_event *e)
{
	const struct trace_rec *rec = &e->rec;

	e->who[0] = see_goroutine(m, rec->goid);
	e->who[1] = &m->nobody;
	switch (rec->type) {
	case TRACE_GO_PARK:
		if (rec->park.nobjs && rec->park.objs->kind == TRACE_OBJ_CHAN)
			see_channel(m, rec->park.objs->id);
		break;
	case TRACE_GO_READY:
		e->who[1] = see_goroutine(m, rec->ready.woken);
		if (rec->ready.obj.kind == TRACE_OBJ_CHAN)
			see_channel(m, rec->ready.obj.id);
		break;
	case TRACE_CHAN_MAKE:
		e->chan = see_channel(m, rec->make.chan);
		break;
	case TRACE_CHAN_CLOSE:
		see_channel(m, rec->close.chan);
		break;
	case TRACE_CHAN_OP:
		see_channel(m, rec->op.chan);
		break;
	default:
		break;
	}
}

/* A channel that is made takes the place of others, which are folded away then. */
static void see_older(const struct model *m, struct ahead_event *e)
{
	if (e->rec.type != TRACE_CHAN_MAKE || !e->chan)
		return;
	e->chan = model_channel(m, e->chan->older);
	fetch(e->chan, e->chan ? sizeof(*e->chan) : 0);
}

/* So are the pairs of what goes. */
static void see_pairs(const struct model *m, const struct ahead_event *e)
{
	const struct chan_user *users = m->uses.users.v;

	if (e->rec.type == TRACE_CHAN_MAKE && e->chan)
		fetch(&users[e->chan->users.first], sizeof(*users));
	if (e->rec.type == TRACE_GO_EXIT)
		for (int i = 0; i < 2; i++)
			fetch(&users[e->who[0]->last_user[i].user], sizeof(*users));
}

/* A pair has neighbours, and with a channel its goroutine is told. */
static void see_others(const struct model *m, const struct ahead_event *e)
{
	const struct chan_user *p;

	/* The channel may have gone meanwhile, and its memory be of another. */
	if (e->rec.type != TRACE_CHAN_MAKE || !e->chan || e->chan->users.first >= m->uses.users.n)
		return;
	p = &m->uses.users.v[e->chan->users.first];
	if (p->slot < m->slots.n)
		fetch(m->slots.v[p->slot], 64);
	fetch(&m->uses.users.v[p->go_prev], sizeof(*p));
	fetch(&m->uses.users.v[p->go_next], sizeof(*p));
}

static void event_now(struct replay *r, const struct ahead_event *e)
{
	r->m->likely[0] = e->who[0];
	r->m->likely[1] = e->who[1];
	replay_event(r, &e->rec);
}

static struct ahead_event *event_at(struct ahead *a, uint32_t i)
{
	return &a->v[i % AHEAD];
}

static void event_copy(struct ahead_event *e, const struct trace_rec *rec)
{
	e->rec = *rec;
	if (rec->type != TRACE_GO_PARK)
		return;
	for (uint32_t i = 0; i < rec->park.nobjs; i++)
		e->objs[i] = rec->park.objs[i];
	e->rec.park.objs = e->objs;
}

void replay_ahead_add(struct replay *r, const struct trace_rec *rec)
{
	struct ahead *a = &r->ahead;
	struct ahead_event *e = event_at(a, a->end);

	if (rec->type >= TRACE_SNAP_BEGIN || (rec->type == TRACE_GO_PARK && rec->park.nobjs > AHEAD_OBJS)) {
		replay_ahead_end(r);
		replay_event(r, rec);
		return;
	}
	event_copy(e, rec);
	e->who[0] = e->who[1] = &r->m->nobody;
	e->chan = NULL;
	see_ways(r->m, rec);
	a->end++;
	if (a->end - a->begin < AHEAD)
		return;
	see(r->m, event_at(a, a->begin + SEE_IT));
	see_older(r->m, event_at(a, a->begin + SEE_OLDER));
	see_pairs(r->m, event_at(a, a->begin + SEE_PAIRS));
	see_others(r->m, event_at(a, a->begin + SEE_OTHERS));
	event_now(r, event_at(a, a->begin++));
}

void replay_ahead_end(struct replay *r)
{
	struct ahead *a = &r->ahead;

	while (a->begin != a->end)
		event_now(r, event_at(a, a->begin++));
}
