// SPDX-License-Identifier: GPL-2.0-or-later
/* What tests/gobin/fixture/uses.go can still do after its calls, which the names of the called functions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gobin/internal.h"
#include "gobin/lockregion.h"
#include "tests/unit/gobin_fixture.h"

static struct fixtures all;

static int setup(void **state)
{
	/* With the race detector, calls deferred through closures are not all followed. */
	return fixtures_load(&all, "default strip pie-strip cgo-pie");
}

#define BIT(kind) (1u << USE_KIND_##kind)

static const struct marker {
	const char *name;
	unsigned kinds;
} markers[] = {
	{ "main.aheadNothing", 0 },
	{ "main.aheadSend", BIT(SEND) },
	{ "main.aheadReceive", BIT(RECV) },
	{ "main.aheadClose", BIT(CLOSE) },
	{ "main.aheadDone", BIT(DONE) },
	{ "main.aheadSignal", BIT(SIGNAL) },
	{ "main.aheadSendReceive", BIT(SEND) | BIT(RECV) },
	{ "main.aheadReceiveClose", BIT(RECV) | BIT(CLOSE) },
};

#define MARKERS (sizeof(markers) / sizeof(*markers))

static void check_call(const struct gobin *b, struct lock_regions *r, const struct fixture *fx, uint64_t ret,
                       const struct marker *m)
{
	struct lock_call call;
	unsigned kinds = 0;
	struct go_line at[8];
	int lines = gobin_lines(b, ret - 1, at, 8);

	if (lock_regions_at(r, ret, &call))
		for (uint32_t i = 0; i < call.site->nuses; i++)
			kinds |= 1u << call.uses[i].kind;
	if (kinds != m->kinds)
		fail_msg("go1.%d %s: %s:%u: uses %x ahead, expected %x", fx->minor, fx->variant, at[lines - 1].func,
		         at[lines - 1].line, kinds, m->kinds);
}

static unsigned check_function(const struct gobin *b, struct lock_regions *r, const struct fixture *fx,
                               const struct go_func *f, const uint64_t addrs[MARKERS])
{
	unsigned n = 0;
	int32_t rel;
	uint8_t op;

	for (uint64_t a = f->entry; a + 5 <= f->end; a++) {
		if (gobin_read(b, a, &op, 1) || op != 0xe8 || gobin_read(b, a + 1, &rel, 4))
			continue;
		for (size_t i = 0; i < MARKERS; i++)
			if (a + 5 + (uint64_t)(int64_t)rel == addrs[i]) {
				check_call(b, r, fx, a + 5, &markers[i]);
				n++;
			}
	}
	return n;
}

static void what_lies_ahead_is_known(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct lock_regions *r = lock_regions_new(b, UINT64_MAX);
		uint64_t addrs[MARKERS];
		unsigned n = 0;
		struct go_func f;

		assert_non_null(r);
		for (size_t k = 0; k < MARKERS; k++) {
			assert_int_equal(gobin_func_by_name(b, markers[k].name, &f), 0);
			addrs[k] = f.entry;
		}
		for (uint32_t k = 0; k < gobin_nfuncs(b); k++)
			if (!gobin_func_by_idx(b, k, &f) && !strncmp(f.name, "main.use", 8))
				n += check_function(b, r, &all.f[i], &f, addrs);
		assert_true(n >= 24);
		lock_regions_free(r);
		gobin_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_ahead_is_known),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
