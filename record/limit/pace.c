// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/pace.h"

#define MILLION 1000000u
/* A sample this much later than asked for is not called late: timers and the scheduler take their time, too. */
#define SLACK_PERCENT 10

uint64_t pace_next(struct pace *p, uint64_t begun, uint64_t now, uint64_t cpu)
{
	uint64_t whole = cpu / p->limit, rest = cpu % p->limit;
	uint64_t distance = whole * MILLION + rest * MILLION / p->limit;

	if (now > begun && distance < now - begun)
		distance = now - begun;
	if (distance < p->interval)
		distance = p->interval;
	if (distance - p->interval > p->interval / 100 * SLACK_PERCENT)
		p->stretched++;
	if (distance > p->longest)
		p->longest = distance;
	return begun + distance;
}
