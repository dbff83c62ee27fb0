// SPDX-License-Identifier: GPL-2.0-or-later
/* What text says of waits of which little is known: those from before the recording, and those on a sync.Cond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/analyze/wait_sites.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/words.h"
#include "tests/unit/replay_trace.h"

#define COND_AT "sync.runtime_notifyListWait /go/sema.go:1|sync.(*Cond).Wait /go/cond.go:2|main.worker /src/main.go:70"

static char *text_of(const struct report *r)
{
	struct err err = { 0 };
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	assert_int_equal(output_text.write(r, f, &err), 0);
	fclose(f);
	return s;
}

static struct report *with(struct tb *t, bool full, uint64_t goroutine)
{
	struct report_opts o = tb_opts();

	o.full = full;
	o.width = 200;
	o.model.goroutine = goroutine;
	return tb_report_opts(t, SEC(2), &o);
}

/* Goroutine 7 is woken before anything told that it waits, and waits again. */
static struct tb woken_first(void)
{
	struct trace_obj ch;
	struct tb t = tb_with_chan(&ch);

	tb_ready(&t, SEC(1), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, SEC(1) + MS(1), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	return t;
}

static void waits_of_nothing_known_are_one_line(void **state)
{
	struct tb t = woken_first();
	struct report *r = with(&t, true, 0);
	uint64_t ns, n = waits_unknown(r, &ns);
	char *s = text_of(r);

	assert_int_equal(n, 1);
	assert_int_equal(ns, SEC(1));
	assert_non_null(
	        strstr(s, "Not listed: 1 wait, 1.00s in all, that ended before the first snapshot told what it was."));
	assert_null(strstr(s, "unknown at unknown"));
	assert_null(strstr(s, "Most blocked time: 1.00s"));
	assert_non_null(strstr(s, "main.go:33 main.worker"));
	free(s);
	report_free(r);
}

static void a_page_without_such_waits_has_no_such_line(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;
	char *s;

	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	r = with(&t, true, 0);
	s = text_of(r);
	assert_null(strstr(s, "Not listed:"));
	free(s);
	report_free(r);
}

static void a_wait_from_before_has_no_time(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_chan(&ch);
	struct report *r;
	char *s;

	tb_snap_begin(&t, 0, 0);
	tb_snap_go(&t, 0, 0, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT);
	tb_snap_end(&t, 0, 0, 1);
	r = with(&t, false, 7);
	s = text_of(r);
	assert_non_null(strstr(s, "before  was already waiting in chan receive"));
	assert_null(strstr(s, "0ns  was"));
	free(s);
	report_free(r);
}

static void a_cond_tells_its_last_signal(void **state)
{
	struct tb t = tb_new();
	struct trace_obj cond = tb_sync(&t, TRACE_SYNC_COND), other = tb_sync(&t, TRACE_SYNC_COND);
	struct buf b = { 0 };
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_COND, cond, COND_AT);
	tb_ready(&t, MS(500), 1, 7, TRACE_CAUSE_COND, cond, SEND_AT);
	tb_park(&t, MS(600), 7, TRACE_WAIT_COND, cond, COND_AT);
	r = with(&t, false, 0);
	words_last_signal(&b, r->m, &cond);
	assert_non_null(strstr(buf_str(&b), "The last Signal or Broadcast of sync.Cond 0x"));
	assert_non_null(strstr(buf_str(&b), "by goroutine 1"));
	assert_non_null(strstr(buf_str(&b), "main.go:50), 1.50s before the end."));
	buf_reset(&b);
	words_last_signal(&b, r->m, &other);
	assert_non_null(strstr(buf_str(&b), "No Signal or Broadcast of sync.Cond 0x"));
	buf_free(&b);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_of_nothing_known_are_one_line),
		cmocka_unit_test(a_page_without_such_waits_has_no_such_line),
		cmocka_unit_test(a_wait_from_before_has_no_time),
		cmocka_unit_test(a_cond_tells_its_last_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
