// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a pointer to an object, as the model keeps it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/owner.h"

static struct trace_rec owner_rec(uint64_t goid, uint32_t chan, uint32_t distance)
{
	static const struct trace_owner_step steps[] = { { 0x1000, 8 }, { 0x2000, 0 } };

	return (struct trace_rec){ .type = TRACE_SNAP_OWNER,
		                   .goid = goid,
		                   .snap_owner = { .which = 1,
		                                   .obj = { .kind = TRACE_OBJ_CHAN, .id = chan },
		                                   .kind = goid ? TRACE_OWNER_GOROUTINE : TRACE_OWNER_VARIABLE,
		                                   .flags = TRACE_OWNER_COMPLETE,
		                                   .distance = distance,
		                                   .nsteps = distance,
		                                   .steps = steps } };
}

static void add(struct owners *o, uint64_t goid, uint32_t chan, uint32_t distance)
{
	struct trace_rec rec = owner_rec(goid, chan, distance);

	assert_int_equal(owners_add(o, &rec), 0);
}

static void test_nearest_first(void **state)
{
	struct owners o = { 0 };
	const struct owner *of;
	size_t n;

	add(&o, 7, 3, 2);
	add(&o, 0, 2, 1);
	add(&o, 9, 3, 1);
	add(&o, 8, 3, 1);
	owners_sort(&o);
	of = owners_of(&o, TRACE_OBJ_CHAN, 3, &n);
	assert_int_equal(n, 3);
	assert_int_equal(of[0].goid, 8);
	assert_int_equal(of[1].goid, 9);
	assert_int_equal(of[2].goid, 7);
	assert_int_equal(of[2].nsteps, 2);
	assert_int_equal(o.steps.v[of[2].first_step].addr, 0x1000);
	assert_int_equal(o.steps.v[of[2].first_step + 1].addr, 0x2000);
	of = owners_of(&o, TRACE_OBJ_CHAN, 2, &n);
	assert_int_equal(n, 1);
	assert_int_equal(of->kind, TRACE_OWNER_VARIABLE);
	assert_null(owners_of(&o, TRACE_OBJ_SYNC, 3, &n));
	assert_int_equal(n, 0);
	owners_free(&o);
}

/* An owner of a kind that a newer recorder writes is none that this report can name. */
static void test_unknown_kind(void **state)
{
	struct owners o = { 0 };
	struct trace_rec rec = owner_rec(1, 1, 1);
	size_t n;

	rec.snap_owner.kind = TRACE_OWNER_UNKNOWN;
	assert_int_equal(owners_add(&o, &rec), 0);
	owners_sort(&o);
	assert_null(owners_of(&o, TRACE_OBJ_CHAN, 1, &n));
	owners_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest_first),
		cmocka_unit_test(test_unknown_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
