// SPDX-License-Identifier: GPL-2.0-or-later
/* Every output on a trace that is cut at each byte, and on one with each byte changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/dump/info.h"
#include "report/dump/script.h"
#include "report/render/html/page.h"
#include "report/render/out.h"
#include "rewrite/redact.h"
#include "tests/unit/replay_trace.h"
#include "tests/unit/trace_file.h"

/* Something of everything: both snapshots, a channel with its waiters, a lock, a wake-up, an exit, a loss. */
static struct file trace(void)
{
	struct trace_obj ch, lock;
	struct tb t = tb_with_worker(&ch);
	struct file f;

	lock = tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_snap_begin(&t, MS(1), 0);
	tb_snap_go(&t, MS(1), 0, 5, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, -SEC(3), RECV_AT);
	tb_snap_chan(&t, MS(1), 0, ch, 4, 0, false);
	tb_snap_end(&t, MS(2), 0, 1);
	tb_park(&t, MS(3), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, MS(6), 7, TRACE_WAIT_MUTEX, lock, LOCK_AT);
	tb_loss(&t, MS(7), 1, TRACE_GO_PARK, 3);
	tb_exit(&t, MS(8), 1);
	tb_snap_begin(&t, MS(9), 1);
	tb_snap_go(&t, MS(9), 1, 5, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, -SEC(3), RECV_AT);
	tb_snap_end(&t, MS(10), 1, 1);
	tb_end(&t, MS(10));
	f = file_take(dup(t.fd));
	tb_free(&t);
	return f;
}

#define OUTPUTS_MAX 32

struct runs {
	struct file whole;
	int fd;
	char path[64];
	char *expected[OUTPUTS_MAX]; /* what each output says of the whole trace */
	uint64_t refused, damaged, same;
};

/* Owned by the caller. */
static char *output_of(const struct output *o, const struct report *r)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	/* The picture of HTML is that of dot. */
	assert_int_equal(o == &output_html ? page_data_write(r, f, &err) : o->write(r, f, &err), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Some bits of a zstd frame mean nothing. A change there is no damage: what comes out has a checksum. */
static void count(struct runs *s, size_t i, const struct report *r)
{
	char *text = output_of(output_at(i), r);

	if (!s->expected[i]) {
		assert_false(r->damaged);
		s->expected[i] = text;
		return;
	}
	if (r->damaged) {
		assert_true(r->damage[0]);
		s->damaged++;
	} else {
		assert_string_equal(text, s->expected[i]);
		s->same++;
	}
	free(text);
}

static void run_outputs(struct runs *s)
{
	struct report_opts opts = tb_opts();

	opts.full = true;
	for (size_t i = 0; output_at(i); i++) {
		const struct output *o = output_at(i);
		struct err err = { 0 };
		struct report *r;

		if (o == &output_svg) /* a process for each, which draws what dot says */
			continue;
		opts.model.keep_each = o->wants_each;
		opts.model.keep_wake_stacks = o->wants_wake_stacks;
		if (report_load(&r, s->path, &opts, &err)) {
			assert_true(err.msg[0]);
			s->refused++;
			continue;
		}
		count(s, i, r);
		report_free(r);
	}
}

static void run_dumps(const struct runs *s)
{
	struct script_opts opts = { .stacks = true, .full_stacks = true, .snapshots = true };
	struct err damage = { 0 }, err = { 0 };
	FILE *null = fopen("/dev/null", "w");
	bool whole;

	assert_non_null(null);
	if (script_write(s->path, &opts, null, &damage, &err))
		assert_true(err.msg[0]);
	damage = (struct err){ 0 };
	if (info_write(s->path, null, false, &whole, &damage, &err))
		assert_true(err.msg[0]);
	else
		assert_int_equal(whole, !damage.msg[0]);
	fclose(null);
}

/* What was copied can be read, up to where the damage was. */
static void is_readable(int fd, bool damaged)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(trace_reader_open(&r, path, &err), 0);
	while ((ret = trace_reader_next(r, &rec, &err)) > 0)
		;
	assert_int_equal(ret, damaged ? -ENODATA : 0);
	trace_reader_free(r);
}

static void run_copies(const struct runs *s)
{
	struct pass_result result;
	struct err err = { 0 };
	int fd = file_new();

	if (redact_trace(&(struct pass_opts){ .from = s->path, .to = fd }, &result, &err))
		assert_true(err.msg[0]);
	else
		is_readable(fd, result.damaged);
	close(fd);
}

static void run_on(struct runs *s, const uint8_t *data, size_t n)
{
	assert_int_equal(ftruncate(s->fd, 0), 0);
	assert_int_equal(pwrite(s->fd, data, n, 0), (ssize_t)n);
	run_outputs(s);
	run_dumps(s);
	run_copies(s);
}

static struct runs runs_new(void)
{
	struct runs s = { .whole = trace(), .fd = file_new() };

	snprintf(s.path, sizeof(s.path), "/proc/self/fd/%d", s.fd);
	run_on(&s, s.whole.data, s.whole.n);
	return s;
}

static void runs_end(struct runs *s)
{
	/* A cut or change in the header is refused; behind it, what came before is reported. */
	assert_true(s->refused > 100);
	assert_true(s->damaged > 1000);
	assert_true(s->same < s->damaged / 50);
	for (size_t i = 0; i < OUTPUTS_MAX; i++)
		free(s->expected[i]);
	file_free(&s->whole);
	close(s->fd);
}

static void cut_at_every_byte(void **state)
{
	struct runs s = runs_new();

	(void)state;
	for (size_t n = 0; n < s.whole.n; n++)
		run_on(&s, s.whole.data, n);
	runs_end(&s);
}

static void every_byte_changed(void **state)
{
	static const uint8_t changes[] = { 0xff, 0x01, 0x80 };
	struct runs s = runs_new();

	(void)state;
	for (size_t n = 0; n < s.whole.n; n++) {
		uint8_t change = changes[n % sizeof(changes)];

		s.whole.data[n] ^= change;
		run_on(&s, s.whole.data, s.whole.n);
		s.whole.data[n] ^= change;
	}
	runs_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_byte_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
