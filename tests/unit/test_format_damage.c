// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader on truncated, damaged, newer and hostile files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <zlib.h>
#include <zstd.h>

#include "format/wire.h"
#include "tests/unit/trace_file.h"
#include "tests/unit/trace_gen.h"

static struct file small_trace(bool whole)
{
	static const struct trace_probe probe = {
		"go.park", "runtime.gopark", 0x43a1b2, "push rbp", 0, true, "by name"
	};
	struct trace_meta meta = { .recorder = "test", .command = "a b", .pid = 77, .nprobes = 1, .probes = &probe };
	struct trace_end end = { .duration = 1000000, .events = 100, .reason = "over" };
	struct gen *g = calloc(1, sizeof(*g));
	struct trace_writer *w;
	struct trace_rec rec;
	struct err err = { 0 };
	int fd = file_new();

	g->rng = 4;
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	for (int i = 0; i < 150; i++) {
		do
			gen_rec(g, &rec);
		while (rec.type == TRACE_GO_PARK && rec.park.nobjs > 5);
		assert_int_equal(trace_write(w, &rec, &err), 0);
		if (i % 40 == 30)
			assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	if (whole)
		assert_int_equal(trace_writer_end(w, &end, &err), 0);
	else
		assert_int_equal(trace_writer_flush(w, &err), 0);
	trace_writer_free(w);
	free(g);
	return file_take(fd);
}

/* Whether a is a prefix of b. */
static bool is_prefix(const struct text *a, const struct text *b)
{
	return a->nevents <= b->nevents && a->ndefs <= b->ndefs && !memcmp(a->events, b->events, a->nevents) &&
	       !memcmp(a->defs, b->defs, a->ndefs);
}

static void test_cut_at_every_byte(void **state)
{
	struct file f = small_trace(true);
	struct text whole = text_of(f.data, f.n);
	uint64_t records = 0;

	assert_int_equal(whole.rc, 0);
	for (size_t n = 0; n < f.n; n++) {
		/* An exact copy, so that a sanitizer sees a read past its end. */
		uint8_t *cut = malloc(n ? n : 1);
		struct text t;

		memcpy(cut, f.data, n);
		t = text_of(cut, n);
		assert_int_equal(t.rc, n < WIRE_FRAME_HEAD ? -EINVAL : -ENODATA);
		assert_false(t.has_end);
		assert_true(t.err.msg[0]);
		if (t.events)
			assert_true(is_prefix(&t, &whole));
		assert_true(t.records >= records);
		records = t.records;
		text_free(&t);
		free(cut);
	}
	assert_int_equal(records, whole.records);
	text_free(&whole);
	file_free(&f);
}

/* The same through a file descriptor, where lengths are not known in advance. */
static void test_cut_files(void **state)
{
	struct file f = small_trace(true);
	struct text whole = text_of(f.data, f.n);

	for (size_t n = 0; n < f.n; n += 13) {
		int fd = file_new();
		struct trace_reader *r;
		struct text t = { 0 };
		char path[64];

		assert_int_equal(write(fd, f.data, n), n);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		t.rc = trace_reader_open(&r, path, &t.err);
		if (!t.rc)
			text_of_reader(&t, r);
		else
			assert_non_null(strstr(t.err.msg, path));
		trace_reader_free(r);
		assert_int_equal(t.rc, n < WIRE_FRAME_HEAD ? -EINVAL : -ENODATA);
		if (t.events)
			assert_true(is_prefix(&t, &whole));
		text_free(&t);
		close(fd);
	}
	text_free(&whole);
	file_free(&f);
}

static void test_killed_recorder_message(void **state)
{
	struct file f = small_trace(false);
	struct text t = text_of(f.data, f.n);

	assert_int_equal(t.rc, -ENODATA);
	assert_int_equal(t.records, 150);
	assert_non_null(strstr(t.err.msg, "without its footer"));
	assert_non_null(strstr(t.err.msg, "killed"));
	text_free(&t);
	file_free(&f);
}

static void test_flipped_bytes(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff, 0x10 };
	struct file f = small_trace(true);
	struct text whole = text_of(f.data, f.n);

