// SPDX-License-Identifier: GPL-2.0-or-later
/* The formatter of the reports' sentences, every phrase, and the findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/render/fmt.h"
#include "report/render/words.h"
#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define SEND_AT "runtime.gopark /go/proc.go:1|runtime.chansend1 /go/chan.go:4|main.worker /src/main.go:50"
#define SEND2_AT "runtime.gopark /go/proc.go:1|runtime.chansend1 /go/chan.go:4|main.other /src/main.go:60"
#define LOCK_AT "runtime.gopark /go/proc.go:1|sync.(*Mutex).Lock /go/mutex.go:3|main.worker /src/main.go:40"

/* A sentence of the program: whole, without a directive that failed. */
static void is_sound(const char *s)
{
	assert_non_null(s);
	if (strstr(s, "{") || strstr(s, "}") || strstr(s, "  ") || strstr(s, " .") || strstr(s, ".."))
		fail_msg("\"%s\"", s);
}

static void says(struct buf *b, const char *want)
{
	assert_string_equal(buf_str(b), want);
	buf_reset(b);
}

static void every_directive_prints_its_type(void **state)
{
	struct buf b = { 0 };

	say(&b, NULL, "plain");
	says(&b, "plain");
	say(&b, NULL, "{goroutine}, {id}", W_GO(7), W_GO(8));
	says(&b, "goroutine 7, 8");
	say(&b, NULL, "{n}, {n wait}, {n wait}", W_N(1234), W_N(1), W_N(2));
	says(&b, "1,234, 1 wait, 2 waits");
	say(&b, NULL, "{is wait is|waits are} over; {is wait is|waits are} over", W_N(1), W_N(0));
	says(&b, "wait is over; waits are over");
	say(&b, NULL, "{dur} {dur}", W_DUR(1500000), W_DUR(-3));
	says(&b, "1.50ms 0ns");
	say(&b, NULL, "{bytes} {percent} {percent}", W_BYTES(2048), W_PPM(200000), W_PPM(5000));
	says(&b, "2.0 KiB 20% 0.5%");
	say(&b, NULL, "{rate} {rate} {rate} {rate}", W_RATE(0.25), W_RATE(96.4), W_RATE(589.7), W_RATE(7468));
	says(&b, "0.2 96 590 7,470");
	say(&b, NULL, "{text} {word}", W_TEXT("a\x1b[31m"), W_WORD("a"));
	says(&b, "a\\x1b[31m a");
	say(&b, NULL, "{num} {hex} {mark}", W_N(1234), W_N(0xc000010100), W_MARK(5));
	says(&b, "1234 0xc000010100 \x05");
	say(&b, NULL, "{dur} {dur}", W_LEAST(SEC(5), true), W_LEAST(-1, false));
	says(&b, "≥ 5.00s 0ns");
	say(&b, NULL, "{utc} {utc}", W_WALL(1732414233123456789), W_WALL(-1));
	says(&b, "2024-11-24 02:10:33 UTC 1969-12-31 23:59:59 UTC");
	say(&b, NULL, "{dur >9}|{word <5}|{num >2}|{word >5}", W_DUR(1500000), W_WORD("ab"), W_N(123), W_WORD("é"));
	says(&b, "   1.50ms|ab   |123|    é");
	buf_free(&b);
}

static void put_half(struct buf *b, const struct model *m, const void *of)
{
	say(b, m, "half of {n}", W_N(*(const uint64_t *)of / 2));
}

