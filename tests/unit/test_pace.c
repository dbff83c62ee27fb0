// SPDX-License-Identifier: GPL-2.0-or-later
/* When the next sample is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/limit/pace.h"

#define MS 1000000ull

static struct pace at(uint64_t interval, uint32_t limit)
{
	return (struct pace){ .interval = interval, .limit = limit };
}

static void cheap_samples_come_as_asked_for(void **state)
{
	struct pace p = at(100 * MS, 100000);

	assert_int_equal(pace_next(&p, 1000 * MS, 1009 * MS, 9 * MS), 1100 * MS);
	assert_int_equal(p.stretched, 0);
	assert_int_equal(p.longest, 100 * MS);
}

/* A tenth of a CPU: 30 ms of work in 300 ms. */
static void costly_samples_come_less_often(void **state)
{
	struct pace p = at(100 * MS, 100000);

	assert_int_equal(pace_next(&p, 1000 * MS, 1031 * MS, 30 * MS), 1300 * MS);
	assert_int_equal(pace_next(&p, 1300 * MS, 1301 * MS, 1 * MS), 1400 * MS);
	assert_int_equal(p.stretched, 1);
	assert_int_equal(p.longest, 300 * MS);
}

/* A sample that waited for a CPU costs no more than it took of it, but the next one cannot begin earlier. */
static void slow_samples_do_not_overlap(void **state)
{
	struct pace p = at(10 * MS, 1000000);

	assert_int_equal(pace_next(&p, 0, 500 * MS, 5 * MS), 500 * MS);
	assert_int_equal(p.longest, 500 * MS);
}

static void long_samples_do_not_overflow(void **state)
{
	struct pace p = at(10 * MS, 100);

	/* A minute of CPU time at 0.01 % are a week. */
	assert_int_equal(pace_next(&p, 0, 60000 * MS, 60000 * MS), 600000000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cheap_samples_come_as_asked_for),
		cmocka_unit_test(costly_samples_come_less_often),
		cmocka_unit_test(slow_samples_do_not_overlap),
		cmocka_unit_test(long_samples_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