	for (size_t i = 0; i < f.n * 4; i++) {
		struct text t;

		f.data[i / 4] ^= masks[i % 4];
		t = text_of(f.data, f.n);
		/* zstd's frame header has an unused bit. */
		if (!t.rc)
			assert_int_equal(t.nevents, whole.nevents);
		else
			assert_true(t.err.msg[0]);
		if (t.events)
			assert_true(is_prefix(&t, &whole));
		text_free(&t);
		f.data[i / 4] ^= masks[i % 4];
	}
	text_free(&whole);
	file_free(&f);
}

static void test_random_damage(void **state)
{
	struct file f = small_trace(true);
	struct text whole = text_of(f.data, f.n);
	struct gen *g = calloc(1, sizeof(*g));

	g->rng = 77;
	for (int i = 0; i < 4000; i++) {
		struct file bad = { malloc(f.n), f.n };
		size_t at = gen_below(g, (uint32_t)f.n), n = 1 + gen_below(g, 20);
		struct text t;

		memcpy(bad.data, f.data, f.n);
		for (size_t j = at; j < at + n && j < f.n; j++)
			bad.data[j] = (uint8_t)gen_u64(g);
		t = text_of(bad.data, bad.n);
		if (t.events)
			assert_true(is_prefix(&t, &whole));
		text_free(&t);
		file_free(&bad);
	}
	free(g);
	text_free(&whole);
	file_free(&f);
}

static void test_damage_names_the_place(void **state)
{
	struct file f = small_trace(false);
	size_t at = f.n - 20, block = 0;
	char where[64];
	struct text t;

	for (size_t i = 8; i < at; i++) {
		if (!memcmp(f.data + i, WIRE_SUB_BLOCK, 4))
			block = i - 8;
	}
	f.data[at] ^= 4;
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, -EBADMSG);
	snprintf(where, sizeof(where), "damaged at byte %zu:", block);
	assert_non_null(strstr(t.err.msg, where));
	text_free(&t);
	file_free(&f);
}

/* Handmade files. */
struct make {
	struct buf b;
	struct wire_index index;
	uint32_t seq;
};

static void make_header(struct make *m)
{
	struct trace_meta meta = { .recorder = "test" };
	struct err err;

	assert_int_equal(wire_put_header(&m->b, &meta, &err), 0);
}

static void make_block(struct make *m, struct wire_block blk, const struct buf *raw)
{
	size_t cap = ZSTD_compressBound(raw->len), n, at = m->b.len;
	uint8_t *comp = malloc(cap);
	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(c, comp, cap, raw->data, raw->len);
	assert_false(ZSTD_isError(n));
	blk.seq = m->seq++;
	blk.raw = (uint32_t)raw->len;
	blk.comp = (uint32_t)n;
	wire_put_block(&m->b, &blk);
	buf_put(&m->b, comp, n);
	wire_index_add(&m->index, at, m->b.len - at, &blk);
	ZSTD_freeCCtx(c);
	free(comp);
}

static void make_end(struct make *m)
{
	struct trace_end end = { .reason = "over" };
	struct err err;

	assert_int_equal(wire_put_end(&m->b, &end, &m->index, &err), 0);
}

static void make_free(struct make *m)
{
	buf_free(&m->b);
	wire_index_free(&m->index);
}

/* A payload, with its records as bytes; every event has time 0. */
static struct buf payload(uint32_t kind, uint32_t records, const uint8_t *body, size_t n)
{
	size_t times = kind == WIRE_EVENTS ? records : 0;
	struct buf rec = { 0 }, raw = { 0 };

	buf_put_varint(&rec, kind);
	buf_put_varint(&rec, records);
	buf_put_varint(&rec, n);
	buf_put_varint(&rec, times);
	buf_put_varint(&rec, 0);
	buf_put_varint(&raw, WIRE_TYPE_BLOCK);
	buf_put_varint(&raw, rec.len);
	buf_put(&raw, rec.data, rec.len);
	buf_put(&raw, body, n);
	for (size_t i = 0; i < times; i++)
		buf_put_u8(&raw, 0);
	buf_free(&rec);
	return raw;
}

static void add_bytes(struct make *m, uint32_t kind, uint32_t records, const uint8_t *body, size_t n)
{
	struct buf raw = payload(kind, records, body, n);

	make_block(m, (struct wire_block){ .kind = kind, .records = records }, &raw);
	buf_free(&raw);
}

