// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose a goroutine is: the line of the program's own code that led to a go statement in a library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/render/fmt.h"
#include "tests/unit/replay_trace.h"

#define GO "/usr/lib/go/src/"
#define NEWPROC "runtime.newproc " GO "runtime/proc.go:5000|"
#define GO_AT "context.(*cancelCtx).propagateCancel " GO "context/context.go:509"
#define ENTRY "context.(*cancelCtx).propagateCancel.func2 " GO "context/context.go:509"
#define WITH_CANCEL NEWPROC GO_AT "|context.WithCancel " GO "context/context.go:236"
#define FIRST "example.org/shop/web.serve /src/web/web.go:36"
#define SECOND "example.org/shop/web.retry /src/web/web.go:70"
#define BY_FIRST WITH_CANCEL "|" FIRST "|main.main /src/main.go:9"
#define BY_SECOND WITH_CANCEL "|" SECOND "|main.main /src/main.go:12"

static void create(struct tb *t, int64_t at, uint64_t parent, uint64_t child, uint32_t stack)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_CREATE,
	                               .time = at,
	                               .goid = parent,
	                               .create = { .child = child,
	                                           .site = tb_frame(t, GO_AT),
	                                           .entry = tb_frame(t, ENTRY),
	                                           .stack = stack } });
}

static const struct group *group_of(const struct report *r, uint64_t id)
{
	return &r->m->groups.v[go(r, id)->group];
}

static void assert_created(const struct report *r, uint64_t id, const char *expected)
{
	struct buf b = { 0 };

	fmt_created(&b, r->m, go(r, id)->group);
	buf_put_u8(&b, 0);
	assert_string_equal((const char *)b.data, expected);
	buf_free(&b);
}

static void callers_of_a_library_are_groups_of_their_own(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	create(&t, MS(1), 1, 7, tb_stack(&t, BY_FIRST));
	create(&t, MS(2), 1, 8, tb_stack(&t, BY_SECOND));
	create(&t, MS(3), 1, 9, tb_stack(&t, BY_FIRST));
	r = tb_report(&t, MS(4));
	assert_int_equal(go(r, 7)->group, go(r, 9)->group);
	assert_int_not_equal(go(r, 7)->group, go(r, 8)->group);
	assert_int_equal(group_of(r, 7)->created, 2);
	assert_created(r, 7, "web/web.go:36 through context.WithCancel (context/context.go:509)");
	assert_created(r, 8, "web/web.go:70 through context.WithCancel (context/context.go:509)");
	report_free(r);
}

static void own_go_statements_have_no_library(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(2), 1, 8, SITE, WORKER);
	r = tb_report(&t, MS(4));
	assert_int_equal(go(r, 7)->group, go(r, 8)->group);
	assert_int_equal(group_of(r, 7)->creator, group_of(r, 7)->site);
	assert_int_equal(group_of(r, 7)->via, 0);
	assert_created(r, 7, "src/main.go:20");
	report_free(r);
}

static void found(struct tb *t, uint64_t id)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_GO,
	                               .time = US(10),
	                               .goid = id,
	                               .snap_go = { .state = TRACE_GO_RUNNABLE,
	                                            .site = tb_frame(t, GO_AT),
	                                            .entry = tb_frame(t, ENTRY) } });
}

/* One goroutine is older than the recording. */
static struct tb with_old(uint64_t id)
{
	struct tb t = tb_new();

	tb_snap_begin(&t, US(1), 0);
	found(&t, id);
	tb_snap_end(&t, US(20), 0, 1);
	return t;
}

static void older_goroutines_share_the_only_creator_that_was_seen(void **state)
{
	struct tb t = with_old(3);
	struct report *r;

	create(&t, MS(1), 1, 7, tb_stack(&t, BY_FIRST));
	create(&t, MS(2), 1, 8, tb_stack(&t, BY_FIRST));
	r = tb_report(&t, MS(4));
	assert_int_equal(go(r, 3)->group, go(r, 7)->group);
	assert_int_equal(group_of(r, 7)->at_start, 1);
	assert_int_equal(group_of(r, 7)->created, 2);
	report_free(r);
}

