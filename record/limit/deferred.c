// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/deferred.h"

#include <errno.h>
#include <string.h>

#include "record/encode/intern_gread.h"

uint64_t deferred_count(const struct deferred *d)
{
	return d->count;
}

int deferred_note(struct deferred *d, const struct probes *p, struct encoder *e, uint64_t now, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_SHORT_WAITS, .time = (int64_t)(now - e->epoch) };
	uint64_t count = 0, total = 0;

	if (!p->waits_deferred) {
		d->from = rec.time;
		return 0;
	}
	for (size_t i = 0; i < WAIT_SLOTS; i++) {
		count += p->waits_deferred[i].nshort;
		total += p->waits_deferred[i].short_ns;
	}
	rec.short_waits.limit = p->shared->min_block;
	rec.short_waits.from = d->from;
	rec.short_waits.count = count - d->count;
	rec.short_waits.total = total - d->total;
	d->from = rec.time;
	d->count = count;
	d->total = total;
	return encoder_write(e, &rec, err);
}

/* Writes the wait of g, a goroutine that was read, which began at time. */
static int write_wait(struct encoder *e, const struct gread *g, uint64_t time, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_GO_PARK, .time = (int64_t)(time - e->epoch), .goid = g->goid };
	struct trace_obj objs[TRACE_MAX_OBJS] = { 0 };
	static const struct stack_info none;
	const struct stack_info *info = &none;

	if (g->nframes && !intern_gread_stack(e->in, g, &info, err))
		return err->code;
	rec.park.stack = info->id;
	if (intern_reason(e->in, g->reason, &rec.park.reason, err))
		return err->code;
	for (uint32_t i = 0; i < g->nobjs && i < TRACE_MAX_OBJS; i++) {
		if (intern_gread_obj(e->in, &g->objs[i], info, &objs[i], err))
			return err->code;
		rec.park.nobjs = i + 1;
	}
	rec.park.nobjs_all = g->nobjs_all;
	rec.park.objs = objs;
	if (encoder_waits_on(e, g->goid, g->nobjs_all == 1 && rec.park.nobjs ? objs[0] : (struct trace_obj){ 0 },
	                     err) ||
	    encoder_park_taken(e, g->goid, time, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

struct parked {
	uint64_t g, time;
	const struct wait_slot *slot;
};

/* Skips goroutines that were woken in the meantime; the ring reports them. */
static int take_chunk(struct gread_chunk *c, const struct parked *parked, size_t n, struct encoder *e, struct err *err)
{
	uint64_t addrs[GREAD_CHUNK], at;
	struct gread *g;

	for (size_t i = 0; i < n; i++)
		addrs[i] = parked[i].g;
	if (gread_chunk_read(c, addrs, n, &g, &at))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct wait_slot *s = parked[i].slot;

		if (g[i].verdict != GREAD_OK || g[i].state != TRACE_GO_WAITING || g[i].goid != s->goid ||
		    __atomic_load_n(&s->time, __ATOMIC_ACQUIRE) != parked[i].time)
			continue;
		if (write_wait(e, &g[i], parked[i].time, err))
			return err->code;
	}
	return 0;
}

int deferred_take(const struct probes *p, const struct gread_env *env, struct encoder *e, struct err *err)
{
	struct parked parked[GREAD_CHUNK];
	struct gread_chunk *c;
	size_t n = 0;
	int ret = 0;

	if (!p->waits_deferred)
		return 0;
	c = gread_chunk_new(env);
	if (!c)
		return err_nomem(err);
	for (size_t i = 0; i < WAIT_SLOTS && !ret; i++) {
		const struct wait_slot *s = &p->waits_deferred[i];
		uint64_t time = __atomic_load_n(&s->time, __ATOMIC_ACQUIRE);

		if (time)
			parked[n++] = (struct parked){ s->g, time, s };
		if (n == GREAD_CHUNK || (i + 1 == WAIT_SLOTS && n)) {
			ret = take_chunk(c, parked, n, e, err);
			n = 0;
		}
	}
	gread_chunk_free(c);
	return ret;
}

int deferred_take_dead(const struct probes *p, struct encoder *e, struct err *err)
{
	for (size_t i = 0; p->waits_deferred && i < WAIT_SLOTS; i++) {
		const struct wait_slot *s = &p->waits_deferred[i];
		struct ring_park rec = {
			.hdr = { .type = RING_PARK, .aux = (uint16_t)(s->reason | RING_DEFERRED), .time = s->time },
			.goid = s->goid,
			.lock = s->lock,
		};

		if (s->time && encoder_ring(e, &rec, sizeof(rec), err))
			return err->code;
	}
	return 0;
}