#define BODY(m, kind, records, ...) \
	add_bytes(m, kind, records, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static struct text make_read(struct make *m)
{
	struct text t;

	make_end(m);
	t = text_of(m->b.data, m->b.len);
	make_free(m);
	return t;
}

static void test_hand_made_is_read(void **state)
{
	struct make m = { 0 };
	struct text t;

	make_header(&m);
	BODY(&m, WIRE_DEFS, 1, TRACE_DEF_STRING, 3, 1, 1, 'a');
	BODY(&m, WIRE_EVENTS, 2, TRACE_GO_EXIT, 1, 3, TRACE_GO_EXIT, 1, 3);
	t = make_read(&m);
	assert_int_equal(t.rc, 0);
	assert_string_equal(t.defs, "def.string 0 0 1 x61\n");
	assert_string_equal(t.events, "go.exit 0 1\ngo.exit 0 2\n");
	text_free(&t);
}

static void test_newer_minor(void **state)
{
	struct make m = { 0 };
	struct text t;

	make_header(&m);
	m.b.data[14] = 9;
	/* A header field with an unknown tag, before the checksum. */
	m.b.len -= 4;
	buf_put(&m.b, (const uint8_t[]){ 99, 2, 'x', 'y' }, 4);
	wire_frame_end(&m.b, 0);
	/* Longer payloads: fields after the known ones. */
	BODY(&m, WIRE_DEFS, 2, TRACE_DEF_STRING, 5, 1, 1, 'a', 7, 8, 15, 2, 1, 2);
	BODY(&m, WIRE_EVENTS, 3, TRACE_GO_EXIT, 3, 3, 1, 1, 200, 1, 2, 0xff, 0xff, TRACE_GO_EXIT, 1, 3);
	/* A block of an unknown kind, and a skippable frame with an unknown sub-magic. */
	BODY(&m, 7, 4, 1, 2, 3);
	buf_put(&m.b, "\x5c\x2a\x4d\x18\x05\0\0\0CRTXz", 13);
	/* An object of an unknown kind, and a cause and a class outside their enums. */
	BODY(&m, WIRE_DEFS, 1, TRACE_DEF_REASON, 3, 2, 100, 1);
	BODY(&m, WIRE_EVENTS, 1, TRACE_GO_READY, 6, 3, 5, 99, 0x1f, 42, 0);
	t = make_read(&m);
	if (t.rc)
		fail_msg("%s", t.err.msg);
	assert_string_equal(t.defs, "def.string 0 0 1 x61\ndef.reason 0 0 2 0 1\n");
	assert_string_equal(t.events, "go.exit 0 1\ngo.exit 0 2\ngo.ready 0 1 3 0 0:0:0 0\n");
	assert_int_equal(t.skipped, 1 + 1 + 4);
	text_free(&t);
}

static void test_definition_again_is_ignored(void **state)
{
	struct make m = { 0 };
	struct text t;

	make_header(&m);
	BODY(&m, WIRE_DEFS, 3, TRACE_DEF_STRING, 3, 1, 1, 'a', TRACE_DEF_STRING, 3, 2, 1, 'b', TRACE_DEF_REASON, 3, 9,
	     7, 2);
	BODY(&m, WIRE_DEFS, 3, TRACE_DEF_STRING, 3, 1, 1, 'x', TRACE_DEF_REASON, 3, 9, 1, 1, TRACE_DEF_FUNC, 5, 1, 2, 2,
	     0, 0);
	t = make_read(&m);
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.skipped, 0);
	assert_string_equal(t.defs, "def.string 0 0 1 x61\ndef.string 0 0 2 x62\ndef.reason 0 0 9 7 2\n"
	                            "def.func 0 0 1 2 2 0 0\n");
	text_free(&t);
}

static int open_patched(size_t at, uint8_t value, struct err *err)
{
	struct make m = { 0 };
	struct trace_reader *r;
	int rc;

	make_header(&m);
	make_end(&m);
	m.b.data[at] = value;
	rc = trace_reader_open_mem(&r, m.b.data, m.b.len, err);
	assert_true(!r == !!rc);
	trace_reader_free(r);
	make_free(&m);
	return rc;
}

