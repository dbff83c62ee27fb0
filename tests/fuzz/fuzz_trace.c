// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds arbitrary bytes to the trace reader. Input that begins like a trace is
 * read as a file (the fuzzing build accepts headers with a wrong CRC). Any other
 * input is taken as the payloads of blocks, so that the fuzzer reaches records
 * without having to guess a zstd checksum. The encoder must accept whatever the
 * decoder returns, and decoding the result must return the same record.
 *
 * With clang -fsanitize=fuzzer this is a fuzzer; with -DFUZZ_MAIN it is a program
 * that reads the files given as arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/wire.h"
#include "tests/unit/trace_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define CHECK(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/* Reads all records, and everything that their pointers refer to. */
static void fuzz_file(const uint8_t *data, size_t n)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };
	FILE *null = fopen("/dev/null", "w");
	int rc = trace_reader_open_mem(&r, data, n, &err);

	CHECK(null);
	CHECK(!rc == !!r && !rc == !err.msg[0]);
	while (r && (rc = trace_reader_next(r, &rec, &err)) > 0)
		text_rec(null, &rec);
	CHECK(rc <= 0 && (!rc || err.msg[0]));
	for (uint32_t i = 0; r && i < trace_reader_meta(r)->nprobes; i++)
		fprintf(null, "%s%s", trace_reader_meta(r)->probes[i].note, trace_reader_meta(r)->command);
	CHECK(!r || !rc == !!trace_reader_end(r));
	trace_reader_free(r);
	fclose(null);
}

static char *text_of(const struct trace_rec *rec)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	CHECK(f);
	text_rec(f, rec);
	fclose(f);
	return text;
}

struct pair {
	struct wire_dec *first, *again;
	struct wire_enc *enc; /* for definitions, for events */
	struct wire_ids ids;
	struct err err;
};

/* Encodes rec by itself and decodes the result. */
static void fuzz_again(struct pair *p, const struct trace_rec *rec)
{
	bool def = trace_type_is_def(rec->type);
	struct wire_enc *e = &p->enc[!def];
	struct trace_rec again;
	struct wire_block blk;
	const uint8_t *raw;
	char *a, *b;

	CHECK(!def || wire_id_state(&p->ids, rec->type, wire_def_id(rec)) == 1);
	CHECK(!wire_enc_add(e, &p->ids, rec));
	if (def)
		wire_id_define(&p->ids, rec->type, wire_def_id(rec));
	a = text_of(rec);
	raw = wire_enc_finish(e, &blk);
	CHECK(!wire_dec_block(p->again, &blk, raw, &p->err));
	CHECK(wire_dec_next(p->again, &again, &p->err) == 1);
	b = text_of(&again);
	CHECK(!strcmp(a, b));
	CHECK(wire_dec_next(p->again, &again, &p->err) == 0);
	wire_enc_reset(e);
	free(a);
	free(b);
}

/* Decodes one block: its records, followed by their times. */
static bool fuzz_block(struct pair *p, enum wire_kind kind, uint32_t records, struct span body, struct span times)
{
	struct wire_block blk = { .kind = kind, .records = records, .tmin = 0, .tmax = 0 };
	struct trace_rec rec;
	struct buf head = { 0 }, raw = { 0 };
	int rc;

	buf_put_varint(&head, kind);
	buf_put_varint(&head, records);
	buf_put_varint(&head, span_left(&body));
	buf_put_varint(&head, span_left(&times));
	buf_put_varint(&head, 0);
	buf_put_varint(&raw, WIRE_TYPE_BLOCK);
	buf_put_varint(&raw, head.len);
	buf_put(&raw, head.data, head.len);
	buf_put(&raw, body.p, span_left(&body));
	buf_put(&raw, times.p, span_left(&times));
	blk.raw = (uint32_t)raw.len;
	rc = wire_dec_block(p->first, &blk, raw.data, &p->err);
	while (!rc && (rc = wire_dec_next(p->first, &rec, &p->err)) > 0) {
		fuzz_again(p, &rec);
		rc = 0;
	}
	buf_free(&head);
	buf_free(&raw);
	return !rc;
}

/* Each block in data: kind and number of records, the lengths of records and times, and these. */
static void fuzz_payloads(const uint8_t *data, size_t n)
{
	struct span s = span_of(data, n);
	static struct wire_enc enc[2]; /* large, so initialised once */
	struct pair p = { .enc = enc };

	CHECK(!wire_dec_new(&p.first) && !wire_dec_new(&p.again));
	CHECK(enc[0].mem || (!wire_enc_init(&enc[0], WIRE_DEFS) && !wire_enc_init(&enc[1], WIRE_EVENTS)));
	while (span_left(&s) > 4) {
		uint8_t head = span_u8(&s);
		uint32_t body = span_u8(&s), times;
		const uint8_t *b, *t;

		body |= (uint32_t)span_u8(&s) << 8;
		body = body < span_left(&s) ? body : (uint32_t)span_left(&s);
		b = span_take(&s, body);
		times = span_u8(&s);
		times = times < span_left(&s) ? times : (uint32_t)span_left(&s);
		t = span_take(&s, times);
		/* If the end of a block is damaged, the definitions before it still count. */
		fuzz_block(&p, head & 1 ? WIRE_EVENTS : WIRE_DEFS, head >> 1, span_of(b, b ? body : 0),
		           span_of(t, t ? times : 0));
	}
	wire_dec_free(p.first);
	wire_dec_free(p.again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n >= 4 && !memcmp(data, "\x5c\x2a\x4d\x18", 4))
		fuzz_file(data, n);
	else
		fuzz_payloads(data, n);
	return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		struct buf b = { 0 };
		int c;

		CHECK(f);
		while ((c = fgetc(f)) != EOF)
			buf_put_u8(&b, (uint8_t)c);
		LLVMFuzzerTestOneInput(b.data, b.len);
		buf_free(&b);
		fclose(f);
	}
	return 0;
}
#endif
