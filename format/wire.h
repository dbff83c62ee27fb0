/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_WIRE_H
#define CHANREC_FORMAT_WIRE_H

/*
 * The trace file as bytes: docs/trace-format.md in C. Only format/ and its
 * tests include this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/buf.h"
#include "util/err.h"

#define WIRE_ZSTD_MAGIC 0xFD2FB528u
#define WIRE_SKIP_MAGIC 0x184D2A5Cu     /* our own skippable frames */
#define WIRE_SKIP_MAGIC_ANY 0x184D2A50u /* … 0x184D2A5F */

#define WIRE_SUB_HEADER "CRTH"
#define WIRE_SUB_BLOCK "CRTB"
#define WIRE_SUB_END "CRTE"

#define WIRE_FRAME_HEAD 12u /* magic, content size, sub-magic */
#define WIRE_BLOCK_HEAD 60u /* a block header as 1.0 writes it */
#define WIRE_MAX_BLOCK_HEAD 4096u
#define WIRE_MAX_HEADER (2u << 20)
#define WIRE_MAX_END (64u << 20)
#define WIRE_MAX_RAW (2u << 20) /* a block's payload */
#define WIRE_MAX_COMP (WIRE_MAX_RAW + (64u << 10))

enum wire_kind { WIRE_DEFS = 1, WIRE_EVENTS = 2 };

#define WIRE_TYPE_BLOCK 0 /* the first record of every payload */
/* BLOCK record: type, length, kind, records, body and times lengths, base time. */
#define WIRE_MAX_BLOCK_REC (2u + 1 + 5 + 5 + 5 + 10)
/* A DEF_STRING of TRACE_MAX_STRING is the longest known record; unknown ones are limited only by the block. */
#define WIRE_MAX_RECORD (TRACE_MAX_STRING + 64u)

/* Goroutine ids are below 2^63, which leaves room for "none" beside any delta. */
#define WIRE_MAX_GOID ((uint64_t)INT64_MAX)

/* The references that a block's records are relative to. All 0 at the beginning of a block. */
struct wire_state {
	uint64_t goid;  /* the last one that was not 0 */
	uint64_t child; /* the last one created */
	uint64_t addr;  /* of the last channel or sync object */
	uint64_t pc;    /* of the last frame */
};

enum wire_space {
	WIRE_ID_STRING,
	WIRE_ID_FUNC,
	WIRE_ID_FRAME,
	WIRE_ID_STACK,
	WIRE_ID_CHAN,
	WIRE_ID_SYNC,
	WIRE_ID_SPACES,
};

/* The defined ids: 1 … n in each space; reasons come in any order. */
struct wire_ids {
	uint32_t n[WIRE_ID_SPACES];
	uint64_t reasons[TRACE_MAX_REASONS / 64];
};

static inline bool wire_has_reason(const struct wire_ids *ids, uint32_t id)
{
	return id - 1u < TRACE_MAX_REASONS && ids->reasons[(id - 1) / 64] >> ((id - 1) % 64) & 1;
}

/*
 * Whether a definition of this id is new (1), known already (0) or not allowed
 * (-1). The next new id must be n + 1, except for reasons.
 */
int wire_id_state(const struct wire_ids *ids, enum trace_type type, uint32_t id);
void wire_id_define(struct wire_ids *ids, enum trace_type type, uint32_t id);
/* The id of a definition. */
uint32_t wire_def_id(const struct trace_rec *rec);

