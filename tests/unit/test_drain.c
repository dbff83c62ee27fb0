// SPDX-License-Identifier: GPL-2.0-or-later
/* The recorder's end of the ring of slots; the test plays the part of the BPF programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/probe/drain.h"

#define N 64

struct end {
	struct ring_slot *slots;
	struct bpf_vars vars;
	struct drain d;
	int fd;
	/* The records received. */
	uint64_t got[4 * N];
	size_t n, len, stop_at;
};

static int on_record(void *arg, void *rec, size_t len)
{
	struct end *e = arg;
	const struct ring_exit *x = rec;

	e->got[e->n++] = x->goid;
	e->len = len;
	return e->stop_at && e->n == e->stop_at ? -11 : 0;
}

static void setup(struct end *e)
{
	memset(e, 0, sizeof(*e));
	e->fd = memfd_create("slots", 0);
	assert_true(e->fd >= 0);
	assert_int_equal(ftruncate(e->fd, N * sizeof(struct ring_slot)), 0);
	e->slots = mmap(NULL, N * sizeof(struct ring_slot), PROT_READ | PROT_WRITE, MAP_SHARED, e->fd, 0);
	assert_true(e->slots != MAP_FAILED);
	assert_int_equal(drain_open(&e->d, e->fd, 0, &e->vars, N * sizeof(struct ring_slot), on_record, e), 0);
}

static void teardown(struct end *e)
{
	drain_close(&e->d);
	munmap(e->slots, N * sizeof(struct ring_slot));
	close(e->fd);
}

/* Takes n slots for a record and fills it with consecutive words from goid on. */
static uint64_t begin(struct end *e, uint8_t type, uint64_t goid, uint8_t n)
{
	struct ring_exit rec = { .hdr = { .type = type, .slots = n }, .goid = goid };
	uint64_t at = e->vars.pos.head;

	e->vars.pos.head += n;
	e->slots[at % N].seq = at;
	memcpy(e->slots[at % N].rec, &rec, sizeof(rec));
	return at;
}

static void finish(struct end *e, uint64_t at)
{
	e->slots[at % N].seq++;
}

static void test_order_and_wrap(void **state)
{
	struct end e;

	setup(&e);
	for (uint64_t i = 1; i <= 3 * N; i++) {
		finish(&e, begin(&e, RING_EXIT, i, 1));
		if (i % 7 == 0)
			assert_int_equal(drain_run(&e.d), 0);
	}
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 3 * N);
	for (uint64_t i = 0; i < e.n; i++)
		assert_int_equal(e.got[i], i + 1);
	assert_int_equal(e.vars.pos.tail, e.vars.pos.head);
	teardown(&e);
}

/* An incomplete record delays those after it. */
static void test_unfinished(void **state)
{
	struct end e;
	uint64_t first, second;

	setup(&e);
	first = begin(&e, RING_EXIT, 1, 1);
	second = begin(&e, RING_EXIT, 2, 1);
	finish(&e, second);
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 0);
	finish(&e, first);
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.got[0], 1);
	assert_int_equal(e.got[1], 2);
	teardown(&e);
}

/* Records that were left incomplete by a process that has ended do not delay those after them. */
static void test_orphans(void **state)
{
	struct end e;

	setup(&e);
	for (uint64_t lap = 0; lap < 5; lap++) {
		begin(&e, RING_EXIT, 1, 3);
		finish(&e, begin(&e, RING_EXIT, 2, 3));
		begin(&e, RING_STACK, 3, 9);
		/* Slots of which the thread had only told the ring. */
		e.vars.pos.head += 2;
		finish(&e, begin(&e, RING_EXIT, 4, 1));
		begin(&e, RING_EXIT, 5, 1);
		e.n = 0;
		e.d.is_orphaned = false;
		assert_int_equal(drain_run(&e.d), 0);
		assert_int_equal(e.n, 0);
		drain_orphan(&e.d);
		assert_int_equal(drain_run(&e.d), 0);
		assert_int_equal(e.n, 2);
		assert_int_equal(e.got[0], 2);
		assert_int_equal(e.got[1], 4);
		assert_int_equal(e.vars.pos.tail, e.vars.pos.head);
	}
	teardown(&e);
}

/* A record of several slots arrives in one piece, even across the end of the ring; abandoned records are skipped. */
static void test_long(void **state)
{
	struct end e;
	uint64_t at;

	setup(&e);
	for (int i = 0; i < N - 2; i++)
		finish(&e, begin(&e, RING_NOTHING, 99, 1));
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 0);
	at = begin(&e, RING_EXIT, 5, 4);
	/* An old sequence number in the middle of a record means nothing. */
	e.slots[(at + 1) % N].seq = at + 2;
	finish(&e, at);
	finish(&e, begin(&e, RING_EXIT, 6, 1));
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.got[0], 5);
	assert_int_equal(e.got[1], 6);
	assert_int_equal(e.len, RING_SLOT_BYTES);
	teardown(&e);
}

/* The record at which the callback stops is consumed; the next call continues after it. */
static void test_stop(void **state)
{
	struct end e;

	setup(&e);
	for (uint64_t i = 1; i <= 5; i++)
		finish(&e, begin(&e, RING_EXIT, i, 1));
	e.stop_at = 2;
	assert_int_equal(drain_run(&e.d), -11);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.vars.pos.tail, 2);
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 5);
	assert_int_equal(e.got[2], 3);
	teardown(&e);
}

/* Slots that were taken but not free are skipped, and only if a program reported an overrun. */
static void test_overrun(void **state)
{
	uint64_t unfinished;
	struct end e;

	setup(&e);
	finish(&e, begin(&e, RING_EXIT, 1, 1));
	e.vars.pos.head += 5;
	finish(&e, begin(&e, RING_EXIT, 2, 1));
	e.vars.pos.head += 3;
	unfinished = begin(&e, RING_EXIT, 3, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(drain_run(&e.d), 0);
		assert_int_equal(e.n, 1);
		assert_int_equal(e.vars.pos.tail, 1);
	}
	e.vars.shared.overrun = 1;
	/* A program may be about to write a slot that seems abandoned. */
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 1);
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.got[1], 2);
	/* Further abandoned slots are skipped too, but none that is being written. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.vars.pos.tail, unfinished);
	finish(&e, unfinished);
	assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.n, 3);
	assert_int_equal(e.got[2], 3);
	/* Nothing follows. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(drain_run(&e.d), 0);
	assert_int_equal(e.vars.pos.tail, e.vars.pos.head);
	teardown(&e);
}

/* What comes after the question is not waited for. */
static void test_passed(void **state)
{
	struct end e;
	uint64_t head;

	setup(&e);
	assert_true(drain_passed(&e.d, drain_head(&e.d)));
	finish(&e, begin(&e, RING_EXIT, 1, 1));
	head = drain_head(&e.d);
	assert_false(drain_passed(&e.d, head));
	assert_int_equal(drain_run(&e.d), 0);
	finish(&e, begin(&e, RING_EXIT, 2, 1));
	assert_true(drain_passed(&e.d, head));
	assert_false(drain_passed(&e.d, drain_head(&e.d)));
	teardown(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_wrap), cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_long),           cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_stop),           cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
