// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory as an interface: the image of a test, and this process. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/memory/image.h"
#include "record/target/target.h"

static const struct memory_range ranges[] = {
	{ .addr = 0x1000, .len = 8, .data = "abcdefgh" },
	{ .addr = 0x1008, .len = 4, .data = "ijkl" },
	{ .addr = 0x2000, .len = 4, .data = "mnop" },
};

/* Neighbouring ranges read as one; nothing reads beyond them. */
static void test_image(void **state)
{
	struct memory_image im = memory_image_of(ranges, 3);
	char to[16] = "";

	assert_int_equal(memory_read(&im.memory, 0x1006, to, 4), 0);
	assert_memory_equal(to, "ghij", 4);
	assert_int_equal(memory_read(&im.memory, 0x1008, to, 5), -EFAULT);
	assert_int_equal(memory_read(&im.memory, 0xfff, to, 2), -EFAULT);
	assert_int_equal(memory_read(&im.memory, UINT64_MAX, to, 2), -EFAULT);
	assert_int_equal(memory_read(&im.memory, 0x2000, to, 4), 0);
	assert_true(memory_is_still(&im.memory));
	im.is_gone = true;
	assert_int_equal(memory_read(&im.memory, 0x2000, to, 4), -ESRCH);
}

/* A piece that cannot be read does not spoil those before and after it. */
static void test_pieces(const struct memory *m, uint64_t good, uint64_t bad)
{
	char a[4] = "", b[4] = "", c[4] = "";
	struct memory_piece v[] = { { .addr = good, .to = a, .len = 4 },
		                    { .addr = bad, .to = b, .len = 4 },
		                    { .addr = good + 2, .to = c, .len = 4 } };

	assert_int_equal(memory_read_pieces(m, v, 3), 0);
	assert_true(v[0].ok);
	assert_false(v[1].ok);
	assert_true(v[2].ok);
	assert_memory_equal(a, "abcd", 4);
	assert_memory_equal(c, "cdef", 4);
}

static void test_image_pieces(void **state)
{
	struct memory_image im = memory_image_of(ranges, 3);

	test_pieces(&im.memory, 0x1000, 0x3000);
}

static void test_process(void **state)
{
	static const char text[] = "abcdefgh";
	struct target t;
	struct err err = { 0 };
	void *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(hole != MAP_FAILED);
	assert_int_equal(target_open(&t, getpid(), &err), 0);
	test_pieces(&t.memory, (uint64_t)(uintptr_t)text, (uint64_t)(uintptr_t)hole);
	assert_false(memory_is_still(&t.memory));
	assert_false(memory_is_gone(&t.memory));
	target_close(&t);
	munmap(hole, 4096);
}

static void test_process_gone(void **state)
{
	static const char text[] = "abcdefgh";
	struct err err = { 0 };
	struct target t;
	char to[4];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	assert_int_equal(target_open(&t, pid, &err), 0);
	assert_int_equal(memory_read(&t.memory, (uint64_t)(uintptr_t)text, to, 4), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(memory_read(&t.memory, (uint64_t)(uintptr_t)text, to, 4), -ESRCH);
	assert_true(memory_is_gone(&t.memory));
	target_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_image_pieces),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
