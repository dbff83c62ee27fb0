// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "format/wire.h"

/*
 * Measured with tools/bench-format: 1.35 bytes and 43 ns per event for a
 * ping-pong, 6.2 bytes and 90 to 125 ns with hundreds of goroutines. Level 1 took
 * 25 and 78 ns, and 5 % more bytes with hundreds of goroutines.
 */
#define ZSTD_LEVEL 3

/* For files with a size limit. */
#define END_ROOM 1024      /* upper bound of a footer without its index */
#define INDEX_ROOM 80      /* upper bound of a block's entry in the index */
#define TAIL_ROOM 2048     /* reserved for the records at the end of a recording */
#define WORTH_A_BLOCK 2048 /* bytes of records; fewer are not flushed to see how they compress */
#define GUESS_RATIO 4      /* assumed until something was compressed */

struct trace_writer {
	int fd;
	uint64_t bytes;     /* written, including the header */
	uint64_t limit;     /* of the file's size in bytes; 0: unlimited */
	uint64_t raw, comp; /* bytes of all blocks so far, before and after compression */
	uint64_t def_bytes; /* the part of comp that is definitions */
	uint32_t seq;
	struct wire_ids ids;
	struct wire_enc defs, events;
	struct wire_index index;
	ZSTD_CCtx *zstd;
	uint8_t *block; /* a compressed block */
	size_t block_cap;
	struct buf out; /* header, block headers, footer */
	bool ended;
	struct err failed; /* the error that sticks */
};

static int writer_fail(struct trace_writer *w, struct err *err)
{
	if (err)
		*err = w->failed;
	return w->failed.code;
}

/* Makes the error of this call stick. */
static int writer_stick(struct trace_writer *w, int errnum, const char *what, const char *why, struct err *err)
{
	err_set(&w->failed, errnum, "%s: %s", what, why);
	return writer_fail(w, err);
}

static int writer_put(struct trace_writer *w, const void *data, size_t n, struct err *err)
{
	const uint8_t *p = data;

	while (n) {
		ssize_t did = write(w->fd, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return writer_stick(w, did ? errno : EIO, "cannot write the trace; what is in it can be read",
			                    strerror(did ? errno : EIO), err);
		p += did;
		n -= (size_t)did;
		w->bytes += (size_t)did;
	}
	return 0;
}

static int writer_init(struct trace_writer *w)
{
	if (wire_enc_init(&w->defs, WIRE_DEFS) || wire_enc_init(&w->events, WIRE_EVENTS))
		return -ENOMEM;
	w->block_cap = ZSTD_compressBound(WIRE_MAX_RAW);
	w->block = malloc(w->block_cap);
	w->zstd = ZSTD_createCCtx();
	if (!w->block || !w->zstd)
		return -ENOMEM;
	if (ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1)))
		return -EINVAL;
	return 0;
}

int trace_writer_open(struct trace_writer **out, int fd, const struct trace_meta *meta, struct err *err)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	int rc;

	*out = NULL;
	rc = w ? writer_init(w) : -ENOMEM;
	if (rc) {
		err_set(err, -rc, "cannot set up the trace writer: %s", strerror(-rc));
		goto fail;
	}
	w->fd = fd;
	w->limit = meta->max_size;
	rc = wire_put_header(&w->out, meta, err);
	if (!rc && w->limit && w->out.len + END_ROOM + TAIL_ROOM > w->limit)
		rc = err_set(err, EFBIG, "the header alone takes %zu bytes: a size limit of %llu is too small",
		             w->out.len, (unsigned long long)w->limit);
	if (!rc)
		rc = writer_put(w, w->out.data, w->out.len, err);
	if (rc)
		goto fail;
	*out = w;
	return 0;
fail:
	trace_writer_free(w);
	return rc;
}

void trace_writer_free(struct trace_writer *w)
{
	if (!w)
		return;
	wire_enc_free(&w->defs);
	wire_enc_free(&w->events);
	wire_index_free(&w->index);
	buf_free(&w->out);
	ZSTD_freeCCtx(w->zstd);
	free(w->block);
	free(w);
}

static int flush_block(struct trace_writer *w, struct wire_enc *e, struct err *err)
{
	uint64_t offset = w->bytes;
	struct wire_block blk;
	const uint8_t *raw;
	size_t comp;
	int rc;

	if (wire_enc_empty(e))
		return 0;
	raw = wire_enc_finish(e, &blk);
	comp = ZSTD_compress2(w->zstd, w->block, w->block_cap, raw, blk.raw);
	if (ZSTD_isError(comp))
		return writer_stick(w, ENOMEM, "cannot compress a block of the trace", ZSTD_getErrorName(comp), err);
	blk.comp = (uint32_t)comp;
	blk.seq = w->seq++;
	buf_reset(&w->out);
	wire_put_block(&w->out, &blk);
	if (buf_failed(&w->out))
		return writer_stick(w, ENOMEM, "cannot write the trace", strerror(ENOMEM), err);
	rc = writer_put(w, w->out.data, w->out.len, err);
	if (!rc)
		rc = writer_put(w, w->block, comp, err);
	if (rc)
		return rc;
	if (blk.kind == WIRE_DEFS)
		w->def_bytes += w->bytes - offset;
	w->raw += blk.raw;
	w->comp += w->bytes - offset;
	wire_index_add(&w->index, offset, w->bytes - offset, &blk);
	wire_enc_reset(e);
	return 0;
}

