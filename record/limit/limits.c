// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/limits.h"

#include "record/probe/ringtype.h"
#include "util/clock.h"

#define NOTE_NS 100000000ull       /* precision of the time of a loss */
#define NOTE_LONG_NS 1000000000ull /* the same while all waits are being left out */
#define TIGHT_NS 2000000000ull     /* time for which short waits are left out after the ring was nearly full */

void limits_begin(struct limits *l, const struct limits_opts *o, struct probes *probes, struct encoder *enc,
                  struct deferred *deferred)
{
	losses_init(&l->losses, probes->shared, enc, o->events, enc->epoch);
	shed_init(&l->shed, probes, &l->losses, deferred, o->min_block);
	sizelimit_init(&l->size, o->max_size, enc->epoch, o->deadline);
	l->noted = enc->epoch;
	l->probes = probes;
}

int limits_size_step(struct limits *l, struct trace_writer *w, struct err *err)
{
	int step = sizelimit_step(&l->size, w, mono_ns(), err);

	return step < 0 ? step : shed_want(&l->shed, SHED_BY_SIZE, (enum shed_step)step, err);
}

void limits_expect(struct limits *l, const struct trace_writer *w, uint64_t live)
{
	sizelimit_expect(&l->size, w, live);
}

int limits_fit(struct limits *l, struct trace_writer *w, struct err *err)
{
	return sizelimit_fits(&l->size, w, err);
}

bool limits_drop(struct limits *l, const void *rec, size_t len)
{
	const struct ring_hdr *h = rec;

	if (l->size.step < SHED_WAITS || len < sizeof(*h) || !ring_is_wait(h->type))
		return false;
	losses_drop(&l->losses, rec, len);
	return true;
}

/* Short waits are recorded again once the ring has had room for a while. */
static bool is_tight(struct limits *l, uint64_t now)
{
	if (probes_was_tight(l->probes))
		l->tight = now;
	return l->tight && now - l->tight < TIGHT_NS;
}

int limits_step(struct limits *l, struct trace_writer *w, uint64_t live, struct err *err)
{
	uint64_t now = mono_ns();

	sizelimit_expect(&l->size, w, live);
	if (limits_size_step(l, w, err) ||
	    shed_want(&l->shed, SHED_BY_OVERHEAD, overhead_step(&l->overhead, now), err) ||
	    shed_tight(&l->shed, is_tight(l, now), err))
		return err->code;
	if (now - l->noted < (l->shed.now >= SHED_WAITS ? NOTE_LONG_NS : NOTE_NS))
		return 0;
	l->noted = now;
	return losses_note(&l->losses, err);
}

void limits_end(struct limits *l, struct trace_end *end)
{
	shed_account(&l->shed);
	end->lost = l->losses.lost;
	end->has_overhead = l->overhead.limit != 0;
	end->overhead = overhead_share(&l->overhead);
	end->overhead_max = l->overhead.most;
}

void limits_free(struct limits *l)
{
	overhead_free(&l->overhead);
}
