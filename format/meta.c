// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/wire.h"

/*
 * The header and the end are fields of tag, length, bytes. A field that is
 * empty or 0 is left out; one whose tag a reader does not know is skipped.
 */

enum header_tag {
	HDR_RECORDER = 1,
	HDR_EXE = 2,
	HDR_COMMAND = 3,
	HDR_BUILD_ID = 4,
	HDR_GO_VERSION = 5,
	HDR_MODULE = 6,
	HDR_KERNEL = 7,
	HDR_HOST = 8,
	HDR_ARCH = 9,
	HDR_OFFSETS_FROM = 10,
	HDR_SYMBOLS_FROM = 11,
	HDR_PID = 12,
	HDR_CPUS = 13,
	HDR_EVENTS = 14,
	HDR_START_WALL = 15,
	HDR_START_MONO = 16,
	HDR_PROBE = 17,
	HDR_MAX_SIZE = 18,
	HDR_MAX_OVERHEAD = 19,
	HDR_PROBING = 20,
	HDR_WAY = 21,
	HDR_SAMPLE = 22,
	HDR_SLICE = 23,
};

enum end_tag {
	END_DURATION = 1,
	END_EVENTS = 2,
	END_LOST = 3,
	END_TARGET_EXITED = 4,
	END_REASON = 5,
	END_INDEX = 6,
	END_OVERHEAD = 7,
	END_OVERHEAD_MAX = 8,
	END_SAMPLES = 9,
};

#define PROBE_SINGLE_STEP 1u

static const struct {
	uint8_t tag;
	size_t off;
} header_strings[] = {
	{ HDR_RECORDER, offsetof(struct trace_meta, recorder) },
	{ HDR_EXE, offsetof(struct trace_meta, exe) },
	{ HDR_COMMAND, offsetof(struct trace_meta, command) },
	{ HDR_BUILD_ID, offsetof(struct trace_meta, build_id) },
	{ HDR_GO_VERSION, offsetof(struct trace_meta, go_version) },
	{ HDR_MODULE, offsetof(struct trace_meta, module) },
	{ HDR_KERNEL, offsetof(struct trace_meta, kernel) },
	{ HDR_HOST, offsetof(struct trace_meta, host) },
	{ HDR_ARCH, offsetof(struct trace_meta, arch) },
	{ HDR_OFFSETS_FROM, offsetof(struct trace_meta, offsets_from) },
	{ HDR_SYMBOLS_FROM, offsetof(struct trace_meta, symbols_from) },
	{ HDR_SLICE, offsetof(struct trace_meta, slice) },
};

#define NSTRINGS (sizeof(header_strings) / sizeof(*header_strings))

static const char **string_of(struct trace_meta *m, size_t i)
{
	return (const char **)((char *)m + header_strings[i].off);
}

static void put_field(struct buf *b, uint64_t tag, const void *p, size_t n)
{
	buf_put_varint(b, tag);
	buf_put_varint(b, n);
	buf_put(b, p, n);
}

static void put_string_field(struct buf *b, uint64_t tag, const char *s)
{
	size_t n = s ? strnlen(s, TRACE_MAX_STRING) : 0;

	if (n)
		put_field(b, tag, s, n);
}

static void put_number_field(struct buf *b, uint64_t tag, uint64_t v)
{
	uint8_t num[10];

	if (v)
		put_field(b, tag, num, (size_t)(wire_put(num, v) - num));
}

static void put_cut_str(struct buf *b, const char *s)
{
	size_t n = s ? strnlen(s, TRACE_MAX_STRING) : 0;

	buf_put_varint(b, n);
	buf_put(b, s, n);
}

