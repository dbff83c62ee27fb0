// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutine profiles become traces. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "import/counted.h"
#include "import/import.h"
#include "report/analyze/report.h"
#include "util/proto.h"

static int import_bytes(const void *data, size_t n, int *fd, struct err *err)
{
	char file[] = "/tmp/test_goprofile.XXXXXX";
	int to = mkstemp(file), ret;

	memset(err, 0, sizeof(*err));
	assert_true(to >= 0);
	assert_int_equal(write(to, data, n), n);
	close(to);
	ret = import_file(file, fd, err);
	unlink(file);
	return ret;
}

/* NULL: it is no profile. */
static struct report *load(const void *data, size_t n)
{
	struct report_opts o = { .model = { .since = INT64_MIN, .until = INT64_MAX }, .top = 20, .no_limit = true };
	struct report *r = NULL;
	struct err err;
	char path[64];
	int fd;

	if (import_bytes(data, n, &fd, &err))
		fail_msg("%s", err.msg);
	if (fd < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (report_load(&r, path, &o, &err))
		fail_msg("%s", err.msg);
	close(fd);
	return r;
}

static void put_line(struct buf *b, uint64_t func, uint64_t line)
{
	size_t at = proto_open(b, 4);

	proto_u64(b, 1, func);
	proto_u64(b, 2, line);
	proto_close(b, at);
}

static void put_function(struct buf *b, uint64_t id, uint64_t name, uint64_t file)
{
	size_t at = proto_open(b, 5);

	proto_u64(b, 1, id);
	proto_u64(b, 2, name);
	proto_u64(b, 4, file);
	proto_close(b, at);
}

/* Location 1: gopark. 2: chanrecv. 3: worker, with work inlined in it. */
static void put_locations(struct buf *b)
{
	for (uint64_t id = 1; id <= 3; id++) {
		size_t at = proto_open(b, 4);

		proto_u64(b, 1, id);
		if (id == 3)
			put_line(b, 4, 44);
		put_line(b, id, id * 11);
		proto_close(b, at);
	}
}

static void put_profile(struct buf *b, const char *type, uint64_t n)
{
	const char *const strings[] = { "",
		                        type,
		                        "count",
		                        "runtime.gopark",
		                        "runtime.chanrecv",
		                        "main.worker",
		                        "main.work",
		                        "/go/proc.go",
		                        "/srv/shop/main.go" };
	size_t at = proto_open(b, 1);

	proto_u64(b, 1, 1);
	proto_u64(b, 2, 2);
	proto_close(b, at);
	at = proto_open(b, 2);
	proto_bytes(b, 1, "\x01\x02\x03", 3);
	proto_u64(b, 2, n);
	proto_close(b, at);
	at = proto_open(b, 2);
	proto_u64(b, 1, 3);
	proto_u64(b, 2, 2);
	proto_close(b, at);
	put_locations(b);
	put_function(b, 1, 3, 7);
	put_function(b, 2, 4, 7);
	put_function(b, 3, 5, 8);
	put_function(b, 4, 6, 8);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		proto_str(b, 6, strings[i]);
}

static void check(struct report *r, uint64_t waiting)
{
	const struct goroutine *g;

	assert_non_null(r);
	assert_int_equal(r->m->way, TRACE_WAY_TEXT);
	assert_int_equal(r->m->goroutines.sorted.n, waiting + 2);
	for (uint64_t id = 1; id <= waiting; id++) {
		g = model_goroutine(r->m, id);
		assert_int_equal(g->state, GO_STATE_WAITING);
		assert_int_equal(model_wait_class(r->m, g->wait.reason), TRACE_WAIT_RECV);
		assert_string_equal(symbols_place_func(&r->m->sym, symbols_stack_user(&r->m->sym, g->wait.stack)),
		                    "main.work");
	}
	assert_int_not_equal(model_goroutine(r->m, waiting + 1)->state, GO_STATE_WAITING);
	assert_non_null(strstr(r->end->reason, "no goroutine ids"));
	report_free(r);
}

static void a_binary_profile(void **state)
{
	struct buf b = { 0 };

	put_profile(&b, "goroutine", 37);
	check(load(b.data, b.len), 37);
	buf_free(&b);
}

static size_t gzip(const struct buf *b, uint8_t *to, size_t size)
{
	z_stream z = { .next_in = b->data, .avail_in = (uInt)b->len, .next_out = to, .avail_out = (uInt)size };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void a_gzipped_profile(void **state)
{
	struct buf b = { 0 };
	uint8_t packed[4096];
	struct err err;
	size_t n;
	int fd;

	put_profile(&b, "goroutine", 5);
	n = gzip(&b, packed, sizeof(packed));
	check(load(packed, n), 5);
	assert_int_equal(import_bytes(packed, n / 2, &fd, &err), -EBADMSG);
	assert_int_equal(fd, -1);
	packed[n - 5] ^= 1;
	assert_int_equal(import_bytes(packed, n, &fd, &err), -EBADMSG);
	buf_free(&b);
}

/* A few KiB that unpack to more than the limit. */
static void a_bomb_is_refused(void **state)
{
	size_t size = 512u << 20, room = 2u << 20;
	uint8_t *to = malloc(room);
	struct buf zeros = { .data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
		             .len = size };
	struct err err;
	int fd;

	assert_true(to && zeros.data != MAP_FAILED);
	assert_int_equal(import_bytes(to, gzip(&zeros, to, room), &fd, &err), -EFBIG);
	assert_non_null(strstr(err.msg, "256 MiB"));
	munmap(zeros.data, size);
	free(to);
}

static void other_profiles_are_refused(void **state)
{
	struct buf b = { 0 };
	struct err err;
	int fd;

	put_profile(&b, "alloc_space", 3);
	assert_int_equal(import_bytes(b.data, b.len, &fd, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, "alloc_space"));
	/* Cut anywhere, it is no profile, or one with less in it. */
	for (size_t n = 0; n < b.len; n++) {
		struct report *r;

		b.data[0] = 0x0a;
		if (import_bytes(b.data, n, &fd, &err))
			continue;
		r = fd < 0 ? NULL : load(b.data, n);
		report_free(r);
		if (fd >= 0)
			close(fd);
	}
	buf_free(&b);
}

static void a_number_is_bounded(void **state)
{
	struct buf b = { 0 };
	struct report *r;

	put_profile(&b, "goroutine", INT64_MAX);
	r = load(b.data, b.len);
	assert_int_equal(r->m->goroutines.sorted.n, COUNTED_MAX);
	assert_non_null(strstr(r->end->reason, "are left out"));
	report_free(r);
	buf_free(&b);
}

static void the_text_of_debug_1(void **state)
{
	static const char text[] =
	        "2024/05/01 some log line\n"
	        "goroutine profile: total 5\n"
	        "3 @ 0x43a5c5 0x4061f4 0x47c1b1\n"
	        "# labels: {\"route\":\"/price\"}\n"
	        "#\t0x4061f3\tinternal/poll.runtime_pollWait+0x93\t\t/go/src/runtime/netpoll.go:351\n"
	        "#\t0x47c1b0\tmain.(*pool[...]).worker+0x30\t\t/srv/shop/main.go:33\n"
	        "\n"
	        "2 @ 0x4061f4\n"
	        "#\t0x4061f3\tmain.main+0x93\t/srv/shop/main.go:9\n"
	        "#\tdamaged\n"
	        "#\t0x4061f3\tmain.x\t/srv/shop/main.go:x\n";
	struct report *r = load(text, strlen(text));
	const struct goroutine *g;

	assert_non_null(r);
	assert_int_equal(r->m->goroutines.sorted.n, 5);
	g = model_goroutine(r->m, 3);
	assert_int_equal(model_wait_class(r->m, g->wait.reason), TRACE_WAIT_NETWORK);
	assert_int_not_equal(model_goroutine(r->m, 4)->state, GO_STATE_WAITING);
	assert_int_equal(model_goroutine(r->m, 4)->wait.stack, model_goroutine(r->m, 5)->wait.stack);
	report_free(r);
	assert_null(load("no profile at all\n", 18));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_binary_profile),    cmocka_unit_test(a_gzipped_profile),
		cmocka_unit_test(a_bomb_is_refused),   cmocka_unit_test(other_profiles_are_refused),
		cmocka_unit_test(a_number_is_bounded), cmocka_unit_test(the_text_of_debug_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
