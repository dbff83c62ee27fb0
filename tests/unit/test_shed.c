// SPDX-License-Identifier: GPL-2.0-or-later
/* Which limit prevails, and what the BPF programs are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/limit_fixture.h"

static const struct limits_opts opts = { .events = TRACE_EVENTS_SCHED };

static void want(struct fixture *f, enum shed_limit by, enum shed_step step)
{
	assert_int_equal(shed_want(f->shed, by, step, &f->err), 0);
}

static void end(struct fixture *f)
{
	struct file file = fixture_end(f);

	file_free(&file);
}

static void test_levels(void **state)
{
	static const uint32_t level[] = { RING_LEVEL_ALL,       RING_LEVEL_NO_READY_STACKS,
		                          RING_LEVEL_NO_STACKS, RING_LEVEL_NO_STACKS,
		                          RING_LEVEL_LIFE,      RING_LEVEL_LIFE };
	struct fixture f;

	fixture_init(&f, &opts);
	for (int step = SHED_NOTHING; step < SHED_STEPS; step++) {
		want(&f, SHED_BY_SIZE, (enum shed_step)step);
		assert_int_equal(f.shared.level, level[step]);
		assert_int_equal(f.has_waits, step < SHED_PROBES);
		assert_int_equal(f.shared.min_block, step == SHED_SHORT ? SHED_SHORT_NS : 0);
	}
	for (int step = SHED_STEPS - 1; step >= SHED_NOTHING; step--) {
		want(&f, SHED_BY_SIZE, (enum shed_step)step);
		assert_int_equal(f.shared.level, level[step]);
		assert_int_equal(f.has_waits, step < SHED_PROBES);
	}
	end(&f);
}

/* The cause of the last loss in the trace, of park events left out once more. */
static uint8_t cause_now(struct fixture *f)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct file file;
	uint8_t cause = 0;

	f->shared.shed[RING_PARK]++;
	assert_int_equal(losses_note(f->losses, &f->err), 0);
	file = fixture_end(f);
	assert_int_equal(trace_reader_open_mem(&r, file.data, file.n, &f->err), 0);
	while (trace_reader_next(r, &rec, &f->err) > 0)
		if (rec.type == TRACE_LOSS)
			cause = rec.loss.cause;
	trace_reader_free(r);
	file_free(&file);
	return cause;
}

/* The higher step applies, and losses carry its cause. */
static void test_highest(void **state)
{
	struct fixture f;

	fixture_init(&f, &opts);
	want(&f, SHED_BY_SIZE, SHED_READY_STACKS);
	want(&f, SHED_BY_OVERHEAD, SHED_WAITS);
	assert_int_equal(shed_current(f.shed), SHED_WAITS);
	want(&f, SHED_BY_SIZE, SHED_STACKS);
	assert_int_equal(shed_current(f.shed), SHED_WAITS);
	assert_int_equal(cause_now(&f), TRACE_LOSS_OVERHEAD);

	fixture_init(&f, &opts);
	want(&f, SHED_BY_OVERHEAD, SHED_WAITS);
	want(&f, SHED_BY_SIZE, SHED_STACKS);
	want(&f, SHED_BY_OVERHEAD, SHED_NOTHING);
	assert_int_equal(shed_current(f.shed), SHED_STACKS);
	assert_int_equal(cause_now(&f), TRACE_LOSS_SIZE);
}

/* A tight ring leaves out short waits, but does not lower a longer limit set by the user. */
static void test_tight(void **state)
{
	struct limits_opts longer = opts;
	struct fixture f;

	fixture_init(&f, &opts);
	assert_int_equal(shed_tight(f.shed, true, &f.err), 0);
	assert_int_equal(f.shared.min_block, SHED_SHORT_NS);
	assert_int_equal(f.shared.level, RING_LEVEL_ALL);
	assert_int_equal(shed_tight(f.shed, false, &f.err), 0);
	assert_int_equal(f.shared.min_block, 0);
	end(&f);

	longer.min_block = 5 * SHED_SHORT_NS;
	fixture_init(&f, &longer);
	f.shared.min_block = longer.min_block;
	assert_int_equal(shed_tight(f.shed, true, &f.err), 0);
	assert_int_equal(f.shared.min_block, 5 * SHED_SHORT_NS);
	end(&f);
}

/* The spans say how long each step applied. */
static void test_spans(void **state)
{
	struct fixture f;

	fixture_init(&f, &opts);
	want(&f, SHED_BY_SIZE, SHED_STACKS);
	want(&f, SHED_BY_SIZE, SHED_NOTHING);
	shed_account(f.shed);
	assert_true(shed_span(f.shed, SHED_BY_SIZE, SHED_READY_STACKS).total > 0);
	assert_true(shed_span(f.shed, SHED_BY_SIZE, SHED_STACKS).total > 0);
	assert_int_equal(shed_span(f.shed, SHED_BY_SIZE, SHED_SHORT).total, 0);
	assert_int_equal(shed_span(f.shed, SHED_BY_OVERHEAD, SHED_STACKS).total, 0);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_highest),
		cmocka_unit_test(test_tight),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
