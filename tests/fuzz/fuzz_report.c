// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs everything that reads a trace on traces that a stranger may have made:
 * the report in each format, with options that the input chooses, script and
 * info. Few mutations of a file survive its checksums, so the input is a list
 * of records instead, each encoded by itself. The mutator changes, copies,
 * moves and drops whole records, and each input becomes a valid file again
 * before it is read. A real trace is taken apart into such a list first.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/wire.h"
#include "report/analyze/diff.h"
#include "report/dump/info.h"
#include "report/dump/script.h"
#include "report/render/html/page.h"
#include "report/render/out.h"
#include "rewrite/redact.h"
#include "rewrite/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out, size_t max,
                                 unsigned seed);

#define CHECK(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

#define MAGIC "CRFZ"
#define HEAD 8        /* the magic; what chooses the options */
#define ENTRY_HEAD 11 /* kind, bytes of the record, time */
#define TRACE_MAGIC "\x5c\x2a\x4d\x18"

/* One record in an input. */
struct entry {
	uint8_t kind; /* enum wire_kind */
	uint16_t n;
	uint64_t time;
	const uint8_t *rec; /* type, length, fields */
};

static bool entry_next(struct span *s, struct entry *e)
{
	if (span_left(s) < ENTRY_HEAD)
		return false;
	e->kind = span_u8(s) % 2 ? WIRE_EVENTS : WIRE_DEFS;
	e->n = span_u8(s);
	e->n = (uint16_t)(e->n | span_u8(s) << 8);
	e->time = span_u64(s);
	e->n = e->n < span_left(s) ? e->n : (uint16_t)span_left(s);
	e->rec = e->n ? span_take(s, e->n) : s->p;
	return true;
}

static void entry_put(struct buf *b, const struct entry *e)
{
	buf_put_u8(b, e->kind == WIRE_EVENTS);
	buf_put_u8(b, (uint8_t)e->n);
	buf_put_u8(b, (uint8_t)(e->n >> 8));
	buf_put_u64(b, e->time);
	buf_put(b, e->rec, e->n);
}

static void head_put(struct buf *b)
{
	buf_put(b, MAGIC, 4);
	for (int i = 4; i < HEAD; i++)
		buf_put_u8(b, 0);
}

static bool is_list(const uint8_t *data, size_t n)
{
	return n >= HEAD && !memcmp(data, MAGIC, 4);
}

static struct wire_enc *encoder(enum wire_kind kind)
{
	static struct wire_enc enc[2]; /* large, so initialised once */

	if (!enc[0].mem)
		CHECK(!wire_enc_init(&enc[0], WIRE_DEFS) && !wire_enc_init(&enc[1], WIRE_EVENTS));
	return &enc[kind == WIRE_EVENTS];
}

static void take_apart(struct buf *b, const uint8_t *data, size_t n)
{
	struct wire_ids ids = { 0 };
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };

	head_put(b);
	if (trace_reader_open_mem(&r, data, n, &err))
		return;
	while (trace_reader_next(r, &rec, &err) > 0) {
		bool is_def = trace_type_is_def(rec.type);
		struct wire_enc *e = encoder(is_def ? WIRE_DEFS : WIRE_EVENTS);
		struct entry entry;

		wire_enc_reset(e);
		if (wire_enc_add(e, &ids, &rec))
			continue;
		if (is_def)
			wire_id_define(&ids, rec.type, wire_def_id(&rec));
		entry = (struct entry){ .kind = (uint8_t)e->kind,
			                .time = (uint64_t)rec.time,
			                .rec = e->mem + WIRE_MAX_BLOCK_REC,
			                .n = (uint16_t)(e->body - e->mem - WIRE_MAX_BLOCK_REC) };
		entry_put(b, &entry);
	}
	trace_reader_free(r);
}