static void older_goroutines_have_no_creator_if_there_are_several(void **state)
{
	struct tb t = with_old(3);
	struct report *r;

	create(&t, MS(1), 1, 7, tb_stack(&t, BY_FIRST));
	create(&t, MS(2), 1, 8, tb_stack(&t, BY_SECOND));
	r = tb_report(&t, MS(4));
	assert_int_not_equal(go(r, 3)->group, go(r, 7)->group);
	assert_int_not_equal(go(r, 3)->group, go(r, 8)->group);
	assert_int_equal(group_of(r, 3)->creator, 0);
	assert_int_equal(group_of(r, 3)->at_start, 1);
	assert_int_equal(group_of(r, 7)->at_start, 0);
	assert_created(r, 3, "context/context.go:509");
	report_free(r);
}

/* The first snapshot may list a goroutine whose creation was recorded. */
static void a_creation_says_more_than_the_snapshot(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_snap_begin(&t, US(1), 0);
	create(&t, US(2), 1, 7, tb_stack(&t, BY_FIRST));
	create(&t, US(3), 1, 8, tb_stack(&t, BY_SECOND));
	found(&t, 7);
	found(&t, 8);
	tb_snap_end(&t, US(20), 0, 2);
	r = tb_report(&t, MS(4));
	assert_created(r, 7, "web/web.go:36 through context.WithCancel (context/context.go:509)");
	assert_created(r, 8, "web/web.go:70 through context.WithCancel (context/context.go:509)");
	report_free(r);
}

/* A library goroutine that creates another one is itself asked for by some line. */
static void creators_are_followed_through_library_goroutines(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	create(&t, MS(1), 1, 7, tb_stack(&t, BY_FIRST));
	create(&t, MS(2), 1, 8, tb_stack(&t, BY_SECOND));
	create(&t, MS(3), 8, 9, tb_stack(&t, NEWPROC GO_AT "|" ENTRY));
	create(&t, MS(4), 7, 10, tb_stack_flags(&t, NEWPROC GO_AT, TRACE_STACK_TRUNCATED));
	r = tb_report(&t, MS(5));
	assert_int_equal(go(r, 9)->group, go(r, 8)->group);
	assert_int_equal(group_of(r, 10)->creator, 0);
	report_free(r);
}

/* time.AfterFunc starts its function on whatever goroutine runs at that time. */
static void a_timer_has_no_creator(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_CREATE,
	                                .time = MS(1),
	                                .goid = 1,
	                                .create = { .child = 7,
	                                            .site = tb_frame(&t, "time.goFunc " GO "time/sleep.go:215"),
	                                            .entry = tb_frame(&t, FIRST),
	                                            .stack = tb_stack(&t, NEWPROC "time.goFunc " GO
	                                                                          "time/sleep.go:215|" SECOND) } });
	r = tb_report(&t, MS(4));
	assert_int_equal(group_of(r, 7)->creator, 0);
	assert_created(r, 7, "time/sleep.go:215");
	report_free(r);
}

static void own_code_is_the_module_or_else_its_repository(void **state)
{
	struct library l;

	library_init(&l, "example.org/shop/cmd/shop");
	assert_false(library_has(&l, "main.main", "example.org/shop/cmd/shop/main.go"));
	assert_true(library_has(&l, "example.org/shop/db.Get", "example.org/shop/db/db.go"));
	library_init(&l, "github.com/dev/shop/v2/cmd/shop");
	assert_false(library_has(&l, "github.com/dev/shop/v2/db.(*Pool).Get", "github.com/dev/shop/v2/db/db.go"));
	assert_true(library_has(&l, "github.com/dev/shopping.Go", "github.com/dev/shopping/go.go"));
	assert_true(library_has(&l, "github.com/dev/shop/api.Get", "/go/pkg/mod/github.com/dev/shop/api@v1.2.3/a.go"));
	assert_true(library_has(&l, "net/http.Get", "net/http/client.go"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_of_a_library_are_groups_of_their_own),
		cmocka_unit_test(own_go_statements_have_no_library),
		cmocka_unit_test(older_goroutines_share_the_only_creator_that_was_seen),
		cmocka_unit_test(older_goroutines_have_no_creator_if_there_are_several),
		cmocka_unit_test(a_creation_says_more_than_the_snapshot),
		cmocka_unit_test(creators_are_followed_through_library_goroutines),
		cmocka_unit_test(a_timer_has_no_creator),
		cmocka_unit_test(own_code_is_the_module_or_else_its_repository),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
