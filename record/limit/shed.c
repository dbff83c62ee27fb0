// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/shed.h"

#include <stdlib.h>

#include "util/clock.h"
#include "util/debug.h"

struct shed {
	struct shed_of of;
	enum shed_step want[SHED_BY_RING], now;
	enum shed_limit by;
	bool is_tight;  /* short waits are left out for the ring, whatever the limits require */
	uint64_t since; /* CLOCK_MONOTONIC ns at which now took effect */
	struct shed_span spans[SHED_LIMITS][SHED_STEPS];
};

struct shed *shed_new(const struct shed_of *of)
{
	struct shed *s = malloc(sizeof(*s));

	if (s)
		*s = (struct shed){ .of = *of, .since = of->enc->epoch };
	return s;
}

void shed_free(struct shed *s)
{
	free(s);
}

enum shed_step shed_current(const struct shed *s)
{
	return s->now;
}

struct shed_span shed_span(const struct shed *s, enum shed_limit by, enum shed_step step)
{
	return s->spans[by][step];
}

static void span_add(struct shed *s, enum shed_limit by, enum shed_step step, uint64_t now)
{
	struct shed_span *span = &s->spans[by][step];

	if (!span->total)
		span->first = s->since - s->of.enc->epoch;
	span->total += now - s->since;
}

void shed_account(struct shed *s)
{
	uint64_t now = mono_ns();

	for (enum shed_step i = SHED_NOTHING + 1; i <= s->now; i++)
		span_add(s, s->by, i, now);
	if (s->is_tight)
		span_add(s, SHED_BY_RING, SHED_SHORT, now);
	s->since = now;
}

static enum ring_level ring_level_of(enum shed_step step)
{
	static const uint8_t level[SHED_STEPS] = {
		[SHED_NOTHING] = RING_LEVEL_ALL,      [SHED_READY_STACKS] = RING_LEVEL_NO_READY_STACKS,
		[SHED_STACKS] = RING_LEVEL_NO_STACKS, [SHED_SHORT] = RING_LEVEL_NO_STACKS,
		[SHED_WAITS] = RING_LEVEL_LIFE,       [SHED_PROBES] = RING_LEVEL_LIFE,
	};

	return (enum ring_level)level[step];
}

/* Sets the limit for short waits: the larger of the user's and the step's. */
static int switch_min_block(struct shed *s, enum shed_step step, struct err *err)
{
	uint64_t ns = (step == SHED_SHORT || s->is_tight) && s->of.min_block < SHED_SHORT_NS ? SHED_SHORT_NS
	                                                                                     : s->of.min_block;

	if (ns == s->of.probes->shared->min_block)
		return 0;
	/* Waits left out so far were shorter than the old limit. */
	if (deferred_note(s->of.deferred, s->of.probes, s->of.enc, mono_ns(), err))
		return err->code;
	return probes_set_min_block(s->of.probes, ns, err);
}

/*
 * Keeps the losses of the two steps apart. When less is left out from now on,
 * losses that occurred during the switch are written at once, so that the range
 * that follows contains none of them.
 */
static int switch_level(struct shed *s, enum shed_step step, enum shed_limit by, struct err *err)
{
	bool is_less = step < s->now;

	if (is_less) {
		probes_set_level(s->of.probes, ring_level_of(step));
		if (losses_note(s->of.losses, err))
			return err->code;
	}
	if (step > SHED_NOTHING)
		losses_attribute(s->of.losses, by == SHED_BY_SIZE ? TRACE_LOSS_SIZE : TRACE_LOSS_OVERHEAD);
	losses_set_blind(s->of.losses, step == SHED_PROBES);
	if (!is_less)
		probes_set_level(s->of.probes, ring_level_of(step));
	return 0;
}

/* What is still in the ring was recorded under the old step, so write the losses with its cause first. */
static int shed_switch(struct shed *s, enum shed_step step, enum shed_limit by, struct err *err)
{
	enum shed_step old = s->now;

	if (old == SHED_PROBES && step < SHED_PROBES && probes_waits_attach(s->of.probes, err))
		return err->code;
	if (losses_note(s->of.losses, err))
		return err->code;
	/* What a goroutine waited on before may not be what it waits on now. */
	if (old >= SHED_WAITS && step < SHED_WAITS)
		encoder_forget_waits(s->of.enc);
	if (switch_level(s, step, by, err))
		return err->code;
	if (switch_min_block(s, step, err))
		return err->code;
	debug(DEBUG_LIMIT, "step %d -> %d for %s", (int)old, (int)step,
	      by == SHED_BY_SIZE ? "the size" : "the overhead");
	s->now = step;
	s->by = by;
	if (step == SHED_PROBES && old < SHED_PROBES)
		probes_waits_detach(s->of.probes);
	return 0;
}

int shed_want(struct shed *s, enum shed_limit by, enum shed_step step, struct err *err)
{
	enum shed_limit who = SHED_BY_SIZE;
	enum shed_step most;

	s->want[by] = step;
	if (s->want[SHED_BY_OVERHEAD] > s->want[SHED_BY_SIZE])
		who = SHED_BY_OVERHEAD;
	most = s->want[who];
	if (most == s->now && (who == s->by || !most))
		return 0;
	shed_account(s);
	return shed_switch(s, most, who, err);
}

int shed_tight(struct shed *s, bool tight, struct err *err)
{
	if (tight == s->is_tight)
		return 0;
	shed_account(s);
	debug(DEBUG_LIMIT, "the ring is %s", tight ? "tight: short waits are left out" : "no longer tight");
	s->is_tight = tight;
	return switch_min_block(s, s->now, err);
}
