// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/timeshare.h"

#define DECAY 0.5      /* what a phase counts one period later */
#define HYSTERESIS 0.7 /* everything is recorded again below this fraction of the limit */
#define CALM_PERIODS 3
#define RISE_MOST 2      /* factor by which the recorded part grows from one period to the next */
#define SPENT_FACTOR 1.5 /* a part that costs more than expected by this is cut short */
#define CPU_LEAST 1e6    /* ns of CPU time per second; a program that uses less is idle */

static void cost_add(struct timeshare_cost *sum, struct timeshare_cost c)
{
	sum->probes += c.probes;
	sum->cpu += c.cpu;
	sum->wall += c.wall;
}

static void cost_age(struct timeshare_cost *c)
{
	c->probes *= DECAY;
	c->cpu *= DECAY;
	c->wall *= DECAY;
}

static double per_wall(double ns, const struct timeshare_cost *c)
{
	return c->wall > 0 ? ns / c->wall : 0;
}

/* xorshift (Marsaglia); the seed is a time, and never 0. */
static uint64_t next_random(struct timeshare *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

/*
 * The part of each period for which probes(on) * part + probes(off) * (1 - part)
 * is the limit's share of cpu(on) * part + cpu(off) * (1 - part).
 */
static double part_that_fits(const struct timeshare *s)
{
	double limit = s->limit / 1e6, on = per_wall(s->on.probes, &s->on), off = per_wall(s->off.probes, &s->off);
	double cpu_on = per_wall(s->on.cpu, &s->on), cpu_off = s->off.wall > 0 ? per_wall(s->off.cpu, &s->off) : cpu_on;
	double have = limit * cpu_off - off, need = on - off - limit * (cpu_on - cpu_off);

	return need <= 0 || have >= need ? 1 : have > 0 ? have / need : 0;
}

static void place_part(struct timeshare *s, uint64_t now)
{
	uint64_t length = (uint64_t)(s->part * (double)TIMESHARE_PERIOD_NS);

	if (length < TIMESHARE_LEAST_NS)
		length = TIMESHARE_LEAST_NS;
	if (length > TIMESHARE_PERIOD_NS)
		length = TIMESHARE_PERIOD_NS;
	s->from = now + next_random(s) % (TIMESHARE_PERIOD_NS - length + 1);
	s->until = s->from + length;
	s->end = now + TIMESHARE_PERIOD_NS;
}

void timeshare_begin(struct timeshare *s, uint32_t limit, struct timeshare_cost cost, uint64_t now)
{
	*s = (struct timeshare){ .is_active = true, .limit = limit, .on = cost, .random = now | 1 };
	s->part = part_that_fits(s);
	place_part(s, now);
}

bool timeshare_is_on(const struct timeshare *s, uint64_t now)
{
	return now >= s->from && now < s->until;
}

void timeshare_take(struct timeshare *s, bool is_on, struct timeshare_cost cost)
{
	cost_add(is_on ? &s->on : &s->off, cost);
	if (is_on)
		cost_add(&s->last, cost);
}

bool timeshare_is_spent(const struct timeshare *s, const struct timeshare_cost *so_far)
{
	double rate = per_wall(s->off.cpu, &s->off), now = per_wall(so_far->cpu, so_far);

	if (so_far->wall < (double)TIMESHARE_LEAST_NS)
		return false;
	if (now > rate)
		rate = now;
	return so_far->probes > SPENT_FACTOR * s->limit / 1e6 * rate * (double)TIMESHARE_PERIOD_NS;
}

void timeshare_shift(struct timeshare *s, uint64_t now)
{
	if (now > s->from) {
		s->until += now - s->from;
		s->from = now;
	}
}

void timeshare_cut(struct timeshare *s, uint64_t now)
{
	if (s->until > now)
		s->until = now;
}

/* Whether this period's recorded part kept within the limit by itself. */
static bool is_calm(const struct timeshare *s)
{
	const struct timeshare_cost *c = &s->last;

	return c->wall > 0 && (per_wall(c->cpu, c) < CPU_LEAST / (double)TIMESHARE_PERIOD_NS ||
	                       c->probes < s->limit / 1e6 * HYSTERESIS * c->cpu);
}

bool timeshare_is_over(const struct timeshare *s, uint64_t now)
{
	return now >= s->end && now >= s->until;
}

bool timeshare_next(struct timeshare *s, uint64_t now)
{
	double part = part_that_fits(s);

	s->calm = is_calm(s) ? s->calm + 1 : 0;
	s->is_active = s->calm < CALM_PERIODS;
	if (!s->is_active)
		return false;
	s->part = part > s->part * RISE_MOST ? s->part * RISE_MOST : part;
	if (s->part < (double)TIMESHARE_LEAST_NS / (double)TIMESHARE_PERIOD_NS)
		s->part = (double)TIMESHARE_LEAST_NS / (double)TIMESHARE_PERIOD_NS;
	cost_age(&s->on);
	cost_age(&s->off);
	s->last = (struct timeshare_cost){ 0 };
	place_part(s, now);
	return true;
}
