// SPDX-License-Identifier: GPL-2.0-or-later
/* Labels of goroutines, read from memory of this process that is laid out as Go's is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/goread/gread.h"
#include "record/memory/image.h"
#include "tests/unit/gobin_fixture.h"

struct gostring {
	const char *at;
	uint64_t len;
};

struct bucket {
	uint8_t top[8];
	struct gostring keys[8], values[8];
	struct bucket *overflow;
};

struct hmap {
	uint64_t count;
	uint8_t flags, b;
	uint16_t noverflow;
	uint32_t hash0;
	struct bucket *buckets, *old;
};

static struct fixtures all;
/* All of this process. */
static const struct memory_range whole = { .addr = 4096, .len = UINT64_MAX - 4096, .data = (const void *)4096 };
static struct memory_image image;

static int setup(void **state)
{
	if (fixtures_load(&all, "strip"))
		(void)fixtures_load(&all, "default strip");
	image = memory_image_of(&whole, 1);
	return 0;
}

/* What a program of this Go version is read as. */
static int read_as(int minor, const void *labels, struct gread *g)
{
	struct fixture *f = fixture_find(&all, minor, "strip");
	struct gread_env env = { .mem = &image.memory };
	struct gobin *b;
	int ret;

	if (!f)
		skip();
	memset(g, 0, sizeof(*g));
	b = must_open(f->path);
	env.bin = b;
	ret = gread_labels(&env, (uint64_t)(uintptr_t)labels, g);
	gobin_free(b);
	return ret;
}

static void assert_label(const struct gread *g, uint32_t i, const char *key, const char *value)
{
	assert_in_range(i, 0, g->nlabels - 1);
	assert_string_equal(g->label[i][0], key);
	assert_string_equal(g->label[i][1], value);
}

static void put(struct bucket *b, int i, const char *key, const char *value)
{
	b->top[i] = 200;
	b->keys[i] = (struct gostring){ key, strlen(key) };
	b->values[i] = (struct gostring){ value, strlen(value) };
}

static void a_map(void **state)
{
	struct bucket more = { .top = { 0 } }, b = { .overflow = &more };
	struct hmap h = { .count = 3, .buckets = &b }, *map = &h;
	struct gread g;

	put(&b, 2, "tenant", "acme");
	put(&b, 7, "empty", "");
	put(&more, 0, "route", "/slow");
	b.keys[0] = b.keys[2];
	b.top[0] = 1; /* free, as is what is left in it */
	assert_int_equal(read_as(19, &map, &g), 0);
	assert_int_equal(g.nlabels, 3);
	assert_label(&g, 0, "empty", "");
	assert_label(&g, 1, "route", "/slow");
	assert_label(&g, 2, "tenant", "acme");
	free(g.labels);
}

/* Of an old bucket, what was moved counts only in the new one. */
static void a_map_that_grows(void **state)
{
	struct bucket now[2] = { { .top = { 0 } } }, old = { .top = { 0 } };
	struct hmap h = { .count = 2, .b = 1, .buckets = now, .old = &old }, *map = &h;
	struct gread g;

	put(&now[1], 0, "moved", "1");
	put(&old, 0, "moved", "1");
	old.top[0] = 3;
	put(&old, 1, "left", "2");
	assert_int_equal(read_as(23, &map, &g), 0);
	assert_int_equal(g.nlabels, 2);
	assert_label(&g, 0, "left", "2");
	assert_label(&g, 1, "moved", "1");
	free(g.labels);
}

struct slice {
	const void *at;
	uint64_t len, cap;
};

static void a_slice(void **state)
{
	struct gostring pairs[] = { { "tenant", 6 }, { "acme", 4 }, { "a\0b", 3 }, { NULL, 0 } };
	struct slice s = { pairs, 2, 2 };
	struct gread g;

	assert_int_equal(read_as(27, &s, &g), 0);
	assert_int_equal(g.nlabels, 2);
	assert_label(&g, 0, "a", "");
	assert_label(&g, 1, "tenant", "acme");
	free(g.labels);
}

static void long_texts_and_lists_are_cut(void **state)
{
	static char text[4 * GREAD_LABEL_BYTES];
	static struct gostring pairs[4 * GREAD_LABELS_MAX];
	struct slice s = { pairs, 2 * GREAD_LABELS_MAX, 0 };
	struct gread g;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		pairs[i] = (struct gostring){ text, sizeof(text) };
	assert_int_equal(read_as(27, &s, &g), 0);
	assert_int_equal(g.nlabels, GREAD_LABELS_MAX);
	assert_int_equal(strlen(g.label[GREAD_LABELS_MAX - 1][1]), GREAD_LABEL_BYTES);
	free(g.labels);
}

/* What the target may hold instead of labels. */
static void nonsense_gives_no_label(void **state)
{
	static const struct gostring bad[2 * GREAD_LABELS_MAX] = { { (const char *)8, 4 }, { "v", 1 } };
	struct slice slices[] = { { (const void *)8, 1, 1 }, { bad, UINT64_MAX, 1 }, { bad, 1, 1 } };
	struct bucket loop = { .top = { 0 } };
	struct hmap h = { .b = 63, .buckets = (struct bucket *)8 }, *map = &h;
	struct gread g;

	for (size_t i = 0; i < sizeof(slices) / sizeof(*slices); i++) {
		assert_int_not_equal(read_as(27, &slices[i], &g), 0);
		assert_int_equal(g.nlabels, 0);
		free(g.labels);
	}
	assert_int_not_equal(read_as(19, &map, &g), 0);
	loop.overflow = &loop;
	h = (struct hmap){ .b = 0, .buckets = &loop };
	assert_int_equal(read_as(19, &map, &g), 0);
	assert_int_equal(g.nlabels, 0);
	map = NULL;
	assert_int_equal(read_as(19, &map, &g), 0);
	assert_int_equal(read_as(19, NULL, &g), 0);
	assert_int_not_equal(read_as(19, (const void *)8, &g), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map),
		cmocka_unit_test(a_map_that_grows),
		cmocka_unit_test(a_slice),
		cmocka_unit_test(long_texts_and_lists_are_cut),
		cmocka_unit_test(nonsense_gives_no_label),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