static inline uint8_t *wire_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline uint64_t wire_zigzag(uint64_t v)
{
	return v << 1 ^ (v >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t wire_unzigzag(uint64_t v)
{
	return v >> 1 ^ (v & 1 ? UINT64_MAX : 0);
}

/* span_varint() with the common lengths inlined. */
static inline uint64_t wire_get(struct span *s)
{
	const uint8_t *p = s->p;
	size_t left = span_left(s);

	if (left >= 1 && p[0] < 0x80) {
		s->p = p + 1;
		return p[0];
	}
	if (left >= 2 && p[1] < 0x80) {
		s->p = p + 2;
		return (uint64_t)p[1] << 7 | (p[0] & 0x7f);
	}
	if (left >= 3 && p[2] < 0x80) {
		s->p = p + 3;
		return (uint64_t)p[2] << 14 | (uint64_t)(p[1] & 0x7f) << 7 | (p[0] & 0x7f);
	}
	return span_varint(s);
}

/* The description of a block outside its payload. */
struct wire_block {
	uint32_t kind; /* enum wire_kind */
	uint32_t seq;
	uint32_t raw, comp; /* bytes of the payload and of its zstd frame */
	uint32_t records;
	int64_t tmin, tmax; /* 0, 0 for definitions */
	uint64_t lost;      /* sum of the TRACE_LOSS_RING counts in it */
};

/*
 * The encoder of a block: records are appended, then wire_enc_finish() makes the
 * payload. Its memory is allocated once and reused for every block.
 */
struct wire_enc {
	enum wire_kind kind;
	struct wire_state st;
	uint8_t *mem;   /* room for the BLOCK record, then the body, then the times */
	uint8_t *body;  /* the place of the next record */
	uint8_t *times; /* a separate column until the block is finished */
	uint8_t *time_end;
	uint64_t base, last;
	uint32_t records;
	int64_t tmin, tmax;
	uint64_t lost;
};

int wire_enc_init(struct wire_enc *e, enum wire_kind kind);
void wire_enc_free(struct wire_enc *e);
static inline bool wire_enc_empty(const struct wire_enc *e)
{
	return !e->records;
}
bool wire_enc_full(const struct wire_enc *e);
/* An upper bound of the payload's size. */
static inline size_t wire_enc_bytes(const struct wire_enc *e)
{
	return (size_t)(e->body - e->mem) + (size_t)(e->time_end - e->times);
}
/*
 * Appends rec; the block must not be full. -EINVAL if rec breaks a rule of the
 * format (an undefined id, a count over its limit); nothing is appended then.
 */
int wire_enc_add(struct wire_enc *e, const struct wire_ids *ids, const struct trace_rec *rec);
/* The payload, in the encoder's memory until wire_enc_reset(). Sets everything in b except seq and comp. */
const uint8_t *wire_enc_finish(struct wire_enc *e, struct wire_block *b);
void wire_enc_reset(struct wire_enc *e);

/* The decoder of payloads. It remembers which ids are defined from block to block. */
struct wire_dec;

int wire_dec_new(struct wire_dec **d);
void wire_dec_free(struct wire_dec *d);
/* Starts decoding a payload, which must outlive that. -EBADMSG. */
int wire_dec_block(struct wire_dec *d, const struct wire_block *b, const uint8_t *raw, struct err *err);
/* 1 and a record; 0 at the end of the payload; -EBADMSG. */
int wire_dec_next(struct wire_dec *d, struct trace_rec *rec, struct err *err);
/*
 * The next record, if it is a common event of a frequent type. false: it is not;
 * nothing has changed, call wire_dec_next().
 */
bool wire_dec_quick(struct wire_dec *d, struct trace_rec *rec);
uint64_t wire_dec_skipped(const struct wire_dec *d);

/*
 * Skippable frames: magic, size, sub-magic, fields, CRC-32 of all these. begin
 * returns the frame's place in b, which end needs.
 */
size_t wire_frame_begin(struct buf *b, const char *sub);
void wire_frame_end(struct buf *b, size_t at);
/* Whether the CRC at the end of the frame's n bytes is right. */
bool wire_frame_check(const uint8_t *frame, size_t n);

void wire_put_block(struct buf *b, const struct wire_block *blk);
/* Decodes a complete frame of n ≥ WIRE_BLOCK_HEAD bytes whose CRC is right. Checks the sizes. -EBADMSG. */
int wire_get_block(const uint8_t *frame, size_t n, struct wire_block *blk, struct err *err);

/* The index of the blocks. Writer and reader each build it, and the two must agree. */
struct wire_index {
	struct buf entries;
	uint64_t n, end; /* end of the last block in the file */
	int64_t tmin;
};

void wire_index_add(struct wire_index *ix, uint64_t offset, uint64_t bytes, const struct wire_block *blk);
void wire_index_free(struct wire_index *ix);

/* Encode the header and the end as complete frames. -E2BIG: over the limits; -ENOMEM. */
int wire_put_header(struct buf *b, const struct trace_meta *meta, struct err *err);
int wire_put_end(struct buf *b, const struct trace_end *end, const struct wire_index *ix, struct err *err);

/* What was read, and the memory that it points into. Zero-initialise. */
struct wire_meta {
	struct trace_meta meta;
	struct trace_probe *probes;
	char *pool;
};

struct wire_end {
	struct trace_end end;
	bool has_index;
	char *pool;
};

/* Decode a complete frame of n bytes whose CRC is right. -EBADMSG, -ENOMEM. */
int wire_get_header(struct wire_meta *m, const uint8_t *frame, size_t n, struct err *err);
/* Compares the index of the end with ix. */
int wire_get_end(struct wire_end *e, const uint8_t *frame, size_t n, const struct wire_index *ix, struct err *err);
void wire_meta_free(struct wire_meta *m);
void wire_end_free(struct wire_end *e);

#endif