static void a_directive_names_what_the_model_knows(void **state)
{
	struct buf b = { 0 };
	struct tb t = tb_new();
	struct trace_obj obj = tb_chan(&t), objs[9];
	const struct goroutine *g;
	uint64_t eight = 8;
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_SEND, obj, SEND_AT);
	r = tb_report(&t, SEC(4));
	g = model_goroutine(r->m, 7);
	for (int i = 0; i < 9; i++)
		objs[i] = obj;

	say(&b, r->m, "Goroutine {id} {doing}; goroutine 99 {doing}.", W_GO(7), W_GO(7), W_GO(99));
	says(&b, "Goroutine 7 is blocked sending at main.worker (src/main.go:50); goroutine 99 has exited.");
	say(&b, r->m, "{who}, {who}, {who}", W_GO(7), W_GO(99), W_GO(0));
	says(&b, "goroutine 7 (main.worker), goroutine 99, no goroutine");
	say(&b, r->m, "on {object}, {obj}, {made}", W_OBJ(&obj), W_OBJ(&obj), W_OBJ(&obj));
	says(&b, "on channel #1, #1, made before the recording");
	say(&b, r->m, "on {objs}; {objs}", W_OBJS(objs, 2, 2), W_OBJS(objs, 9, 12));
	says(&b, "on #1, #1; #1, #1, #1, #1, #1, #1, #1, #1, … (12)");
	say(&b, r->m, "{wait}, {wait}{at}{at} for {waited}", W_REASON(g->wait.reason), W_LEAK(&r->leaks.v.v[0]),
	    W_PLACE(r->leaks.v.v[0].place), W_PLACE(0), W_WAITED(g));
	says(&b, "blocked sending, blocked sending at main.worker (src/main.go:50) for 4.00s");
	say(&b, r->m, "{func}, {group}, {part}", W_PLACE(r->leaks.v.v[0].place), W_GROUP(g->group),
	    W_PART(put_half, &eight));
	says(&b, "main.worker, main.worker, created at src/main.go:20, half of 4");
	report_free(r);
	buf_free(&b);
}

static void a_side_of_an_if_is_printed(void **state)
{
	struct buf b = { 0 };

	for (int i = 0; i < 2; i++) {
		say(&b, NULL, "{n}{if} of {n}{end}.", W_N(1), W_IF(i), W_N(2));
		says(&b, i ? "1 of 2." : "1.");
		say(&b, NULL, "{if}{n}{else}{dur}{end}{text}", W_IF(i), W_N(1), W_DUR(2), W_TEXT("."));
		says(&b, i ? "1." : "2ns.");
		say(&b, NULL, "{if}a{if}b{else}c{end}{else}d{if}e{end}{end}", W_IF(i), W_IF(1), W_IF(1));
		says(&b, i ? "ab" : "de");
		say(&b, NULL, "{if}a{if}b{else}c{end}d{end}", W_IF(i), W_IF(0));
		says(&b, i ? "acd" : "");
	}
	buf_free(&b);
}

static void a_broken_if_shows(void **state)
{
	struct buf b = { 0 };

	say(&b, NULL, "a{if}b", W_IF(1));
	says(&b, "ab{?}");
	say(&b, NULL, "a{end}{else}");
	says(&b, "a{?end}{?else}");
	say(&b, NULL, "{if}a{end}", W_N(1));
	says(&b, "{?if}a{?}");
	say(&b, NULL, "{if}{dur}{end}", W_IF(0), W_N(1));
	says(&b, "{?dur}{?}");
	buf_free(&b);
}

static void one_blank_stands_between_sentences(void **state)
{
	static const char *const all[][4] = {
		{ "a.", "b.", "c.", "a. b. c." }, { "a.", "", "c.", "a. c." }, { "a.", "b.", "", "a. b." },
		{ "a.", "", "", "a." },           { "", "", "", "" },          { "", "b.", "", "b." }
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		size_t from = b.len;

		for (int k = 0; k < 3; k++) {
			from = k ? words_next(&b, from) : from;
			say(&b, NULL, "{word}", W_WORD(all[i][k]));
		}
		words_end(&b, from);
		says(&b, all[i][3]);
	}
	buf_free(&b);
}

static void a_wrong_type_is_shown_and_read_as_nothing(void **state)
{
	struct buf b = { 0 };

	say(&b, NULL, "{dur}", W_N(3));
	says(&b, "{?dur}{?}");
	say(&b, NULL, "{text} and {n}", W_TEXT("a"));
	says(&b, "a and {?n}");
	say(&b, NULL, "none", W_N(3));
	says(&b, "none{?}");
	say(&b, NULL, "{nothing}", W_N(3));
	says(&b, "{?nothing}{?}");
	buf_free(&b);
}