static void test_other_majors_and_formats(void **state)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51 };
	struct trace_reader *r;
	struct err err = { 0 };

	assert_int_equal(open_patched(12, 2, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.msg, "2."));
	assert_non_null(strstr(err.msg, "new"));
	assert_int_equal(open_patched(12, 0, &err), -EPROTONOSUPPORT);
	assert_int_equal(open_patched(13, 1, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.msg, "257."));
	assert_int_equal(open_patched(8, 'X', &err), -EINVAL);
	assert_non_null(strstr(err.msg, "not a chanrec trace"));
	assert_int_equal(open_patched(0, 0x50, &err), -EINVAL);
	assert_int_equal(open_patched(16, 0xff, &err), -EBADMSG);
	assert_int_equal(open_patched(6, 0x40, &err), -EBADMSG);
	assert_int_equal(trace_reader_open_mem(&r, zstd, sizeof(zstd), &err), -EINVAL);
	assert_non_null(strstr(err.msg, "zstd"));
	assert_int_equal(trace_reader_open_mem(&r, "", 0, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "empty"));
	assert_int_equal(trace_reader_open_mem(&r,
	                                       "\x7f"
	                                       "ELF and so on and on",
	                                       20, &err),
	                 -EINVAL);
	assert_int_equal(trace_reader_open(&r, "/", &err), -EISDIR);
}

static void expect_bad(struct make *m, const char *why)
{
	struct text t = make_read(m);

	assert_int_equal(t.rc, -EBADMSG);
	if (!strstr(t.err.msg, why))
		fail_msg("\"%s\" is not in \"%s\"", why, t.err.msg);
	text_free(&t);
}

#define EXPECT_BAD(why, kind, records, ...) \
	do { \
		struct make m_ = { 0 }; \
		make_header(&m_); \
		BODY(&m_, kind, records, __VA_ARGS__); \
		expect_bad(&m_, why); \
	} while (0)

