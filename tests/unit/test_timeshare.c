// SPDX-License-Identifier: GPL-2.0-or-later
/* For which part of each second waits are recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/limit/timeshare.h"

#define S 1000000000ull
#define LIMIT 50000 /* 5 % */

/* A program that uses one CPU, of which the probes take this share while waits are recorded. */
static struct timeshare_cost cost(double share, double seconds)
{
	return (struct timeshare_cost){ share * seconds * 1e9, seconds * 1e9, seconds * 1e9 };
}

/* Runs one period to its end; returns the ns for which it recorded. */
static uint64_t period(struct timeshare *s, double on, double off)
{
	uint64_t recorded = s->until - s->from, from = s->from, until = s->until, end = s->end;

	assert_in_range(from, end - S, end);
	assert_true(until <= end);
	assert_false(timeshare_is_on(s, until));
	assert_true(timeshare_is_on(s, from) && timeshare_is_on(s, until - 1));
	assert_false(timeshare_is_over(s, end - 1));
	assert_true(timeshare_is_over(s, end));
	timeshare_take(s, true, cost(on, (double)recorded / 1e9));
	timeshare_take(s, false, cost(off, (double)(S - recorded) / 1e9));
	timeshare_next(s, end);
	return recorded;
}

static struct timeshare begun(double share)
{
	struct timeshare s;

	timeshare_begin(&s, LIMIT, cost(share, 0.05), 7 * S);
	return s;
}

/* A tenth of the time at ten times the limit. */
static void test_share(void **state)
{
	struct timeshare s = begun(0.5);
	uint64_t sum = 0;

	for (int i = 0; i < 100; i++)
		sum += period(&s, 0.5, 0);
	assert_true(s.is_active);
	assert_in_range(sum, 95 * S / 10, 105 * S / 10);
}

/* What probes cost that stay attached is taken off. */
static void test_rest(void **state)
{
	struct timeshare s = begun(0.5);
	uint64_t sum = 0;

	for (int i = 0; i < 100; i++)
		sum += period(&s, 0.5, 0.03);
	/* 0.03 + part * 0.47 = 0.05 */
	assert_in_range(sum, 41 * S / 10, 47 * S / 10);
}

/* Every second has something, even if that alone is more than the limit. */
static void test_least(void **state)
{
	struct timeshare s = begun(1);

	for (int i = 0; i < 20; i++)
		assert_true(period(&s, 1, 0.2) >= TIMESHARE_LEAST_NS);
	assert_int_equal(period(&s, 1, 0.2), TIMESHARE_LEAST_NS);
}

/* The place in the second changes. */
static void test_places(void **state)
{
	struct timeshare s = begun(0.5);
	int early = 0;

	for (int i = 0; i < 200; i++) {
		early += s.from - (s.end - S) < S / 2;
		period(&s, 0.5, 0);
	}
	assert_in_range(early, 60, 150);
}

/* It ends when recording costs less than 70 % of the limit three times in a row, or the program is idle. */
static void test_calm(void **state)
{
	struct timeshare s = begun(0.5);
	int n = 0;

	for (; s.is_active && n < 50; n++)
		period(&s, 0.03, 0);
	assert_int_equal(n, 3);
	s = begun(0.5);
	for (n = 0; n < 50; n++)
		period(&s, 0.045, 0);
	assert_true(s.is_active);
}

/* A program that wakes up in a recorded part does not spend the second's share at once. */
static void test_spent(void **state)
{
	struct timeshare s = begun(0.5);
	struct timeshare_cost so_far = cost(0.5, 0.009);

	assert_false(timeshare_is_spent(&s, &so_far));
	so_far = cost(0.5, 0.1);
	assert_false(timeshare_is_spent(&s, &so_far));
	so_far = cost(0.5, 0.2);
	assert_true(timeshare_is_spent(&s, &so_far));
	timeshare_cut(&s, s.from + 1);
	assert_false(timeshare_is_on(&s, s.from + 1));
}

/* Attaching takes time; the recorded part keeps its length. */
static void test_shift(void **state)
{
	struct timeshare s = begun(0.5);
	uint64_t length = s.until - s.from;

	timeshare_shift(&s, s.from + S / 100);
	assert_int_equal(s.until - s.from, length);
	timeshare_shift(&s, s.from - 1);
	assert_int_equal(s.until - s.from, length);
	if (s.until > s.end)
		assert_false(timeshare_is_over(&s, s.end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),  cmocka_unit_test(test_rest), cmocka_unit_test(test_least),
		cmocka_unit_test(test_places), cmocka_unit_test(test_calm), cmocka_unit_test(test_spent),
		cmocka_unit_test(test_shift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
