// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/limits.h"

#include <stdlib.h>

#include "record/limit/losses.h"
#include "record/limit/overhead.h"
#include "record/probe/ringtype.h"
#include "util/clock.h"

#define NOTE_NS 100000000ull       /* precision of the time of a loss */
#define NOTE_LONG_NS 1000000000ull /* the same while all waits are being left out */
#define TIGHT_NS 2000000000ull     /* time for which short waits are left out after the ring was nearly full */

struct limits {
	struct limits_opts opts;
	struct losses *losses;
	struct shed *shed;
	struct sizelimit *size;
	struct overhead *overhead; /* NULL: unlimited */
	uint64_t noted;            /* CLOCK_MONOTONIC ns */
	uint64_t tight;            /* CLOCK_MONOTONIC ns at which the ring last lacked room for stacks; 0: never */
	struct probes *probes;
};

int limits_new(struct limits **out, const struct limits_opts *o, struct probes *probes, pid_t pid, struct err *err)
{
	struct limits *l = calloc(1, sizeof(*l));

	*out = l;
	if (!l)
		return err_nomem(err);
	l->opts = *o;
	l->probes = probes;
	return overhead_new(&l->overhead, o->max_overhead, probes, pid, err);
}

int limits_begin(struct limits *l, struct encoder *enc, struct deferred *deferred, uint64_t deadline, struct err *err)
{
	l->noted = enc->epoch;
	l->size = sizelimit_new(l->opts.max_size, enc->epoch, deadline);
	l->losses = losses_new(l->probes->shared, enc, l->opts.events, enc->epoch);
	if (!l->size || !l->losses)
		return err_nomem(err);
	l->shed = shed_new(&(struct shed_of){ .probes = l->probes,
	                                      .losses = l->losses,
	                                      .enc = enc,
	                                      .deferred = deferred,
	                                      .min_block = l->opts.min_block });
	return l->shed ? 0 : err_nomem(err);
}

int limits_size_step(struct limits *l, struct trace_writer *w, struct err *err)
{
	int step = sizelimit_step(l->size, w, mono_ns(), err);

	return step < 0 ? step : shed_want(l->shed, SHED_BY_SIZE, (enum shed_step)step, err);
}

void limits_expect(struct limits *l, const struct trace_writer *w, uint64_t live)
{
	sizelimit_expect(l->size, w, live);
}

int limits_fit(struct limits *l, struct trace_writer *w, struct err *err)
{
	return sizelimit_fits(l->size, w, err);
}

bool limits_drop(struct limits *l, const void *rec, size_t len)
{
	const struct ring_hdr *h = rec;

	if (sizelimit_current(l->size) < SHED_WAITS || len < sizeof(*h) || !ring_is_wait(h->type))
		return false;
	losses_drop(l->losses, rec, len);
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

	sizelimit_expect(l->size, w, live);
	if (limits_size_step(l, w, err) || shed_want(l->shed, SHED_BY_OVERHEAD, overhead_step(l->overhead, now), err) ||
	    shed_tight(l->shed, is_tight(l, now), err))
		return err->code;
	if (now - l->noted < (shed_current(l->shed) >= SHED_WAITS ? NOTE_LONG_NS : NOTE_NS))
		return 0;
	l->noted = now;
	return losses_note(l->losses, err);
}

void limits_count_full(struct limits *l, const void *rec, size_t len)
{
	losses_drop(l->losses, rec, len);
}

int limits_stop(struct limits *l, struct err *err)
{
	shed_account(l->shed);
	return losses_note(l->losses, err);
}

void limits_end(struct limits *l, struct trace_end *end)
{
	end->lost = losses_lost(l->losses);
	end->has_overhead = l->overhead != NULL;
	if (!l->overhead)
		return;
	end->overhead = overhead_share(l->overhead);
	end->overhead_max = overhead_most(l->overhead);
}

uint64_t limits_left_out(const struct limits *l)
{
	return losses_left_out(l->losses);
}

struct shed_span limits_span(const struct limits *l, enum shed_limit by, enum shed_step step)
{
	return shed_span(l->shed, by, step);
}

bool limits_has_size(const struct limits *l)
{
	return sizelimit_max(l->size) != 0;
}

struct sizelimit *limits_size(struct limits *l)
{
	return l->size;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	overhead_free(l->overhead);
	sizelimit_free(l->size);
	shed_free(l->shed);
	losses_free(l->losses);
	free(l);
}