int trace_writer_flush(struct trace_writer *w, struct err *err)
{
	int rc;

	if (w->failed.code)
		return writer_fail(w, err);
	/* Events use definitions that were written before them, so definitions go first. */
	rc = flush_block(w, &w->defs, err);
	return rc ? rc : flush_block(w, &w->events, err);
}

static uint64_t block_bound(const struct wire_enc *e)
{
	return wire_enc_empty(e) ? 0 : WIRE_BLOCK_HEAD + INDEX_ROOM + ZSTD_compressBound(wire_enc_bytes(e));
}

/* An upper bound of the file's size if it ended here. */
static uint64_t writer_bound(const struct trace_writer *w)
{
	return w->bytes + block_bound(&w->defs) + block_bound(&w->events) + w->index.entries.len + END_ROOM;
}

static uint64_t pending(const struct trace_writer *w)
{
	return (wire_enc_empty(&w->defs) ? 0 : wire_enc_bytes(&w->defs)) +
	       (wire_enc_empty(&w->events) ? 0 : wire_enc_bytes(&w->events));
}

uint64_t trace_writer_likely(const struct trace_writer *w)
{
	uint64_t raw = pending(w);

	return w->bytes + (w->raw ? (uint64_t)((double)raw * (double)w->comp / (double)w->raw) : raw / GUESS_RATIO) +
	       w->index.entries.len + END_ROOM;
}

int trace_writer_know(struct trace_writer *w, struct err *err)
{
	return pending(w) < WORTH_A_BLOCK ? 0 : trace_writer_flush(w, err);
}

uint64_t trace_writer_definitions(const struct trace_writer *w)
{
	return w->def_bytes + (wire_enc_empty(&w->defs) ? 0 : wire_enc_bytes(&w->defs) / GUESS_RATIO);
}

int trace_writer_fits(struct trace_writer *w, uint64_t bytes, struct err *err)
{
	if (writer_bound(w) <= bytes)
		return 1;
	if (pending(w) < WORTH_A_BLOCK)
		return 0;
	if (trace_writer_flush(w, err))
		return err->code;
	return writer_bound(w) <= bytes;
}

static int refuse(const struct trace_rec *rec, struct err *err)
{
	return err_set(err, EINVAL, "a record of type %d (%s) breaks a rule of the trace format: %s", rec->type,
	               trace_type_name(rec->type), "an undefined id, or a number over its limit");
}

static int no_room(const struct trace_writer *w, struct err *err)
{
	return err_set(err, EFBIG, "the trace has reached its size limit of %llu bytes", (unsigned long long)w->limit);
}

/*
 * Appends rec to e if all buffered data then fits the limit however badly it
 * compresses. If it does not, flushes once and tries again with the true size.
 */
static int add(struct trace_writer *w, struct wire_enc *e, const struct trace_rec *rec, struct err *err)
{
	bool is_tail = rec->type == TRACE_LOSS || rec->type == TRACE_SNAP_END || rec->type == TRACE_PROC_EXIT;
	uint64_t limit = w->limit - (is_tail ? 0 : TAIL_ROOM);
	struct wire_enc before;

	if (!w->limit)
		return wire_enc_add(e, &w->ids, rec) ? refuse(rec, err) : 0;
	for (bool again = true;; again = false) {
		before = *e;
		if (wire_enc_add(e, &w->ids, rec))
			return refuse(rec, err);
		if (writer_bound(w) <= limit)
			return 0;
		*e = before;
		if (!again || (!is_tail && pending(w) < WORTH_A_BLOCK))
			return no_room(w, err);
		if (trace_writer_flush(w, err))
			return w->failed.code;
	}
}

static int write_def(struct trace_writer *w, const struct trace_rec *rec, struct err *err)
{
	uint32_t id = wire_def_id(rec);
	int state = wire_id_state(&w->ids, rec->type, id), ret;

	if (!state)
		return 0;
	if (state < 0)
		return refuse(rec, err);
	ret = add(w, &w->defs, rec, err);
	if (ret)
		return ret;
	wire_id_define(&w->ids, rec->type, id);
	return wire_enc_full(&w->defs) ? flush_block(w, &w->defs, err) : 0;
}

int trace_write(struct trace_writer *w, const struct trace_rec *rec, struct err *err)
{
	int ret;

	if (w->failed.code)
		return writer_fail(w, err);
	if (w->ended)
		return err_set(err, EINVAL, "the trace has already ended");
	if (trace_type_is_def(rec->type))
		return write_def(w, rec, err);
	ret = add(w, &w->events, rec, err);
	if (ret)
		return ret;
	return wire_enc_full(&w->events) ? trace_writer_flush(w, err) : 0;
}

int trace_writer_end(struct trace_writer *w, const struct trace_end *end, struct err *err)
{
	int rc;

	if (w->ended)
		return err_set(err, EINVAL, "the trace has already ended");
	rc = trace_writer_flush(w, err);
	if (rc)
		return rc;
	buf_reset(&w->out);
	rc = wire_put_end(&w->out, end, &w->index, err);
	if (!rc)
		rc = writer_put(w, w->out.data, w->out.len, err);
	if (!rc)
		w->ended = true;
	return rc;
}

void trace_writer_no_limit(struct trace_writer *w)
{
	w->limit = 0;
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return w->bytes;
}
