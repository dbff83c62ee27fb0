// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/overhead_policy.h"

#define BACKOFF_NS 2000000000ull /* before a step is reverted; doubled each time that was too early */
#define BACKOFF_MOST_NS 64000000000ull
#define CALM_NS 10000000000ull /* a reverted step was not too early if it holds this long */
#define HYSTERESIS 0.7         /* a step is reverted below this fraction of the limit */

void overhead_policy_init(struct overhead_policy *p, uint32_t limit)
{
	*p = (struct overhead_policy){ .limit = limit, .backoff = BACKOFF_NS };
}

void overhead_policy_reset(struct overhead_policy *p)
{
	p->step = SHED_NOTHING;
	p->backoff = BACKOFF_NS;
	p->is_retry = p->is_exceeded = false;
}

static void change(struct overhead_policy *p, enum shed_step step, bool is_retry, uint64_t now)
{
	p->step = step;
	p->stepped = now;
	p->retry_at = now + p->backoff;
	p->is_retry = is_retry;
	p->is_changed = true;
}

enum shed_step overhead_policy_take(struct overhead_policy *p, uint32_t share, uint64_t now)
{
	p->last = share;
	if (share > p->most)
		p->most = share;
	p->is_changed = false;
	/* Only time after a retry counts: before it, each back-off of more than CALM_NS would end all doubling. */
	if (p->is_retry && now - p->stepped >= CALM_NS) {
		p->is_retry = false;
		p->backoff = BACKOFF_NS;
	}
	p->is_exceeded = share > p->limit && p->step == OVERHEAD_LAST_STEP;
	if (share > p->limit && p->step < OVERHEAD_LAST_STEP) {
		if (p->is_retry && p->backoff < BACKOFF_MOST_NS)
			p->backoff *= 2;
		change(p, p->step + 1, false, now);
	} else if (p->step > SHED_NOTHING && share < p->limit * HYSTERESIS && now >= p->retry_at) {
		change(p, p->step - 1, true, now);
	}
	return p->step;
}
