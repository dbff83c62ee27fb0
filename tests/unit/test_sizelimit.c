// SPDX-License-Identifier: GPL-2.0-or-later
/* Which step the growth of a trace requires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/limit/sizelimit.h"

#define S 1000000000ull
#define MAX 1000000u

/* Without a deadline, the share in use decides, and no step is ever reverted. */
static void test_share(void **state)
{
	struct sizelimit *l = sizelimit_new(MAX, S, 0);
	uint64_t room;

	room = sizelimit_room(l);
	assert_int_equal(sizelimit_decide(l, room * 7 / 16, 2 * S), SHED_NOTHING);
	assert_int_equal(sizelimit_decide(l, room * 9 / 16, 3 * S), SHED_READY_STACKS);
	assert_int_equal(sizelimit_decide(l, room * 12 / 16 + 100, 4 * S), SHED_STACKS);
	assert_int_equal(sizelimit_decide(l, room * 9 / 16, 5 * S), SHED_STACKS);
	assert_int_equal(sizelimit_decide(l, room * 13 / 16 + 100, 6 * S), SHED_SHORT);
	assert_int_equal(sizelimit_decide(l, room * 15 / 16, 7 * S), SHED_WAITS);
	sizelimit_free(l);
}

/* With a deadline, nothing is left out while the growth fits into the remaining time. */
static void test_rate_fits(void **state)
{
	struct sizelimit *l = sizelimit_new(MAX, S, 11 * S);

	for (uint64_t t = 1; t < 10; t++)
		assert_int_equal(sizelimit_decide(l, t * MAX / 20, S + t * S), SHED_NOTHING);
	sizelimit_free(l);
}

/* If the growth does not fit, steps are taken one at a time, each with time to take effect. */
static void test_rate_too_high(void **state)
{
	struct sizelimit *l = sizelimit_new(MAX, S, 101 * S);

	assert_int_equal(sizelimit_decide(l, 100000, 2 * S), SHED_READY_STACKS);
	assert_int_equal(sizelimit_decide(l, 130000, 2 * S + S / 4), SHED_READY_STACKS);
	assert_int_equal(sizelimit_decide(l, 160000, 2 * S + S / 2), SHED_STACKS);
	sizelimit_free(l);
}

/* A step is reverted if far more than the growth would fit, but not at once. */
static void test_rate_taken_back(void **state)
{
	struct sizelimit *l = sizelimit_new(MAX, S, 101 * S);

	assert_int_equal(sizelimit_decide(l, 100000, 2 * S), SHED_READY_STACKS);
	for (uint64_t t = S / 4; t < 2 * S; t += S / 4)
		assert_true(sizelimit_decide(l, 100000, 2 * S + t) >= SHED_READY_STACKS);
	for (uint64_t t = 2 * S; t < 12 * S; t += S / 4)
		sizelimit_decide(l, 100000, 2 * S + t);
	assert_int_equal(sizelimit_current(l), SHED_NOTHING);
	sizelimit_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_rate_fits),
		cmocka_unit_test(test_rate_too_high),
		cmocka_unit_test(test_rate_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
