// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of wait classes, and the class of every reason of every Go version that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "format/waitclass.h"
#include "gobin/internal.h"

/* The runtime's own, by the beginning of their names. A new reason must be put here or into the table. */
static const char *const runtimes_own[] = {
	"GC ",
	"GOMAXPROCS updater",
	"cleanup wait",
	"dumping heap",
	"finalizer wait",
	"flushing proc caches",
	"force gc",
	"garbage collection",
	"page trace flush",
	"stopping the world",
	"timer goroutine",
	"trace ",
	"wait for GC",
};

static bool is_runtimes_own(const char *name)
{
	for (size_t i = 0; i < sizeof(runtimes_own) / sizeof(*runtimes_own); i++)
		if (strncmp(name, runtimes_own[i], strlen(runtimes_own[i])) == 0)
			return true;
	return false;
}

static void test_every_class_is_described(void **state)
{
	for (uint8_t i = 0; i < TRACE_WAIT_CLASSES; i++) {
		const struct wait_class *c = wait_class_of(i);

		assert_non_null(c->name);
		for (uint8_t k = 0; k < i; k++)
			assert_string_not_equal(c->name, wait_class_of(k)->name);
		/* What cannot end has no end to see, and is not normal. */
		assert_false(c->is_endless && (c->ends_by_ready || c->may_end_unseen || c->is_idle));
		assert_false(c->ends_by_ready && c->may_end_unseen);
		/* What is idle is so for main, too. */
		assert_false(c->is_idle && c->keeps_alive);
		/* A direction is that of a channel. */
		assert_true(!c->dir || c->obj == TRACE_OBJ_CHAN || c->obj == TRACE_OBJ_NILCHAN);
	}
	assert_ptr_equal(wait_class_of(TRACE_WAIT_CLASSES), wait_class_of(TRACE_WAIT_OTHER));
	assert_ptr_equal(wait_class_of(UINT8_MAX), wait_class_of(TRACE_WAIT_OTHER));
}

static void test_every_reason_has_its_class(void **state)
{
	bool seen[TRACE_WAIT_CLASSES] = { false };
	const char *names[256];

	for (int minor = 19; minor <= 27; minor++) {
		int n = wait_reasons_from_table(minor, names, 256);

		assert_true(n > 20);
		for (int i = 0; i < n; i++) {
			uint8_t class = wait_class_by_reason(names[i]);

			seen[class] = true;
			if (is_runtimes_own(names[i]) != (class == TRACE_WAIT_SYSTEM))
				fail_msg("go1.%d: \"%s\" has the class %s", minor, names[i],
				         wait_class_of(class)->name);
		}
	}
	for (int i = 0; i < TRACE_WAIT_CLASSES; i++)
		assert_true(seen[i]);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *name;
		uint8_t class, obj, dir;
	} cases[] = {
		{ "chan receive", TRACE_WAIT_RECV, TRACE_OBJ_CHAN, TRACE_DIR_RECV },
		{ "chan send (synctest)", TRACE_WAIT_SEND, TRACE_OBJ_CHAN, TRACE_DIR_SEND },
		{ "chan send (nil chan)", TRACE_WAIT_NIL_SEND, TRACE_OBJ_NILCHAN, TRACE_DIR_SEND },
		{ "select (durable)", TRACE_WAIT_SELECT, TRACE_OBJ_CHAN, TRACE_DIR_NONE },
		{ "sync.Mutex.Lock", TRACE_WAIT_MUTEX, TRACE_OBJ_SYNC, TRACE_DIR_NONE },
		{ "IO wait", TRACE_WAIT_NETWORK, TRACE_OBJ_FD, TRACE_DIR_NONE },
		{ "a reason of a later Go", TRACE_WAIT_SYSTEM, TRACE_OBJ_NONE, TRACE_DIR_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t class = wait_class_by_reason(cases[i].name);

		assert_int_equal(class, cases[i].class);
		assert_int_equal(wait_class_of(class)->obj, cases[i].obj);
		assert_int_equal(wait_class_of(class)->dir, cases[i].dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_class_is_described),
		cmocka_unit_test(test_every_reason_has_its_class),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
