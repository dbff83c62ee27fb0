// SPDX-License-Identifier: GPL-2.0-or-later
/* Which step the probes' share of CPU time requires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/limit/overhead_policy.h"

#define S 1000000000ull

static struct overhead_policy limited(void)
{
	struct overhead_policy p;

	overhead_policy_init(&p, 50000);
	return p;
}

static void test_up(void **state)
{
	struct overhead_policy p = limited();

	assert_int_equal(overhead_policy_take(&p, 50000, S), SHED_NOTHING);
	assert_int_equal(overhead_policy_take(&p, 50001, S), SHED_READY_STACKS);
	assert_false(p.is_exceeded);
	/* More is not left out: the rest is a matter of time. */
	assert_int_equal(overhead_policy_take(&p, 50001, S), SHED_READY_STACKS);
	assert_true(p.is_exceeded);
	overhead_policy_reset(&p);
	assert_int_equal(overhead_policy_take(&p, 50000, S), SHED_NOTHING);
	assert_false(p.is_exceeded);
}

/* A step is reverted below 70% of the limit, and only after the back-off. */
static void test_back(void **state)
{
	struct overhead_policy p = limited();

	overhead_policy_take(&p, 60000, S);
	assert_int_equal(overhead_policy_take(&p, 10000, S + S), SHED_READY_STACKS);
	assert_int_equal(overhead_policy_take(&p, 40000, S + 3 * S), SHED_READY_STACKS);
	assert_int_equal(overhead_policy_take(&p, 34000, S + 3 * S), SHED_NOTHING);
}

/* Each step that is reverted too early doubles the back-off, up to 64 s. */
static void test_backoff(void **state)
{
	struct overhead_policy p = limited();
	uint64_t now = S;

	overhead_policy_take(&p, 60000, now);
	for (uint64_t backoff = 2 * S; backoff <= 64 * S; backoff *= 2) {
		assert_int_equal(overhead_policy_take(&p, 0, now + backoff - 1), SHED_READY_STACKS);
		now += backoff;
		assert_int_equal(overhead_policy_take(&p, 0, now), SHED_NOTHING);
		assert_int_equal(overhead_policy_take(&p, 60000, now), SHED_READY_STACKS);
	}
	assert_int_equal(p.backoff, 64 * S);
}

/* Measured all the time, as in a recording: the gaps between retries grow to 64 s. */
static void test_backoff_measured(void **state)
{
	struct overhead_policy p = limited();
	uint64_t retried = 0, longest = 0;

	for (uint64_t now = S; now < 400 * S; now += S / 5) {
		enum shed_step before = p.step;

		if (overhead_policy_take(&p, before ? 0 : 60000, now) >= before)
			continue;
		if (retried && now - retried > longest)
			longest = now - retried;
		retried = now;
	}
	assert_in_range(longest, 64 * S, 65 * S);
}

/* A reverted step that holds 10 s resets the back-off; a step that is in force as long does not. */
static void test_calm(void **state)
{
	struct overhead_policy p = limited();

	overhead_policy_take(&p, 60000, S);
	p.backoff = 32 * S;
	overhead_policy_take(&p, 45000, 12 * S);
	assert_int_equal(p.backoff, 32 * S);
	assert_int_equal(overhead_policy_take(&p, 0, 40 * S), SHED_NOTHING);
	overhead_policy_take(&p, 0, 50 * S);
	assert_int_equal(p.backoff, 2 * S);
}

static void test_most(void **state)
{
	struct overhead_policy p = limited();

	overhead_policy_take(&p, 70000, S);
	overhead_policy_take(&p, 30000, 2 * S);
	assert_int_equal(p.most, 70000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),      cmocka_unit_test(test_back),
		cmocka_unit_test(test_backoff), cmocka_unit_test(test_backoff_measured),
		cmocka_unit_test(test_calm),    cmocka_unit_test(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