static void put_probe(struct buf *b, struct buf *tmp, const struct trace_probe *p)
{
	buf_reset(tmp);
	put_cut_str(tmp, p->event);
	put_cut_str(tmp, p->func);
	buf_put_varint(tmp, p->addr);
	put_cut_str(tmp, p->insn);
	buf_put_varint(tmp, p->status);
	buf_put_varint(tmp, p->single_step ? PROBE_SINGLE_STEP : 0);
	put_cut_str(tmp, p->note);
	b->failed |= tmp->failed;
	put_field(b, HDR_PROBE, tmp->data, tmp->len);
}

int wire_put_header(struct buf *b, const struct trace_meta *meta, struct err *err)
{
	struct trace_meta m = *meta;
	struct buf tmp = { 0 };
	size_t at = wire_frame_begin(b, WIRE_SUB_HEADER);

	if (m.nprobes > TRACE_MAX_PROBES)
		return err_set(err, E2BIG, "a trace holds at most %d probes, not %u", TRACE_MAX_PROBES, m.nprobes);
	buf_put_u8(b, TRACE_VERSION_MAJOR & 0xff);
	buf_put_u8(b, TRACE_VERSION_MAJOR >> 8);
	buf_put_u8(b, TRACE_VERSION_MINOR & 0xff);
	buf_put_u8(b, TRACE_VERSION_MINOR >> 8);
	for (size_t i = 0; i < NSTRINGS; i++)
		put_string_field(b, header_strings[i].tag, *string_of(&m, i));
	put_number_field(b, HDR_PID, m.pid);
	put_number_field(b, HDR_CPUS, m.cpus);
	put_number_field(b, HDR_EVENTS, m.events);
	put_number_field(b, HDR_START_WALL, wire_zigzag((uint64_t)m.start_wall));
	put_number_field(b, HDR_START_MONO, wire_zigzag((uint64_t)m.start_mono));
	put_number_field(b, HDR_MAX_SIZE, m.max_size);
	put_number_field(b, HDR_MAX_OVERHEAD, m.max_overhead);
	put_number_field(b, HDR_PROBING, m.probing);
	put_number_field(b, HDR_WAY, m.way);
	put_number_field(b, HDR_SAMPLE, m.sample);
	for (uint32_t i = 0; i < m.nprobes; i++)
		put_probe(b, &tmp, &m.probes[i]);
	wire_frame_end(b, at);
	buf_free(&tmp);
	if (buf_failed(b))
		return err_nomem(err);
	if (b->len - at > WIRE_MAX_HEADER)
		return err_set(err, E2BIG, "the header of the trace takes %zu bytes; the limit is %u", b->len - at,
		               WIRE_MAX_HEADER);
	return 0;
}

/* A span whose strings are copied, terminated, to pool. */
struct strings {
	struct span s;
	char *pool;
};

static const char *pool_add(struct strings *st, const uint8_t *p, size_t n)
{
	char *s = st->pool;

	if (!p || n > TRACE_MAX_STRING || memchr(p, 0, n)) {
		st->s.failed = true;
		return "";
	}
	memcpy(s, p, n);
	s[n] = 0;
	st->pool += n + 1;
	return s;
}

static const char *get_str(struct strings *st)
{
	uint64_t n = span_varint(&st->s);

	return pool_add(st, span_take(&st->s, n), n);
}

static uint32_t get_number32(struct span *s)
{
	uint64_t v = span_varint(s);

	s->failed |= v > UINT32_MAX;
	return (uint32_t)v;
}

/* A status of a newer minor version says at least that the probe is not there. */
static uint8_t probe_status(uint64_t v)
{
	return v == TRACE_PROBE_ATTACHED || v == TRACE_PROBE_NOT_NEEDED ? (uint8_t)v : TRACE_PROBE_MISSING;
}

static int get_probe(struct wire_meta *m, struct strings *st)
{
	struct trace_probe *p;

	if (m->meta.nprobes == TRACE_MAX_PROBES) {
		st->s.failed = true;
		return 0;
	}
	if (!m->probes)
		m->probes = calloc(TRACE_MAX_PROBES, sizeof(*m->probes));
	if (!m->probes)
		return -ENOMEM;
	p = &m->probes[m->meta.nprobes++];
	p->event = get_str(st);
	p->func = get_str(st);
	p->addr = span_varint(&st->s);
	p->insn = get_str(st);
	p->status = probe_status(span_varint(&st->s));
	p->single_step = span_varint(&st->s) & PROBE_SINGLE_STEP;
	p->note = get_str(st);
	return 0;
}

