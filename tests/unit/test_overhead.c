// SPDX-License-Identifier: GPL-2.0-or-later
/* Which step the probes' share of CPU time requires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/limit/overhead.h"

#define S 1000000000ull

static enum shed_step decide(struct overhead *o, uint32_t share, uint64_t now)
{
	o->last = share;
	return overhead_decide(o, now);
}

static struct overhead limited(uint32_t limit)
{
	return (struct overhead){ .limit = limit, .backoff = 2 * S, .stats_fd = -1 };
}

static void test_up(void **state)
{
	struct overhead o = limited(50000);

	assert_int_equal(decide(&o, 50000, S), SHED_NOTHING);
	for (int step = 1; step <= SHED_PROBES; step++)
		assert_int_equal(decide(&o, 50001, S), step);
	assert_int_equal(decide(&o, 900000, S), SHED_PROBES);
}

/* A step is reverted below 70% of the limit, and only after the back-off. */
static void test_back(void **state)
{
	struct overhead o = limited(50000);

	decide(&o, 60000, S);
	assert_int_equal(decide(&o, 10000, S + S), SHED_READY_STACKS);
	assert_int_equal(decide(&o, 40000, S + 3 * S), SHED_READY_STACKS);
	assert_int_equal(decide(&o, 34000, S + 3 * S), SHED_NOTHING);
}

/* Each step that is reverted too early doubles the back-off. */
static void test_backoff(void **state)
{
	struct overhead o = limited(50000);
	uint64_t now = S;

	decide(&o, 60000, now);
	for (uint64_t backoff = 2 * S; backoff <= 8 * S; backoff *= 2) {
		assert_int_equal(decide(&o, 0, now + backoff - 1), SHED_READY_STACKS);
		now += backoff;
		assert_int_equal(decide(&o, 0, now), SHED_NOTHING);
		assert_int_equal(decide(&o, 60000, now), SHED_READY_STACKS);
	}
	assert_int_equal(o.backoff, 16 * S);
}

/* A step that lasts 10 s resets the back-off. */
static void test_calm(void **state)
{
	struct overhead o = limited(50000);

	o.backoff = 32 * S;
	decide(&o, 60000, S);
	decide(&o, 45000, S + 10 * S);
	assert_int_equal(o.backoff, 2 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_calm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
