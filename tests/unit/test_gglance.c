// SPDX-License-Identifier: GPL-2.0-or-later
/* Glances at goroutines, in memory that is laid out as Go's is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/goread/gfield.h"
#include "record/goread/gglance.h"
#include "record/memory/image.h"

#define G_BYTES 448
#define BASE 0xc000000000ull

static const struct go_layout layout = { .g_size = G_BYTES,
	                                 .g_sched_pc = 64,
	                                 .g_atomicstatus = 144,
	                                 .g_goid = 152,
	                                 .g_waitreason = 176,
	                                 .g_trackingseq = 191,
	                                 .g_waiting = 312 };

static void put_g(uint8_t *g, uint64_t goid, uint32_t status)
{
	const uint64_t pc = 0x400000 + goid, waiting = 0xc000100000 + goid * 96;

	memcpy(g + layout.g_goid, &goid, 8);
	memcpy(g + layout.g_sched_pc, &pc, 8);
	memcpy(g + layout.g_waiting, &waiting, 8);
	memcpy(g + layout.g_atomicstatus, &status, 4);
	g[layout.g_waitreason] = (uint8_t)(goid % 7);
	g[layout.g_trackingseq] = (uint8_t)goid;
}

static void check(const struct gglance *k, uint64_t goid, uint32_t status)
{
	assert_true(k->is_read);
	assert_int_equal(k->goid, goid);
	assert_int_equal(k->pc, 0x400000 + goid);
	assert_int_equal(k->waiting, 0xc000100000 + goid * 96);
	assert_int_equal(k->status, status);
	assert_int_equal(k->reason, goid % 7);
	assert_int_equal(k->runs, goid % 256);
}

/* Close neighbours, far ones, and more than fit into one piece: each gets its own words. */
static void each_goroutine_gets_its_words(void **state)
{
	static uint8_t bytes[GGLANCE_BATCH * 4 * G_BYTES];
	static struct gglance out[GGLANCE_BATCH];
	const struct memory_range range = { BASE, sizeof(bytes), bytes };
	struct memory_image image = memory_image_of(&range, 1);
	uint64_t addrs[GGLANCE_BATCH], at = 0;
	struct gglancer r;

	assert_int_equal(gglancer_init(&r, &image.memory, &layout), 0);
	for (size_t i = 0; i < GGLANCE_BATCH; i++) {
		addrs[i] = BASE + at;
		put_g(bytes + at, i + 1, i % 5 ? G_WAITING | G_SCAN : G_RUNNING);
		at += i % 100 == 99 ? 40 * G_BYTES : G_BYTES;
	}
	assert_true(at < sizeof(bytes));
	assert_int_equal(gglance_read(&r, addrs, GGLANCE_BATCH, out), 0);
	for (size_t i = 0; i < GGLANCE_BATCH; i++)
		check(&out[i], i + 1, i % 5 ? G_WAITING : G_RUNNING);
	gglancer_free(&r);
}

/* A hole in the memory takes its own goroutine away, not the neighbours with which it is read. */
static void a_hole_hides_one_goroutine(void **state)
{
	uint8_t bytes[3 * G_BYTES] = { 0 };
	const struct memory_range ranges[] = { { BASE, G_BYTES, bytes },
		                               { BASE + 2 * G_BYTES, G_BYTES, bytes + 2 * (size_t)G_BYTES } };
	struct memory_image image = memory_image_of(ranges, 2);
	const uint64_t addrs[] = { BASE, BASE + G_BYTES, BASE + 2 * G_BYTES, UINT64_MAX - 64 };
	struct gglance out[4];
	struct gglancer r;

	for (size_t i = 0; i < 3; i++)
		put_g(bytes + i * G_BYTES, i + 1, G_WAITING);
	assert_int_equal(gglancer_init(&r, &image.memory, &layout), 0);
	assert_int_equal(gglance_read(&r, addrs, 4, out), 0);
	check(&out[0], 1, G_WAITING);
	assert_false(out[1].is_read);
	check(&out[2], 3, G_WAITING);
	assert_false(out[3].is_read);
	image.is_gone = true;
	assert_int_equal(gglance_read(&r, addrs, 4, out), -ESRCH);
	gglancer_free(&r);
}

static void any_word_tells_a_new_wait(void **state)
{
	const struct gglance a = { .goid = 7, .pc = 1, .waiting = 2, .status = G_WAITING, .reason = 3, .runs = 4 };
	struct gglance b = a;

	assert_true(gglance_is_same_wait(&a, &b));
	b.runs++;
	assert_false(gglance_is_same_wait(&a, &b));
	b = a;
	b.waiting = 0;
	assert_false(gglance_is_same_wait(&a, &b));
	b = a;
	b.reason = 0;
	assert_false(gglance_is_same_wait(&a, &b));
	b = a;
	b.pc = 0;
	assert_false(gglance_is_same_wait(&a, &b));
	b = a;
	b.goid = 8;
	assert_false(gglance_is_same_wait(&a, &b));
}

static void a_dead_g_is_no_goroutine(void **state)
{
	const uint32_t none[] = { G_IDLE, G_DEAD, 11 },
	               some[] = { G_RUNNABLE, G_RUNNING, G_SYSCALL, G_WAITING, G_LEAKED };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_true(gglance_is_none(&(struct gglance){ .goid = 1, .status = none[i] }));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_false(gglance_is_none(&(struct gglance){ .goid = 1, .status = some[i] }));
	assert_true(gglance_is_none(&(struct gglance){ .goid = 0, .status = G_RUNNING }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_goroutine_gets_its_words),
		cmocka_unit_test(a_hole_hides_one_goroutine),
		cmocka_unit_test(any_word_tells_a_new_wait),
		cmocka_unit_test(a_dead_g_is_no_goroutine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