static int get_header_field(struct wire_meta *m, uint64_t tag, struct strings *st)
{
	size_t n = span_left(&st->s);

	for (size_t i = 0; i < NSTRINGS; i++) {
		if (header_strings[i].tag == tag) {
			*string_of(&m->meta, i) = pool_add(st, span_take(&st->s, n), n);
			return 0;
		}
	}
	switch (tag) {
	case HDR_PID:
		m->meta.pid = get_number32(&st->s);
		return 0;
	case HDR_CPUS:
		m->meta.cpus = get_number32(&st->s);
		return 0;
	case HDR_EVENTS:
		m->meta.events = get_number32(&st->s);
		return 0;
	case HDR_START_WALL:
		m->meta.start_wall = span_svarint(&st->s);
		return 0;
	case HDR_START_MONO:
		m->meta.start_mono = span_svarint(&st->s);
		return 0;
	case HDR_MAX_SIZE:
		m->meta.max_size = span_varint(&st->s);
		return 0;
	case HDR_MAX_OVERHEAD:
		m->meta.max_overhead = get_number32(&st->s);
		return 0;
	case HDR_PROBING:
		m->meta.probing = (uint8_t)get_number32(&st->s);
		return 0;
	case HDR_WAY:
		m->meta.way = (uint8_t)get_number32(&st->s);
		return 0;
	case HDR_SAMPLE:
		m->meta.sample = span_varint(&st->s);
		return 0;
	case HDR_PROBE:
		return get_probe(m, st);
	default:
		return 0;
	}
}

/* The next field of s. False at the end of s or if it is truncated (s->failed). */
static bool next_field(struct span *s, uint64_t *tag, struct span *field)
{
	const uint8_t *p;
	uint64_t n;

	if (!span_left(s))
		return false;
	*tag = span_varint(s);
	n = span_varint(s);
	p = span_take(s, n);
	if (p)
		*field = span_of(p, n);
	return p;
}

int wire_get_header(struct wire_meta *m, const uint8_t *frame, size_t n, struct err *err)
{
	struct span s = span_of(frame, n - 4), version;
	struct strings st;
	uint64_t tag;

	/* Each string has at least one byte of length before it, which pays for its NUL. */
	m->pool = malloc(n);
	if (!m->pool)
		return err_nomem(err);
	st.pool = m->pool;
	for (size_t i = 0; i < NSTRINGS; i++)
		*string_of(&m->meta, i) = "";
	span_take(&s, WIRE_FRAME_HEAD);
	version = span_of(span_take(&s, 4), s.failed ? 0 : 4);
	m->meta.major = span_u8(&version);
	m->meta.major |= (uint16_t)(span_u8(&version) << 8);
	m->meta.minor = span_u8(&version);
	m->meta.minor |= (uint16_t)(span_u8(&version) << 8);
	while (next_field(&s, &tag, &st.s)) {
		if (get_header_field(m, tag, &st))
			return err_nomem(err);
		if (st.s.failed)
			return err_set(err, EBADMSG, "field %llu of the header is damaged", (unsigned long long)tag);
	}
	m->meta.probes = m->probes;
	return s.failed ? err_set(err, EBADMSG, "a field of the header is truncated") : 0;
}

void wire_meta_free(struct wire_meta *m)
{
	free(m->probes);
	free(m->pool);
	*m = (struct wire_meta){ 0 };
}

/*
 * The fields, then a tail of fixed size by which the frame is found from the
 * end of the file: bytes of the frame, "CRTE", CRC-32.
 */
