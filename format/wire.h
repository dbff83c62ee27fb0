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
#define WIRE_SKIP_MAGIC 0x184D2A5Cu     /* of our own skippable frames */
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
/* A DEF_STRING of TRACE_MAX_STRING is the longest record known; of unknown ones the block is the limit. */
#define WIRE_MAX_RECORD (TRACE_MAX_STRING + 64u)

/* Goroutine ids are below 2^63, so that "none" has room beside any delta. */
#define WIRE_MAX_GOID ((uint64_t)INT64_MAX)

/* What records of a block are encoded against. All 0 at its begin. */
struct wire_state {
	uint64_t goid;  /* the last that was not 0 */
	uint64_t child; /* the last created */
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

/* Which ids are defined: 1 … n of each space; reasons come in any order. */
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
 * (-1). For all but reasons the next new id is n + 1.
 */
int wire_id_state(const struct wire_ids *ids, enum trace_type type, uint32_t id);
void wire_id_define(struct wire_ids *ids, enum trace_type type, uint32_t id);
/* The id that a definition defines. */
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

/* span_varint() with the usual lengths inline. */
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

/* How a block is described outside of its payload. */
struct wire_block {
	uint32_t kind; /* enum wire_kind */
	uint32_t seq;
	uint32_t raw, comp; /* bytes of payload, of its zstd frame */
	uint32_t records;
	int64_t tmin, tmax; /* 0, 0 of definitions */
	uint64_t lost;      /* sum of the TRACE_LOSS_RING in it */
};

/*
 * Encoder of one block: records are appended, then wire_enc_finish() makes the
 * payload. The memory is allocated once and used for every block.
 */
struct wire_enc {
	enum wire_kind kind;
	struct wire_state st;
	uint8_t *mem;   /* room for the BLOCK record, then the body, then the times */
	uint8_t *body;  /* where the next record goes */
	uint8_t *times; /* column of its own until the end */
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
/* The most that the payload has. */
static inline size_t wire_enc_bytes(const struct wire_enc *e)
{
	return (size_t)(e->body - e->mem) + (size_t)(e->time_end - e->times);
}
/*
 * Appends rec. The block is not to be full. -EINVAL when rec breaks a rule of
 * the format (an id not defined, a count over its limit); nothing is appended.
 */
int wire_enc_add(struct wire_enc *e, const struct wire_ids *ids, const struct trace_rec *rec);
/* The payload, in the encoder's memory until wire_enc_reset(); b gets all but seq and comp. */
const uint8_t *wire_enc_finish(struct wire_enc *e, struct wire_block *b);
void wire_enc_reset(struct wire_enc *e);

/* Decoder of payloads. Keeps what is defined from block to block. */
struct wire_dec;

int wire_dec_new(struct wire_dec **d);
void wire_dec_free(struct wire_dec *d);
/* Begins a payload, which outlives its decoding. -EBADMSG. */
int wire_dec_block(struct wire_dec *d, const struct wire_block *b, const uint8_t *raw, struct err *err);
/* 1 and a record, 0 at the payload's end, -EBADMSG. */
int wire_dec_next(struct wire_dec *d, struct trace_rec *rec, struct err *err);
/*
 * The next record where it is a usual event, of the types that there are
 * millions of. false: it is not, nothing has changed, and wire_dec_next() tells.
 */
bool wire_dec_quick(struct wire_dec *d, struct trace_rec *rec);
uint64_t wire_dec_skipped(const struct wire_dec *d);

/*
 * Skippable frames: magic, size, sub-magic, fields, CRC-32 of all that. begin
 * gives the place of the frame in b for end.
 */
size_t wire_frame_begin(struct buf *b, const char *sub);
void wire_frame_end(struct buf *b, size_t at);
/* Whether the CRC at the end of the frame's n bytes holds. */
bool wire_frame_check(const uint8_t *frame, size_t n);

void wire_put_block(struct buf *b, const struct wire_block *blk);
/* A whole, checked frame of n ≥ WIRE_BLOCK_HEAD bytes. Checks the sizes. -EBADMSG. */
int wire_get_block(const uint8_t *frame, size_t n, struct wire_block *blk, struct err *err);

/* The index of the blocks; writer and reader each make it, and it has to be the same. */
struct wire_index {
	struct buf entries;
	uint64_t n, end; /* end of the last block in the file */
	int64_t tmin;
};

void wire_index_add(struct wire_index *ix, uint64_t offset, uint64_t bytes, const struct wire_block *blk);
void wire_index_free(struct wire_index *ix);

/* The header and the end as whole frames. -E2BIG when over the limits, -ENOMEM. */
int wire_put_header(struct buf *b, const struct trace_meta *meta, struct err *err);
int wire_put_end(struct buf *b, const struct trace_end *end, const struct wire_index *ix, struct err *err);

/* What was read, with the memory that it points into. Zero-initialise. */
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

/* The frame's n bytes are whole and checked. -EBADMSG, -ENOMEM. */
int wire_get_header(struct wire_meta *m, const uint8_t *frame, size_t n, struct err *err);
/* Compares its index with ix. */
int wire_get_end(struct wire_end *e, const uint8_t *frame, size_t n, const struct wire_index *ix, struct err *err);
void wire_meta_free(struct wire_meta *m);
void wire_end_free(struct wire_end *e);

#endif
