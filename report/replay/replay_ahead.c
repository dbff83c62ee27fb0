// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps are the same for every event, whatever it needs. Which type comes
 * next is random to the processor, and a useless prefetch costs less than a
 * mispredicted branch.
 */
#include "report/replay/replay_ahead.h"

#include <string.h>

#include "format/fields.h"

#define AT(member) (uint8_t) offsetof(struct ahead_event, member)
_Static_assert(sizeof(struct ahead_event) <= UINT8_MAX, "the offsets have a byte");

/* Of an event with these fields. */
static struct ahead_parts parts_of(const struct trace_field *f, uint32_t n)
{
	struct ahead_parts p = { .other = AT(zero), .kind = AT(none.kind), .id = AT(none.id) };

	for (; n--; f++) {
		uint8_t at = (uint8_t)(AT(rec) + f->offset);

		switch (f->kind) {
		case TRACE_FIELD_OTHER:
		case TRACE_FIELD_CHILD:
			p.other = at;
			break;
		case TRACE_FIELD_CHAN:
			p.kind = AT(chan_kind);
			p.id = at;
			break;
		case TRACE_FIELD_OBJ:
			p.kind = (uint8_t)(at + offsetof(struct trace_obj, kind));
			p.id = (uint8_t)(at + offsetof(struct trace_obj, id));
			break;
		case TRACE_FIELD_CASES:
			p.kind = AT(objs[0].kind);
			p.id = AT(objs[0].id);
			break;
		}
	}
	return p;
}

void ahead_init(struct ahead *a)
{
	for (uint32_t t = TRACE_FIRST_EVENT, n; t < TRACE_FIRST_SNAP; t++) {
		const struct trace_field *f = trace_type_fields((enum trace_type)t, &n);

		a->parts[t] = parts_of(f, n);
	}
}

/* Always inline: GCC 12 takes a function that only prefetches for one without effect, and drops calls of it. */
static inline __attribute__((always_inline)) void fetch(const void *p, size_t bytes)
{
	if (!p)
		return;
	for (size_t i = 0; i < bytes; i += 64)
		__builtin_prefetch((const char *)p + i, 1);
}

/* What the event is about, and where to find it. */
static inline void see_ways(const struct model *m, struct ahead_event *e, struct ahead_parts parts)
{
	const char *at = (const char *)e;
	uint8_t kind = (uint8_t)at[parts.kind];

	memcpy(&e->other, at + parts.other, sizeof(e->other));
	memcpy(&e->chan, at + parts.id, sizeof(e->chan));
	e->chan = kind == TRACE_OBJ_CHAN ? e->chan : 0;
	map_fetch(&m->goroutines.by_id, e->rec.goid);
	map_fetch(&m->goroutines.by_id, e->other);
	channel_fetch_slot(&m->channels, e->chan);
	if (e->rec.type == TRACE_CHAN_MAKE)
		channel_fetch_slot(&m->channels, channel_older(&m->channels, e->chan));
}

static inline struct goroutine *see_goroutine(struct model *m, uint64_t goid)
{
	const struct map_slot *at =
	        m->goroutines.by_id.cap ? &m->goroutines.by_id.slots[map_find(&m->goroutines.by_id, goid)] : NULL;
	struct goroutine *g = at && at->key ? (struct goroutine *)(uintptr_t)at->val : &m->goroutines.nobody;

	fetch(g, GOROUTINE_HOT_BYTES);
	return g;
}

/* A channel that is being made does not exist yet: it replaces another, which is then folded. */
static inline struct channel *see_channel(struct model *m, uint32_t id)
{
	const struct chan_slot *slot = channel_slot(&m->channels, id);
	struct channel *c = slot ? slot->c : NULL;

	if (slot && !c)
		c = channels_find(&m->channels, slot->older);
	c = c ? c : &m->channels.none;
	fetch(c, sizeof(*c));
	return c;
}

static inline void see(struct model *m, struct ahead_event *e)
{
	e->who[0] = see_goroutine(m, e->rec.goid);
	e->who[1] = see_goroutine(m, e->other);
	e->c = see_channel(m, e->chan);
}

/* The pairs of both, and where the sums of a wake-up are. */
static inline void see_pairs(const struct model *m, struct ahead_event *e)
{
	const struct chan_user *users = m->uses.users.v;

	fetch(&users[e->who[0]->users.first], sizeof(*users));
	fetch(&users[e->who[0]->last_user[0].user], sizeof(*users));
	fetch(&users[e->who[0]->last_user[1].user], sizeof(*users));
	fetch(&users[e->c->users.first], sizeof(*users));
	if (e->rec.type == TRACE_GO_READY)
		e->wake = waitstat_fetch(m, e->who[1], e->who[0], e->c, &e->rec.ready);
}

/* What is about to be freed has pairs with others, which have neighbours in the lists of those. */
static inline void see_last(const struct model *m, const struct ahead_event *e)
{
	const struct chan_user *users = m->uses.users.v, *p;
	uint32_t i = e->who[0]->users.first;

	if (e->rec.type == TRACE_GO_READY) {
		waitstat_fetch_sums(m, &e->wake);
	} else if (e->rec.type == TRACE_CHAN_MAKE) {
		p = &users[e->c->users.first];
		fetch(p->g, GOROUTINE_HOT_BYTES);
		fetch(&users[p->go_prev], sizeof(*p));
		fetch(&users[p->go_next], sizeof(*p));
		fetch(&m->uses.marks.v[e->c->marks.first], sizeof(struct use_mark));
	} else if (e->rec.type == TRACE_GO_EXIT) {
		for (int n = 0; n < 4; n++) {
			p = &users[i];
			fetch(&users[p->prev], sizeof(*p));
			fetch(&users[p->next], sizeof(*p));
			fetch(p->c, 64);
			i = p->go_next;
		}
	}
}

uint32_t ahead_begin(struct ahead *a, struct model *m)
{
	uint32_t n = a->n;

	a->n = 0;
	for (uint32_t i = 0; i < n; i++)
		see(m, &a->v[i]);
	for (uint32_t i = 0; i < n; i++)
		see_pairs(m, &a->v[i]);
	for (uint32_t i = 0; i < n; i++)
		see_last(m, &a->v[i]);
	return n;
}

bool ahead_add(struct ahead *a, const struct model *m, const struct trace_rec *rec)
{
	struct ahead_event *e = &a->v[a->n];

	if (rec != &e->rec)
		e->rec = *rec;
	if (rec->type == TRACE_GO_PARK) {
		e->objs[0].kind = TRACE_OBJ_NONE;
		for (uint32_t i = 0; i < rec->park.nobjs; i++)
			e->objs[i] = rec->park.objs[i];
		e->rec.park.objs = e->objs;
	}
	e->chan_kind = TRACE_OBJ_CHAN;
	see_ways(m, e, a->parts[rec->type]);
	return ++a->n == AHEAD;
}
