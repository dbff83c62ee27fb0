// SPDX-License-Identifier: GPL-2.0-or-later
/* Records dropped after they left the ring, and the pressure of the ring itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/limit_fixture.h"

static const struct limits_opts opts = { .events = TRACE_EVENTS_SCHED };

static void end(struct fixture *f)
{
	struct file file = fixture_end(f);

	file_free(&file);
}

static bool drops(struct fixture *f, uint8_t type)
{
	struct ring_hdr h = { .type = type };

	return limits_drop(f->limits, &h, sizeof(h));
}

static void test_drop(void **state)
{
	static const uint8_t waits[] = {
		RING_PARK, RING_SELECT, RING_READY, RING_NETREADY, RING_OP, RING_TRY, RING_RUN
	};
	static const uint8_t life[] = { RING_CREATE, RING_EXIT, RING_MAKE, RING_CLOSE, RING_STACK };
	struct limits_opts sized = opts;
	struct fixture f;
	uint64_t room;

	sized.max_size = 1000000;
	fixture_init(&f, &sized);
	room = sizelimit_room(limits_size(f.limits));
	assert_int_equal(sizelimit_decide(limits_size(f.limits), room / 16 * 13 + 100, 2000), SHED_SHORT);
	for (size_t i = 0; i < sizeof(waits); i++)
		assert_false(drops(&f, waits[i]));
	assert_int_equal(sizelimit_decide(limits_size(f.limits), room / 16 * 15, 3000), SHED_WAITS);
	for (size_t i = 0; i < sizeof(waits); i++)
		assert_true(drops(&f, waits[i]));
	for (size_t i = 0; i < sizeof(life); i++)
		assert_false(drops(&f, life[i]));
	end(&f);
}

/* A ring without room for stacks drops short waits, and keeps doing so after one look that finds room. */
static void test_tight(void **state)
{
	struct fixture f;

	fixture_init(&f, &opts);
	assert_int_equal(limits_step(f.limits, f.w, 10, &f.err), 0);
	assert_int_equal(f.shared.min_block, 0);
	f.shared.is_tight = 1;
	assert_int_equal(limits_step(f.limits, f.w, 10, &f.err), 0);
	assert_int_equal(f.shared.is_tight, 0);
	assert_int_equal(f.shared.min_block, SHED_SHORT_NS);
	assert_int_equal(limits_step(f.limits, f.w, 10, &f.err), 0);
	assert_int_equal(f.shared.min_block, SHED_SHORT_NS);
	end(&f);
}

static void test_end(void **state)
{
	struct trace_end e = { 0 };
	struct fixture f;

	fixture_init(&f, &opts);
	f.shared.lost[RING_PARK] = 12;
	f.shared.shed[RING_READY] = 5;
	assert_int_equal(limits_stop(f.limits, &f.err), 0);
	limits_end(f.limits, &e);
	assert_int_equal(e.lost, 12);
	assert_int_equal(limits_left_out(f.limits), 5);
	assert_false(e.has_overhead);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_tight),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