static void every_value_has_its_phrase(void **state)
{
	for (int i = EVIDENCE_SENT; i <= EVIDENCE_WILL_SIGNAL; i++) {
		is_sound(words_evidence((enum evidence)i));
		assert_non_null(words_evidence_name((enum evidence)i));
	}
	for (int i = ROOT_NONE; i <= ROOT_BRIEF; i++) {
		is_sound(words_root((enum root_cause)i));
		assert_non_null(words_root_name((enum root_cause)i));
	}
	for (int i = 0; i < ILLEGAL_N; i++) {
		is_sound(words_illegal((enum illegal)i));
		assert_non_null(words_illegal_name((enum illegal)i));
	}
	for (int i = IDLE_TIME; i <= IDLE_UNKNOWN; i++)
		assert_non_null(words_idle_name((enum idle)i));
	for (int i = STRENGTH_TIME; i <= STRENGTH_PROVEN; i++)
		assert_non_null(words_strength_name((enum strength)i));
	for (int i = HINT_BUFFER; i <= HINT_LOCK_ORDER; i++)
		is_sound(words_hint((enum hint)i));
	assert_null(words_evidence_name(EVIDENCE_NONE));
	assert_string_equal(words_evidence((enum evidence)99), "");
}

/* Every sentence of every verdict, about every kind of wait, strength and blocker. */
static void every_sentence_of_a_leak_is_whole(void **state)
{
	static const uint8_t classes[] = { TRACE_WAIT_RECV,     TRACE_WAIT_SEND,     TRACE_WAIT_SELECT,
		                           TRACE_WAIT_NIL_RECV, TRACE_WAIT_NIL_SEND, TRACE_WAIT_MUTEX,
		                           TRACE_WAIT_WAITGROUP };
	struct buf b = { 0 };

	for (size_t c = 0; c < sizeof(classes); c++) {
		struct tb t = tb_new();
		struct trace_obj obj = classes[c] >= TRACE_WAIT_MUTEX ? tb_sync(&t, TRACE_SYNC_MUTEX) : tb_chan(&t);
		struct report *r;

		tb_create(&t, MS(1), 1, 7, SITE, WORKER);
		tb_park(&t, MS(2), 7, classes[c], obj, SEND_AT);
		r = tb_report(&t, SEC(4));
		assert_int_equal(r->leaks.v.n, 1);
		for (int i = 0; i < 10 * 3 * 4; i++) {
			struct leak l = r->leaks.v.v[0];

			l.j = (struct judgement){ .verdict = (uint8_t)(i % 10), .strength = (uint8_t)(i / 10 % 3) };
			l.proven = l.j.strength == STRENGTH_PROVEN;
			l.growing = l.steady = i % 7 == 0;
			l.stopped = i % 3 ? 0 : MS(3);
			l.blocker = (struct blocker){ .root = i / 30 == 1 ? ROOT_EXITED : ROOT_UNKNOWN,
				                      .gone = i / 30 == 1 ? 9 : 0,
				                      .ngone = i / 30 == 1,
				                      .goid = i / 30 == 2 ? 7 : 0,
				                      .evidence = i / 30 ? EVIDENCE_SENT : EVIDENCE_NONE };
			words_leak_why(&b, r->m, &r->leaks, &l);
			is_sound(buf_str(&b));
			buf_reset(&b);
			words_verdict(&b, r->m, &l);
			fmt_raw(&b, ". ");
			words_leak_evidence(&b, r->m, &l, true);
			is_sound(buf_str(&b));
			buf_reset(&b);
		}
		report_free(r);
	}
	buf_free(&b);
}

static void end_snapshot(struct tb *t, uint64_t goid, uint8_t class, struct trace_obj obj, const char *stack)
{
	tb_snap_go(t, SEC(4), 1, goid, TRACE_GO_WAITING, SITE, WORKER, class, obj, 0, stack);
	tb_rec(t, &(struct trace_rec){
	                  .type = TRACE_SNAP_UNHELD, .time = SEC(4), .goid = goid, .snap_unheld = { .which = 1 } });
}

static void end_search(struct tb *t, uint64_t n)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_END,
	                               .time = SEC(4),
	                               .snap_end = { .which = 1, .goroutines = n, .searched = true } });
}