/* Decodes one entry and appends its record, if the writer takes it. */
static void append(struct wire_dec *d, struct trace_writer *w, const struct entry *e)
{
	struct buf head = { 0 }, raw = { 0 };
	struct wire_block blk = { .kind = e->kind, .records = 1 };
	struct trace_rec rec;
	struct err err = { 0 };

	buf_put_varint(&head, e->kind);
	buf_put_varint(&head, 1);
	buf_put_varint(&head, e->n);
	buf_put_varint(&head, e->kind == WIRE_EVENTS);
	buf_put_varint(&head, wire_zigzag(e->time));
	buf_put_varint(&raw, WIRE_TYPE_BLOCK);
	buf_put_varint(&raw, head.len);
	buf_put(&raw, head.data, head.len);
	buf_put(&raw, e->rec, e->n);
	if (e->kind == WIRE_EVENTS)
		buf_put_varint(&raw, 0);
	blk.raw = (uint32_t)raw.len;
	if (!wire_dec_block(d, &blk, raw.data, &err) && wire_dec_next(d, &rec, &err) == 1)
		trace_write(w, &rec, &err);
	buf_free(&head);
	buf_free(&raw);
}

/* Makes a file of the list of records. */
static int file_of(const uint8_t *data, size_t n)
{
	static const struct trace_probe probe = {
		.event = "go.park", .func = "runtime.gopark", .addr = 1, .insn = "push"
	};
	struct trace_meta meta = {
		.exe = "/bin/fuzz", .go_version = "go1.23.1", .pid = 7, .events = 3, .nprobes = 1, .probes = &probe
	};
	struct span s = span_of(data + HEAD, n - HEAD);
	struct trace_writer *w;
	struct wire_dec *d;
	struct entry e;
	struct err err = { 0 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!trace_writer_open(&w, fd, &meta, &err) && !wire_dec_new(&d));
	while (entry_next(&s, &e))
		append(d, w, &e);
	if (data[4] & 1)
		trace_writer_flush(w, &err);
	else
		trace_writer_end(w, &(struct trace_end){ .duration = 1000000000, .reason = "over" }, &err);
	wire_dec_free(d);
	trace_writer_free(w);
	return fd;
}

static void run_report(const char *path, const uint8_t *choice, FILE *null)
{
	struct report_opts opts = { .top = REPORT_TOP_DEFAULT,
		                    .all = choice[0] & 2,
		                    .full = choice[0] & 4,
		                    .full_stacks = choice[0] & 8,
		                    .width = choice[1],
		                    .model = { .since = choice[3] & 1 ? 300000000 : INT64_MIN,
		                               .until = choice[3] & 2 ? 700000000 : INT64_MAX,
		                               .is_instant = choice[3] % 8 == 6,
		                               .goroutine = choice[2] % 4 == 1 ? choice[2] / 4 : 0,
		                               .channel = choice[2] % 4 == 2 ? choice[2] / 4 : 0 },
		                    .fold_by = choice[0] >> 4 & 1 ? FOLD_BY_WAKE : FOLD_BY_TIME };

	for (size_t i = 0; output_at(i); i++) {
		const struct output *o = output_at(i);
		struct report *r;
		struct err err = { 0 };

		if (o == &output_svg) /* Graphviz draws what dot says */
			continue;
		opts.model.keep_each = o->wants_each;
		opts.model.keep_wakes = o->wants_each || opts.model.goroutine;
		opts.model.keep_wake_stacks = o->wants_wake_stacks || opts.fold_by == FOLD_BY_WAKE;
		if (report_load(&r, path, &opts, &err)) {
			CHECK(err.msg[0]);
			continue;
		}
		if (o == &output_html) /* its picture, too */
			page_data_write(r, null, &err);
		else
			o->write(r, null, &err);
		report_free(r);
	}
}

static void run_dumps(const char *path, const uint8_t *choice, FILE *null)
{
	struct script_opts opts = { .stacks = choice[0] & 2, .full_stacks = choice[0] & 4, .snapshots = true };
	struct err damage = { 0 }, err = { 0 };
	bool whole;

	script_write(path, &opts, null, &damage, &err);
	info_write(path, null, false, &whole, &damage, &err);
}