static void test_records_that_lie(void **state)
{
	EXPECT_BAD("undefined", WIRE_EVENTS, 1, TRACE_CHAN_CLOSE, 3, 3, 1, 0);
	EXPECT_BAD("undefined", WIRE_EVENTS, 1, TRACE_GO_PARK, 4, 3, 1, 0, 0);
	EXPECT_BAD("undefined", WIRE_EVENTS, 1, TRACE_GO_PARK, 4, 3, 0, 1, 0);
	EXPECT_BAD("undefined", WIRE_EVENTS, 1, TRACE_GO_PARK, 6, 3, 0, 0, 2, 1, 1);
	EXPECT_BAD("undefined", WIRE_DEFS, 1, TRACE_DEF_FUNC, 5, 1, 1, 0, 0, 0);
	EXPECT_BAD("undefined", WIRE_DEFS, 1, TRACE_DEF_FRAME, 6, 1, 2, 1, 1, 0, 0);
	EXPECT_BAD("undefined", WIRE_DEFS, 1, TRACE_DEF_STACK, 4, 1, 0, 1, 1);
	EXPECT_BAD("out of sequence", WIRE_DEFS, 1, TRACE_DEF_CHAN, 3, 2, 0, 1);
	EXPECT_BAD("out of sequence", WIRE_DEFS, 1, TRACE_DEF_CHAN, 3, 0, 0, 1);
	EXPECT_BAD("out of sequence", WIRE_DEFS, 1, TRACE_DEF_REASON, 4, 0x81, 2, 0, 0);
	EXPECT_BAD("limit", WIRE_DEFS, 1, TRACE_DEF_FRAME, 3, 1, 2, TRACE_MAX_INLINE + 1);
	EXPECT_BAD("limit", WIRE_DEFS, 1, TRACE_DEF_STACK, 4, 1, 0, 0x81, 1);
	EXPECT_BAD("limit", WIRE_DEFS, 1, TRACE_DEF_STRING, 5, 1, 0x80, 0x80, 4, 'a');
	EXPECT_BAD("limit", WIRE_EVENTS, 1, TRACE_GO_PARK, 5, 3, 0, 0, 0x82, 16);
	EXPECT_BAD("fewer cases", WIRE_EVENTS, 1, TRACE_GO_PARK, 7, 3, 0, 0, 3, 0, 0, 0);
	EXPECT_BAD("NUL", WIRE_DEFS, 1, TRACE_DEF_STRING, 4, 1, 2, 'a', 0);
	EXPECT_BAD("truncated", WIRE_DEFS, 1, TRACE_DEF_STRING, 3, 1, 2, 'a');
	EXPECT_BAD("truncated", WIRE_EVENTS, 1, TRACE_GO_CREATE, 2, 3, 3);
	EXPECT_BAD("truncated", WIRE_EVENTS, 1, TRACE_GO_EXIT, 9, 3);
	EXPECT_BAD("truncated", WIRE_EVENTS, 2, TRACE_GO_EXIT, 1, 3);
	EXPECT_BAD("truncated", WIRE_EVENTS, 1, 60, 9, 3);
	EXPECT_BAD("truncated", WIRE_EVENTS, 1, TRACE_GO_EXIT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
	EXPECT_BAD("goroutine id", WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 2);
	EXPECT_BAD("goroutine id", WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 1);
	EXPECT_BAD("32 bits", WIRE_EVENTS, 1, TRACE_SNAP_SYNC, 9, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0);
	EXPECT_BAD("8 bits", WIRE_EVENTS, 1, TRACE_SNAP_BEGIN, 3, 0x80, 2, 0);
	EXPECT_BAD("32 bits", WIRE_EVENTS, 1, TRACE_PROC_EXIT, 6, 1, 0x80, 0x80, 0x80, 0x80, 0x10);
	EXPECT_BAD("after the last record", WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 3, TRACE_GO_EXIT, 1, 3);
	EXPECT_BAD("losses", WIRE_EVENTS, 1, TRACE_LOSS, 5, 0, 0, 0, 5, 0);
}

static void expect_bad_block(struct wire_block blk, const struct buf *raw, const char *why)
{
	struct make m = { 0 };

	make_header(&m);
	make_block(&m, blk, raw);
	expect_bad(&m, why);
}

static void test_blocks_that_lie(void **state)
{
	static const uint8_t body[] = { TRACE_GO_EXIT, 1, 3 };
	struct buf raw = payload(WIRE_EVENTS, 1, body, sizeof(body)), other = { 0 };

	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 2 }, &raw, "contradicts the header");
	expect_bad_block((struct wire_block){ .kind = WIRE_DEFS, .records = 1 }, &raw, "contradicts the header");
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1, .tmax = 1 }, &raw, "times");
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1, .lost = 1 }, &raw, "losses");
	buf_put(&other, raw.data, raw.len);
	buf_put_u8(&other, 0);
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1 }, &other, "add up");
	other.data[0] = 1;
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1 }, &other, "block record");
	other.data[0] = 0;
	other.data[1] = 100;
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1 }, &other, "truncated");
	other.data[1] = 3;
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS, .records = 1 }, &other, "too short");
	buf_reset(&other);
	expect_bad_block((struct wire_block){ .kind = WIRE_EVENTS }, &other, "block record");
	buf_free(&raw);
	buf_free(&other);
}

/* A small file that would decompress to gigabytes. */
static void test_bomb(void **state)
{
	struct make m = { 0 };
	struct buf raw = { 0 };
	uint8_t *p = buf_reserve(&raw, WIRE_MAX_RAW + 1);

	memset(p, 0, raw.len);
	make_header(&m);
	make_block(&m, (struct wire_block){ .kind = WIRE_EVENTS, .records = 1 }, &raw);
	expect_bad(&m, "exceed the limits");
	buf_free(&raw);
}

/* A wrong size in a block header whose checksum is right. */
static void test_data_frame_must_be_as_described(void **state)
{
	static const uint8_t body[] = { TRACE_GO_EXIT, 1, 3 };
	struct buf raw = payload(WIRE_EVENTS, 1, body, sizeof(body));
	uint8_t comp[256];
	struct wire_block blk = { .kind = WIRE_EVENTS, .records = 1, .raw = (uint32_t)raw.len };

	/* Without the content checksum, with a wrong size, twice, and not at all. */
	for (int i = 0; i < 4; i++) {
		struct make m = { 0 };
		ZSTD_CCtx *c = ZSTD_createCCtx();
		size_t n;

		ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, i > 0);
		n = ZSTD_compress2(c, comp, sizeof(comp), raw.data, raw.len);
		ZSTD_freeCCtx(c);
		make_header(&m);
		blk.raw = (uint32_t)raw.len + (i == 1);
		blk.comp = (uint32_t)(i == 2 ? 2 * n : i == 3 ? 0 : n);
		wire_put_block(&m.b, &blk);
		buf_put(&m.b, comp, n);
		if (i == 2)
			buf_put(&m.b, comp, n);
		expect_bad(&m, i == 1 ? "size" : "not a single zstd frame");
	}
	buf_free(&raw);
}