/* Senders at two places of one channel: one root cause. */
static void leaks_of_one_object_are_one_finding(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_SEND, ch, SEND_AT);
	tb_park(&t, MS(2), 8, TRACE_WAIT_SEND, ch, SEND2_AT);
	tb_snap_begin(&t, SEC(4), 1);
	end_snapshot(&t, 7, TRACE_WAIT_SEND, ch, SEND_AT);
	end_snapshot(&t, 8, TRACE_WAIT_SEND, ch, SEND2_AT);
	end_search(&t, 2);
	r = tb_report(&t, SEC(4));
	assert_int_equal(r->leaks.nsuspects, 2);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].members, 2);
	assert_int_equal(r->findings.v.v[0].n, 1);
	assert_int_equal(r->findings.v.v[0].behind, 0);
	assert_true(r->findings.scanned);
	report_free(r);
}

/* One goroutine holds a lock and sends to nobody; the other waits for the lock. */
static void what_waits_for_a_stuck_goroutine_is_behind_it(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(3), 1, 7, TRACE_CAUSE_UNLOCK, mu, "runtime.ready /go/proc.go:9|main.main /src/main.go:50");
	tb_park(&t, MS(4), 7, TRACE_WAIT_SEND, ch, SEND_AT);
	tb_park(&t, MS(5), 8, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_snap_begin(&t, SEC(4), 1);
	end_snapshot(&t, 7, TRACE_WAIT_SEND, ch, SEND_AT);
	tb_snap_go(&t, SEC(4), 1, 8, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_MUTEX, mu, 0, LOCK_AT);
	end_search(&t, 2);
	r = tb_report(&t, SEC(4));
	assert_int_equal(r->leaks.nsuspects, 2);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->leaks.v.v[r->findings.v.v[0].leak].j.verdict, VERDICT_NO_RECEIVER);
	assert_int_equal(r->findings.v.v[0].members, 1);
	assert_int_equal(r->findings.v.v[0].behind, 1);
	report_free(r);
}

static void what_waits_normally_is_counted_by_kind(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), none = { 0 };
	struct buf b = { 0 };
	struct report *r;

	for (uint64_t g = 7; g <= 9; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, SEND_AT);
	tb_park(&t, MS(2), 8, TRACE_WAIT_SLEEP, none, SEND_AT);
	tb_park(&t, MS(2), 9, TRACE_WAIT_NETWORK, none, SEND_AT);
	r = tb_report(&t, SEC(4));
	words_waiting_normally(&b, r->m, &r->findings);
	says(&b, "3 goroutines are waiting normally (1 network, 1 sleeping, 1 on queues). Some of them could not be "
	         "checked: there was no memory scan at the end.");
	report_free(r);
	buf_free(&b);
}

static void check_command(const char *command, const char *first)
{
	struct buf b = { 0 };

	assert_int_equal(words_command(&b, command, false), strlen(first) < strlen(command));
	assert_string_equal(buf_str(&b), first);
	buf_reset(&b);
	assert_false(words_command(&b, command, true));
	assert_string_equal(buf_str(&b), command);
	buf_free(&b);
}

/* What follows the first word may be a password. */
static void only_the_first_word_of_a_command_is_shown(void **state)
{
	check_command("shop -password hunter2", "shop");
	check_command("'my shop'\\''s x' -password hunter2", "'my shop'\\''s x'");
	check_command("my\\ shop hunter2", "my\\ shop");
	check_command("shop", "shop");
	check_command("'shop", "'shop");
	check_command("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_first_word_of_a_command_is_shown),
		cmocka_unit_test(every_directive_prints_its_type),
		cmocka_unit_test(a_directive_names_what_the_model_knows),
		cmocka_unit_test(a_side_of_an_if_is_printed),
		cmocka_unit_test(a_broken_if_shows),
		cmocka_unit_test(one_blank_stands_between_sentences),
		cmocka_unit_test(a_wrong_type_is_shown_and_read_as_nothing),
		cmocka_unit_test(every_value_has_its_phrase),
		cmocka_unit_test(every_sentence_of_a_leak_is_whole),
		cmocka_unit_test(leaks_of_one_object_are_one_finding),
		cmocka_unit_test(what_waits_for_a_stuck_goroutine_is_behind_it),
		cmocka_unit_test(what_waits_normally_is_counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