/* Whatever the reader accepts can be written again, and a copy can be read. */
static void run_copies(const char *path)
{
	struct report_opts opts = { .model = { .since = INT64_MIN, .until = INT64_MAX, .keep_each = true }, .top = 20 };
	struct pass_result result;
	struct err err = { 0 };
	struct report *r;
	int fd = memfd_create("copy", 0);

	CHECK(!redact_trace(&(struct pass_opts){ .from = path, .to = fd }, &result, &err) || err.code == -EFBIG ||
	      !strncmp(err.msg, "/proc", 5));
	close(fd);
	if (report_load(&r, path, &opts, &err))
		return;
	for (size_t i = 0; i < r->findings.v.n && i < 3; i++) {
		for (int width = 0; width < SLICE_WIDTHS; width++) {
			struct slice_opts so = { .pass = { .from = path }, .finding = i, .about = "x" };
			struct slice_result sliced;

			so.width = (enum slice_width)width;
			so.pass.to = memfd_create("slice", 0);
			slice_trace(&so, r, &sliced, &err);
			close(so.pass.to);
		}
	}
	report_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf list = { 0 };
	FILE *null = fopen("/dev/null", "w");
	char path[64];
	int fd;

	CHECK(null);
	if (is_list(data, n))
		buf_put(&list, data, n);
	else
		take_apart(&list, data, n);
	fd = file_of(list.data, list.len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run_report(path, list.data + 4, null);
	run_dumps(path, list.data + 4, null);
	run_copies(path);
	close(fd);
	fclose(null);
	buf_free(&list);
	return 0;
}

/* The bounds of the entries of a list: offsets[0 … return value]. */
static size_t offsets_of(const uint8_t *data, size_t n, size_t *offsets, size_t max)
{
	struct span s = span_of(data + HEAD, n - HEAD);
	struct entry e;
	size_t count = 0;

	offsets[0] = HEAD;
	while (count + 1 < max && entry_next(&s, &e))
		offsets[++count] = (size_t)(s.p - data);
	return count;
}

/* Changes the fields of one record. */
static void change(struct buf *out, const uint8_t *entry, size_t n)
{
	uint8_t bytes[512];
	struct span s = span_of(entry, n);
	struct entry e;

	if (!entry_next(&s, &e) || e.n > sizeof(bytes) / 2 || e.n < 2) {
		buf_put(out, entry, n);
		return;
	}
	memcpy(bytes, e.rec, e.n);
	e.n = (uint16_t)(2 + LLVMFuzzerMutate(bytes + 2, (size_t)e.n - 2, sizeof(bytes) - 2));
	bytes[1] = (uint8_t)(e.n - 2 < 0x80 ? e.n - 2 : bytes[1]);
	e.rec = bytes;
	if (!(rand() % 8))
		LLVMFuzzerMutate((uint8_t *)&e.time, sizeof(e.time), sizeof(e.time));
	entry_put(out, &e);
}

#define MAX_ENTRIES 20000

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	static size_t at[MAX_ENTRIES];
	struct buf list = { 0 }, out = { 0 };
	size_t count, pick, other;

	srand(seed);
	if (is_list(data, n))
		buf_put(&list, data, n);
	else
		take_apart(&list, data, n);
	count = offsets_of(list.data, list.len, at, MAX_ENTRIES);
	buf_put(&out, list.data, HEAD);
	if (!(rand() % 16))
		LLVMFuzzerMutate(out.data + 4, HEAD - 4, HEAD - 4);
	pick = count ? (size_t)rand() % count : 0;
	other = count ? (size_t)rand() % count : 0;
	for (size_t i = 0, what = (size_t)rand() % 8; i < count; i++) {
		const uint8_t *entry = list.data + at[i];
		size_t len = at[i + 1] - at[i];

		if (i != pick) {
			buf_put(&out, entry, len);
		} else if (what == 0) { /* drop it */
		} else if (what == 1) {
			buf_put(&out, entry, len);
			buf_put(&out, entry, len);
		} else if (what == 2) {
			buf_put(&out, entry, len);
			buf_put(&out, list.data + at[other], at[other + 1] - at[other]);
		} else {
			change(&out, entry, len);
		}
	}
	n = out.len < max ? out.len : max;
	memcpy(data, out.data, n);
	buf_free(&list);
	buf_free(&out);
	return n;
}

/* The first records of a, then the last ones of b. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out, size_t max,
                                 unsigned seed)
{
	static size_t at[MAX_ENTRIES];
	size_t count, n, m;

	srand(seed);
	if (!is_list(a, na) || !is_list(b, nb))
		return 0;
	count = offsets_of(a, na, at, MAX_ENTRIES);
	n = at[count ? (size_t)rand() % count : 0];
	count = offsets_of(b, nb, at, MAX_ENTRIES);
	m = at[count ? (size_t)rand() % count : 0];
	if (n + nb - m > max)
		return 0;
	memcpy(out, a, n);
	memcpy(out + n, b + m, nb - m);
	return n + nb - m;
}