int wire_put_end(struct buf *b, const struct trace_end *end, const struct wire_index *ix, struct err *err)
{
	size_t at = wire_frame_begin(b, WIRE_SUB_END);

	put_number_field(b, END_DURATION, wire_zigzag((uint64_t)end->duration));
	put_number_field(b, END_EVENTS, end->events);
	put_number_field(b, END_LOST, end->lost);
	put_number_field(b, END_TARGET_EXITED, end->target_exited);
	put_string_field(b, END_REASON, end->reason);
	/* One more than it is: 0 is left out. */
	put_number_field(b, END_OVERHEAD, end->has_overhead ? end->overhead + 1ull : 0);
	put_number_field(b, END_OVERHEAD_MAX, end->overhead_max);
	put_number_field(b, END_SAMPLES, end->samples);
	/* A trace of so many blocks can still be walked. */
	if (!buf_failed(&ix->entries) && ix->entries.len < WIRE_MAX_END - 2 * TRACE_MAX_STRING)
		put_field(b, END_INDEX, ix->entries.data, ix->entries.len);
	buf_put_u32(b, (uint32_t)(b->len - at + 12));
	buf_put(b, WIRE_SUB_END, 4);
	wire_frame_end(b, at);
	return buf_failed(b) ? err_nomem(err) : 0;
}

static const char *get_end_field(struct wire_end *e, uint64_t tag, struct strings *st, const struct wire_index *ix)
{
	size_t n = span_left(&st->s);

	switch (tag) {
	case END_DURATION:
		e->end.duration = span_svarint(&st->s);
		break;
	case END_EVENTS:
		e->end.events = span_varint(&st->s);
		break;
	case END_LOST:
		e->end.lost = span_varint(&st->s);
		break;
	case END_TARGET_EXITED:
		e->end.target_exited = span_varint(&st->s) & 1;
		break;
	case END_REASON:
		st->pool = e->pool;
		e->end.reason = pool_add(st, span_take(&st->s, n), n);
		break;
	case END_OVERHEAD:
		e->end.overhead = get_number32(&st->s);
		e->end.has_overhead = e->end.overhead;
		e->end.overhead -= e->end.has_overhead;
		break;
	case END_OVERHEAD_MAX:
		e->end.overhead_max = get_number32(&st->s);
		break;
	case END_SAMPLES:
		e->end.samples = span_varint(&st->s);
		break;
	case END_INDEX:
		e->has_index = true;
		if (n != ix->entries.len || (n && memcmp(st->s.p, ix->entries.data, n) != 0))
			return "the index does not match the blocks: some are missing, or from another trace";
		break;
	}
	return st->s.failed ? "a field of the footer is damaged" : NULL;
}

int wire_get_end(struct wire_end *e, const uint8_t *frame, size_t n, const struct wire_index *ix, struct err *err)
{
	struct span s, tail;
	struct strings st;
	const char *why;
	uint64_t tag;

	if (n < WIRE_FRAME_HEAD + 12)
		return err_set(err, EBADMSG, "the footer is too short");
	tail = span_of(frame + n - 12, 8);
	if (span_u32(&tail) != n || memcmp(tail.p, WIRE_SUB_END, 4) != 0)
		return err_set(err, EBADMSG, "the tail of the footer is damaged");
	e->pool = malloc(TRACE_MAX_STRING + 1);
	if (!e->pool)
		return err_nomem(err);
	e->end.reason = "";
	s = span_of(frame + WIRE_FRAME_HEAD, n - WIRE_FRAME_HEAD - 12);
	while (next_field(&s, &tag, &st.s)) {
		why = get_end_field(e, tag, &st, ix);
		if (why)
			return err_set(err, EBADMSG, "%s", why);
	}
	return s.failed ? err_set(err, EBADMSG, "a field of the footer is truncated") : 0;
}

void wire_end_free(struct wire_end *e)
{
	free(e->pool);
	*e = (struct wire_end){ 0 };
}
