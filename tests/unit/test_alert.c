// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts: which waits are chosen, whether waiting is what a goroutine is for, and the line that tells. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "cli/alertline.h"
#include "format/waitclass.h"
#include "gonames/purpose.h"
#include "record/alert/alert.h"

static void test_every_wait_that_can_be_told_can_be_chosen(void **state)
{
	uint32_t all = 0, on;
	const char *name;

	for (size_t i = 0; (name = alertline_on_at(i, NULL)); i++) {
		assert_int_equal(alertline_parse_on(name, &on), 0);
		assert_int_not_equal(on, 0);
		all |= on;
	}
	assert_int_equal(all, alert_classes());
	assert_int_equal(alertline_parse_on("channel,lock", &on), 0);
	assert_int_equal(on, all);
	for (uint8_t i = 0; i < TRACE_WAIT_CLASSES; i++)
		assert_false(alert_classes() >> i & 1 && wait_class_of(i)->is_idle);
}

static void test_lists_are_checked(void **state)
{
	static const char *const wrong[] = {
		"", "sen", "send,", ",send", "send,,mutex", "sends", "sleep", "send mutex"
	};
	uint32_t on = 77;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(alertline_parse_on(wrong[i], &on), -EINVAL);
	assert_int_equal(on, 77);
	assert_int_equal(alertline_parse_on("send,mutex", &on), 0);
	assert_int_equal(on, 1u << TRACE_WAIT_SEND | 1u << TRACE_WAIT_MUTEX);
}

static void assert_line(const struct alert *a, const char *wanted)
{
	struct buf b = { 0 };

	alertline_format(&b, a);
	buf_put_u8(&b, 0);
	assert_string_equal(b.data, wanted);
	buf_free(&b);
}

static void test_line(void **state)
{
	struct alert_place p = { .class = TRACE_WAIT_SEND,
		                 .nframes = 2,
		                 .frames = { { "main.send", "/src/shop/main.go", 12 },
		                             { "main.main", "main.go", 3 } } };
	struct alert a = { .place = &p, .count = 1, .goid = 7, .wait_ns = 5000000000, .addr = 0xc000, .nobjs = 1 };

	assert_line(&a, "goroutine 7 has waited 5.00s to send on channel 0xc000, at main.send (shop/main.go:12) < "
	                "main.main (main.go:3)");
	a.count = 1200;
	p.nframes = 0;
	assert_line(&a, "1,200 goroutines wait too long; the longest, goroutine 7, has waited 5.00s to send on channel "
	                "0xc000");
	a.count = 1;
	a.addr = 0;
	assert_line(&a, "goroutine 7 has waited 5.00s to send on channel");
	p.class = TRACE_WAIT_SELECT;
	a.addr = 0x10;
	a.nobjs = 3;
	assert_line(&a, "goroutine 7 has waited 5.00s in a select on channel 0x10 and 2 more");
	p.class = TRACE_WAIT_EMPTY_SELECT;
	assert_line(&a, "goroutine 7 has waited 5.00s in a select without cases");
}

/* Names come from the program's file. */
static void test_line_is_escaped(void **state)
{
	struct alert_place p = { .class = TRACE_WAIT_MUTEX, .nframes = 1, .frames = { { "main.\033[2J", "a\nb", 1 } } };
	struct alert a = { .place = &p, .count = 1, .goid = 1, .addr = 1, .nobjs = 1 };
	struct buf b = { 0 };

	alertline_format(&b, &a);
	for (size_t i = 0; i < b.len; i++)
		assert_true(b.data[i] >= ' ');
	buf_free(&b);
}

static enum purpose purpose_of(const char *const *funcs, const bool *own)
{
	struct purpose_walk w = { 0 };

	for (size_t i = 0; funcs[i] && purpose_walk_step(&w, funcs[i], own[i]); i++)
		;
	return purpose_walk_end(&w);
}

static void test_purpose(void **state)
{
	static const bool own[] = { true, true, true, true, true };

	assert_int_equal(purpose_of((const char *[]){ "main.worker", NULL }, own), PURPOSE_IDLE);
	assert_int_equal(purpose_of((const char *[]){ "main.c", "main.b", "main.a", NULL }, own), PURPOSE_DEEP);
	assert_int_equal(purpose_of((const char *[]){ "main.c", "main.b", "main.a", "main.main", NULL }, own),
	                 PURPOSE_IDLE);
	assert_int_equal(purpose_of((const char *[]){ "main.h", "net/http.HandlerFunc.ServeHTTP", NULL }, own),
	                 PURPOSE_REQUEST);
	/* A server's own goroutine. */
	assert_int_equal(purpose_of((const char *[]){ "net/http.HandlerFunc.ServeHTTP", NULL }, own), PURPOSE_IDLE);
	assert_int_equal(purpose_of((const char *[]){ "database/sql.(*DB).conn", "main.h",
	                                              "net/http.HandlerFunc.ServeHTTP", NULL },
	                            own),
	                 PURPOSE_ACQUIRE);
}

static void test_stall(void **state)
{
	struct stall_facts f = { .is_recv = true, .has_chan = true, .carries_values = true };

	assert_int_equal(stall_of(PURPOSE_IDLE, &f), STALL_NONE);
	assert_int_equal(stall_of(PURPOSE_DEEP, &f), STALL_TASK);
	assert_int_equal(stall_of(PURPOSE_REQUEST, &f), STALL_REQUEST);
	f.asks_if_closed = true;
	assert_int_equal(stall_of(PURPOSE_DEEP, &f), STALL_NONE);
	assert_int_equal(stall_of(PURPOSE_REQUEST, &f), STALL_NONE);
	assert_int_equal(stall_of(PURPOSE_ACQUIRE, &f), STALL_ACQUIRE);
	/* The done channel of a request: nothing has to come. */
	f = (struct stall_facts){ .is_recv = true, .has_chan = true };
	assert_int_equal(stall_of(PURPOSE_REQUEST, &f), STALL_NONE);
	f = (struct stall_facts){ .is_select = true };
	assert_int_equal(stall_of(PURPOSE_REQUEST, &f), STALL_NONE);
	f.is_in_library = true;
	assert_int_equal(stall_of(PURPOSE_REQUEST, &f), STALL_REQUEST);
	assert_int_equal(stall_of(PURPOSE_REMOTE, &f), STALL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_wait_that_can_be_told_can_be_chosen),
		cmocka_unit_test(test_lists_are_checked),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_is_escaped),
		cmocka_unit_test(test_purpose),
		cmocka_unit_test(test_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
