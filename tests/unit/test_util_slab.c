// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/slab.h"

#define N 40000u

struct thing {
	uint64_t id, used[31];
};

/* Enough for chunks of every size; allocating and freeing must not touch live structures. */
static void test_things_are_apart(void **state)
{
	struct slab s = { .size = sizeof(struct thing) };
	struct thing **all = calloc(N, sizeof(struct thing *));

	for (uint32_t i = 0; i < N; i++) {
		all[i] = slab_get(&s);
		assert_non_null(all[i]);
		assert_int_equal((uintptr_t)all[i] % SLAB_ALIGN, 0);
		*all[i] = (struct thing){ .id = i, .used[30] = i };
	}
	for (uint32_t i = 0; i < N; i += 2)
		slab_put(&s, all[i]);
	for (uint32_t i = 0; i < N; i += 4)
		*(struct thing *)slab_get(&s) = (struct thing){ .id = UINT64_MAX, .used[30] = UINT64_MAX };
	for (uint32_t i = 1; i < N; i += 2) {
		assert_int_equal(all[i]->id, i);
		assert_int_equal(all[i]->used[30], i);
	}
	slab_free(&s);
	free(all);
}

/* Freed memory is reused next, and its first bytes are intact until then. */
static void test_memory_is_used_again(void **state)
{
	struct slab s = { .size = sizeof(struct thing) };
	struct thing *a = slab_get(&s), *b = slab_get(&s);

	a->id = 7;
	slab_put(&s, a);
	slab_put(&s, b);
	assert_int_equal(a->id, 7);
	assert_ptr_equal(slab_get(&s), b);
	assert_ptr_equal(slab_get(&s), a);
	assert_ptr_not_equal(slab_get(&s), a);
	slab_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_things_are_apart),
		cmocka_unit_test(test_memory_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
