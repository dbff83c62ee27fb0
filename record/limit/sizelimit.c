// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/sizelimit.h"

#include <stdlib.h>

#define RATE_NS 250000000ull   /* interval at which the rate is measured */
#define CALM_NS 2000000000ull  /* time a step lasts before it is reverted */
#define SETTLE_NS 500000000ull /* time until a step shows in the rate */
#define SLACK 4                /* a step is reverted if this many times the growth would fit */
#define RESERVE_LEAST (8u << 10)
#define GOROUTINE_BYTES 24 /* per goroutine in a snapshot, compressed: 4 to 20 in the tests' traces */

struct sizelimit {
	uint64_t max;
	uint64_t deadline;
	uint64_t reserve;   /* bytes reserved for the end of the recording */
	uint64_t at, bytes; /* when the rate was last measured, and the file's size then */
	double rate;        /* bytes per ns */
	uint64_t stepped;   /* when the step last changed */
	enum shed_step step;
};

struct sizelimit *sizelimit_new(uint64_t max, uint64_t now, uint64_t deadline)
{
	struct sizelimit *l = malloc(sizeof(*l));

	if (l)
		*l = (struct sizelimit){
			.max = max, .deadline = deadline, .at = now, .stepped = now, .reserve = RESERVE_LEAST
		};
	return l;
}

void sizelimit_free(struct sizelimit *l)
{
	free(l);
}

uint64_t sizelimit_max(const struct sizelimit *l)
{
	return l->max;
}

uint64_t sizelimit_room(const struct sizelimit *l)
{
	return l->max - l->reserve;
}

enum shed_step sizelimit_current(const struct sizelimit *l)
{
	return l->step;
}

void sizelimit_expect(struct sizelimit *l, const struct trace_writer *w, uint64_t live)
{
	/*
	 * Each of them may be at a place not seen before: allow for as many new
	 * stacks and functions as are known.
	 */
	l->reserve = RESERVE_LEAST + live * GOROUTINE_BYTES + trace_writer_definitions(w);
	if (l->reserve > l->max / 2)
		l->reserve = l->max / 2;
}

/* Without a deadline, the share in use decides, as in the ring. */
static enum shed_step step_by_share(const struct sizelimit *l, uint64_t used)
{
	uint64_t room = sizelimit_room(l);

	return used > room / 16 * 14   ? SHED_WAITS
	       : used > room / 16 * 13 ? SHED_SHORT
	       : used > room / 16 * 12 ? SHED_STACKS
	       : used > room / 16 * 8  ? SHED_READY_STACKS
	                               : SHED_NOTHING;
}

static void measure_rate(struct sizelimit *l, uint64_t used, uint64_t now)
{
	double rate = used > l->bytes ? (double)(used - l->bytes) / (double)(now - l->at) : 0;

	/* The newest measurement counts half: bursts pass, and definitions are written only once. */
	l->rate = l->rate > 0 ? (l->rate + rate) / 2 : rate;
	l->bytes = used;
	l->at = now;
}

/* With a deadline, takes one step after another as long as the rest would not fit. */
static enum shed_step step_by_rate(struct sizelimit *l, uint64_t used, uint64_t now)
{
	uint64_t room = sizelimit_room(l), left = l->deadline > now ? l->deadline - now : 0;
	/* There is no rate at first. */
	double rate = l->rate > 0 ? l->rate : (double)used / (double)(now - l->at + 1);
	double have = room > used ? (double)(room - used) : 0, need = rate * (double)left;
	enum shed_step share = step_by_share(l, used);

	if (need > have) {
		/* The file fills so fast that single steps would come too late. */
		if (share > l->step)
			return share;
		if (l->step < SHED_WAITS && now - l->stepped >= SETTLE_NS)
			return l->step + 1;
	} else if (l->step > SHED_NOTHING && need * SLACK < have && now - l->stepped >= CALM_NS) {
		return l->step - 1;
	}
	return l->step;
}

/*
 * The compression of earlier blocks says little about the block being filled,
 * so write it out before it costs a step.
 */
static int see_used(const struct sizelimit *l, struct trace_writer *w, uint64_t *used, struct err *err)
{
	*used = trace_writer_likely(w);
	if (step_by_share(l, *used) <= l->step)
		return 0;
	if (trace_writer_know(w, err))
		return err->code;
	*used = trace_writer_likely(w);
	return 0;
}

enum shed_step sizelimit_decide(struct sizelimit *l, uint64_t used, uint64_t now)
{
	enum shed_step step;

	if (now - l->at >= RATE_NS)
		measure_rate(l, used, now);
	if (l->deadline) {
		step = step_by_rate(l, used, now);
	} else {
		step = step_by_share(l, used);
		/* The estimate may shrink a little, but the file does not. */
		if (step < l->step)
			step = l->step;
	}
	if (step != l->step)
		l->stepped = now;
	l->step = step;
	return step;
}

int sizelimit_step(struct sizelimit *l, struct trace_writer *w, uint64_t now, struct err *err)
{
	uint64_t used;

	if (!l->max)
		return SHED_NOTHING;
	if (see_used(l, w, &used, err))
		return err->code;
	return sizelimit_decide(l, used, now);
}

int sizelimit_fits(struct sizelimit *l, struct trace_writer *w, struct err *err)
{
	return l->max ? trace_writer_fits(w, sizelimit_room(l), err) : 1;
}