static void test_blocks_missing_or_moved(void **state)
{
	struct make m = { 0 }, n = { 0 };
	struct text t;

	/* The second of two blocks is missing. */
	make_header(&m);
	BODY(&m, WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 3);
	m.seq++;
	BODY(&m, WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 3);
	expect_bad(&m, "missing");
	/* The last block is missing, which only the index reveals. */
	make_header(&n);
	BODY(&n, WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 3);
	wire_index_add(&n.index, n.b.len, 80, &(struct wire_block){ .kind = WIRE_EVENTS, .records = 3 });
	expect_bad(&n, "index");
	/* A data frame without its header. */
	make_header(&m);
	m.seq = 0;
	BODY(&m, WIRE_EVENTS, 1, TRACE_GO_EXIT, 1, 3);
	buf_put(&m.b, "\x28\xb5\x2f\xfd\0\0\0\0\0\0\0\0\0", 13);
	t = text_of(m.b.data, m.b.len);
	assert_int_equal(t.rc, -EBADMSG);
	assert_int_equal(t.records, 1);
	text_free(&t);
	make_free(&m);
}

static void test_more_after_the_footer(void **state)
{
	struct file f = small_trace(true);
	uint8_t *two = malloc(2 * f.n);
	struct text t;

	memcpy(two, f.data, f.n);
	memcpy(two + f.n, f.data, f.n);
	t = text_of(two, f.n + 1);
	assert_int_equal(t.rc, -EBADMSG);
	assert_non_null(strstr(t.err.msg, "after the footer"));
	assert_int_equal(t.records, 150);
	text_free(&t);
	t = text_of(two, 2 * f.n);
	assert_int_equal(t.rc, -EBADMSG);
	text_free(&t);
	free(two);
	file_free(&f);
	/* Another trace after an incomplete one. */
	f = small_trace(false);
	two = malloc(2 * f.n);
	memcpy(two, f.data, f.n);
	memcpy(two + f.n, f.data, f.n);
	t = text_of(two, 2 * f.n);
	assert_int_equal(t.rc, -EBADMSG);
	assert_non_null(strstr(t.err.msg, "second trace"));
	text_free(&t);
	free(two);
	file_free(&f);
}

static void test_error_sticks(void **state)
{
	struct file f = small_trace(false);
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };

	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	while (trace_reader_next(r, &rec, &err) > 0)
		;
	assert_int_equal(err.code, -ENODATA);
	err.msg[0] = 0;
	assert_int_equal(trace_reader_next(r, &rec, &err), -ENODATA);
	assert_true(err.msg[0]);
	assert_int_equal(trace_reader_next(r, &rec, NULL), -ENODATA);
	assert_null(trace_reader_end(r));
	trace_reader_free(r);
	file_free(&f);
}

/* The footer can be found from the end of the file, as the specification says. */
static void test_footer_from_the_end(void **state)
{
	struct file f = small_trace(true);
	struct span s = span_of(f.data + f.n - 12, 12);
	uint32_t n = span_u32(&s);

	assert_memory_equal(s.p, WIRE_SUB_END, 4);
	assert_true(n < f.n);
	s = span_of(f.data + f.n - n, 8);
	assert_int_equal(span_u32(&s), WIRE_SKIP_MAGIC);
	assert_int_equal(span_u32(&s), n - 8);
	assert_true(wire_frame_check(f.data + f.n - n, n));
	file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_killed_recorder_message),
		cmocka_unit_test(test_flipped_bytes),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_damage_names_the_place),
		cmocka_unit_test(test_hand_made_is_read),
		cmocka_unit_test(test_newer_minor),
		cmocka_unit_test(test_definition_again_is_ignored),
		cmocka_unit_test(test_other_majors_and_formats),
		cmocka_unit_test(test_records_that_lie),
		cmocka_unit_test(test_blocks_that_lie),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_data_frame_must_be_as_described),
		cmocka_unit_test(test_blocks_missing_or_moved),
		cmocka_unit_test(test_more_after_the_footer),
		cmocka_unit_test(test_error_sticks),
		cmocka_unit_test(test_footer_from_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
