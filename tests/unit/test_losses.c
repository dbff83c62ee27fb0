// SPDX-License-Identifier: GPL-2.0-or-later
/* Loss counters become records, each counted once and with its cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/limit_fixture.h"

static const struct limits_opts opts = { .events = TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN };

static void note(struct fixture *f)
{
	assert_int_equal(losses_note(f->losses, &f->err), 0);
}

/* Reads the trace back: cause, type and count of each loss. */
static struct trace_loss_sum {
	uint64_t n, count[16][TRACE_TYPE_MAX + 1];
} sum_of(struct fixture *f)
{
	struct trace_loss_sum s = { 0 };
	struct trace_reader *r;
	struct trace_rec rec;
	struct file file;

	file = fixture_end(f);
	assert_int_equal(trace_reader_open_mem(&r, file.data, file.n, &f->err), 0);
	while (trace_reader_next(r, &rec, &f->err) > 0) {
		if (rec.type != TRACE_LOSS)
			continue;
		s.n++;
		s.count[rec.loss.cause][rec.loss.type] += rec.loss.count;
	}
	trace_reader_free(r);
	file_free(&file);
	return s;
}

static void test_nothing(void **state)
{
	struct fixture f;

	fixture_init(&f, &opts);
	note(&f);
	note(&f);
	assert_int_equal(sum_of(&f).n, 0);
}

static void test_once(void **state)
{
	struct trace_loss_sum s;
	struct fixture f;

	fixture_init(&f, &opts);
	f.shared.lost[RING_PARK] = 3;
	f.shared.lost[RING_SELECT] = 2;
	note(&f);
	note(&f);
	f.shared.lost[RING_PARK] = 4;
	note(&f);
	assert_int_equal(losses_lost(f.losses), 6);
	s = sum_of(&f);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.count[TRACE_LOSS_RING][TRACE_GO_PARK], 6);
}

/* What was left out before the cause changed keeps the old cause. */
static void test_cause(void **state)
{
	struct trace_loss_sum s;
	struct fixture f;

	fixture_init(&f, &opts);
	f.shared.shed[RING_READY] = 5;
	note(&f);
	losses_attribute(f.losses, TRACE_LOSS_OVERHEAD);
	f.shared.shed[RING_READY] = 7;
	note(&f);
	assert_int_equal(losses_left_out(f.losses), 7);
	s = sum_of(&f);
	assert_int_equal(s.count[TRACE_LOSS_SIZE][TRACE_GO_READY], 5);
	assert_int_equal(s.count[TRACE_LOSS_OVERHEAD][TRACE_GO_READY], 2);
}

/*
 * Without probes nothing is counted: the loss is recorded with an unknown
 * count, and only for events to be recorded.
 */
static void test_blind(void **state)
{
	struct trace_loss_sum s;
	struct fixture f;

	fixture_init(&f, &opts);
	losses_set_blind(f.losses, true);
	note(&f);
	losses_set_blind(f.losses, false);
	note(&f);
	s = sum_of(&f);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.count[TRACE_LOSS_SIZE][TRACE_GO_PARK], 0);
}

/* A stack is not an event, and a malformed record is not counted. */
static void test_drop(void **state)
{
	struct ring_hdr park = { .type = RING_PARK, .time = 2000 }, stack = { .type = RING_STACK },
	                odd = { .type = 200 };
	struct trace_loss_sum s;
	struct fixture f;

	fixture_init(&f, &opts);
	losses_drop(f.losses, &park, sizeof(park));
	losses_drop(f.losses, &stack, sizeof(stack));
	losses_drop(f.losses, &odd, sizeof(odd));
	losses_drop(f.losses, &park, sizeof(park) - 1);
	note(&f);
	s = sum_of(&f);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.count[TRACE_LOSS_SIZE][TRACE_GO_PARK], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_once), cmocka_unit_test(test_cause),
		cmocka_unit_test(test_blind),   cmocka_unit_test(test_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
