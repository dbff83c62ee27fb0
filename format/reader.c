// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "format/source.h"
#include "format/wire.h"

enum reader_state { AT_FRAME, IN_BLOCK, AT_END };

struct trace_reader {
	struct source src;
	enum reader_state state;
	struct wire_meta meta;
	struct wire_end end;
	struct wire_dec *dec;
	struct wire_index index;
	ZSTD_DCtx *zstd;
	struct buf raw; /* the payload being decoded */
	uint32_t seq;
	uint64_t block_at; /* offset of the block, for messages */
	uint64_t raw_bytes, skipped;
	int64_t from;
	struct err failed;
};

static int reader_fail(struct trace_reader *r, struct err *err)
{
	if (err)
		*err = r->failed;
	return r->failed.code;
}

static int torn(struct trace_reader *r, const char *where)
{
	return err_set(&r->failed, ENODATA,
	               "the file ends %s (at byte %llu): the recorder was killed or is still writing, or the copy is "
	               "incomplete",
	               where, (unsigned long long)r->src.at);
}

static int read_failed(struct trace_reader *r, int errnum)
{
	return err_set(&r->failed, errnum, "cannot read the trace at byte %llu: %s", (unsigned long long)r->src.at,
	               strerror(errnum));
}

static int damaged(struct trace_reader *r, uint64_t at, const char *what)
{
	return err_set(&r->failed, EBADMSG, "the trace is damaged at byte %llu: %s", (unsigned long long)at, what);
}

/* Prepends the place to the decoder's message. */
static int damaged_block(struct trace_reader *r, const struct err *why)
{
	char what[sizeof(why->msg)];

	if (why->code != -EBADMSG) {
		r->failed = *why;
		return why->code;
	}
	memcpy(what, why->msg, sizeof(what));
	return damaged(r, r->block_at, what);
}

/* Reads the rest of a frame of which WIRE_FRAME_HEAD bytes are in *p. 0 or an error. */
static int read_frame(struct trace_reader *r, uint64_t at, size_t n, const uint8_t **p)
{
	ssize_t did = source_read_more(&r->src, WIRE_FRAME_HEAD, n - WIRE_FRAME_HEAD, p);

	if (did < 0)
		return read_failed(r, (int)-did);
	if ((size_t)did < n - WIRE_FRAME_HEAD)
		return torn(r, "inside a header");
	if (!wire_frame_check(*p, n))
		return damaged(r, at, "a header does not match its checksum");
	return 0;
}

static int open_block(struct trace_reader *r, const struct wire_block *blk)
{
	struct err why = { 0 };
	const uint8_t *comp;
	ssize_t did = source_read(&r->src, blk->comp, &comp);
	size_t n;

	if (did < 0)
		return read_failed(r, (int)-did);
	if ((uint32_t)did < blk->comp)
		return torn(r, "inside a block");
	/* Exactly one frame, with a checksum (bit 2 of the first byte of the frame header). */
	if (blk->comp < 5 || comp[0] != 0x28 || comp[1] != 0xB5 || comp[2] != 0x2F || comp[3] != 0xFD ||
	    !(comp[4] & 4) || ZSTD_findFrameCompressedSize(comp, blk->comp) != blk->comp)
		return damaged(r, r->block_at, "the block is not a single zstd frame with a checksum");
	buf_reset(&r->raw);
	if (!buf_reserve(&r->raw, blk->raw))
		return read_failed(r, ENOMEM);
	n = ZSTD_decompressDCtx(r->zstd, r->raw.data, blk->raw, comp, blk->comp);
	if (ZSTD_isError(n))
		return damaged(r, r->block_at, ZSTD_getErrorName(n));
	if (n != blk->raw)
		return damaged(r, r->block_at, "the block does not have the size that its header gives");
	r->raw_bytes += n;
	if (wire_dec_block(r->dec, blk, r->raw.data, &why))
		return damaged_block(r, &why);
	r->state = IN_BLOCK;
	return 0;
}

static int skip_block(struct trace_reader *r, const struct wire_block *blk)
{
	int64_t did = source_skip(&r->src, blk->comp);

	if (did < 0)
		return read_failed(r, (int)-did);
	return did < blk->comp ? torn(r, "inside a block") : 0;
}

static int read_block(struct trace_reader *r, uint64_t at, size_t n, const uint8_t *p)
{
	struct err why = { 0 };
	struct wire_block blk;
	int rc;

	r->block_at = at;
	if (n > WIRE_MAX_BLOCK_HEAD)
		return damaged(r, at, "a block header is too long");
	rc = read_frame(r, at, n, &p);
	if (rc)
		return rc;
	if (wire_get_block(p, n, &blk, &why))
		return damaged_block(r, &why);
	if (blk.seq != r->seq)
		return damaged(r, at, "blocks are missing before this one or out of order");
	r->seq++;
	if (blk.kind != WIRE_DEFS && blk.kind != WIRE_EVENTS) {
		r->skipped += blk.records;
		rc = skip_block(r, &blk);
	} else if (blk.kind == WIRE_EVENTS && blk.tmax < r->from) {
		rc = skip_block(r, &blk);
	} else {
		rc = open_block(r, &blk);
	}
	if (rc)
		return rc;
	wire_index_add(&r->index, at, r->src.at - at, &blk);
	return buf_failed(&r->index.entries) ? read_failed(r, ENOMEM) : 0;
}

static int read_end(struct trace_reader *r, uint64_t at, size_t n, const uint8_t *p)
{
	struct err why = { 0 };
	ssize_t did;
	int rc;

	r->block_at = at;
	if (n > WIRE_MAX_END)
		return damaged(r, at, "the footer is too long");
	rc = read_frame(r, at, n, &p);
	if (rc)
		return rc;
	if (wire_get_end(&r->end, p, n, &r->index, &why))
		return damaged_block(r, &why);
	did = source_read(&r->src, 1, &p);
	if (did < 0)
		return read_failed(r, (int)-did);
	if (did)
		return damaged(r, r->src.at - 1, "there are bytes after the footer");
	r->state = AT_END;
	return 0;
}

/* Skips a skippable frame of another program or of a newer minor version. */
static int skip_frame(struct trace_reader *r, uint64_t content)
{
	int64_t did = source_skip(&r->src, content);

	if (did < 0)
		return read_failed(r, (int)-did);
	return (uint64_t)did < content ? torn(r, "inside a header") : 0;
}

static int read_next_frame(struct trace_reader *r)
{
	uint64_t at = r->src.at;
	const uint8_t *p;
	ssize_t did = source_read(&r->src, WIRE_FRAME_HEAD, &p);
	uint32_t magic, size;
	struct span s;

	if (did < 0)
		return read_failed(r, (int)-did);
	if (!did)
		return torn(r, "without its footer");
	if (did < (ssize_t)WIRE_FRAME_HEAD)
		return torn(r, "inside a header");
	s = span_of(p, WIRE_FRAME_HEAD);
	magic = span_u32(&s);
	size = span_u32(&s);
	if ((magic & ~0xfu) != WIRE_SKIP_MAGIC_ANY)
		return damaged(r, at, "expected a block header or the footer");
	if (size < 4)
		return damaged(r, at, "a header is too short");
	if (magic == WIRE_SKIP_MAGIC && !memcmp(s.p, WIRE_SUB_BLOCK, 4))
		return read_block(r, at, (size_t)size + 8, p);
	if (magic == WIRE_SKIP_MAGIC && !memcmp(s.p, WIRE_SUB_END, 4))
		return read_end(r, at, (size_t)size + 8, p);
	if (magic == WIRE_SKIP_MAGIC && !memcmp(s.p, WIRE_SUB_HEADER, 4))
		return damaged(r, at, "a second trace begins here");
	return skip_frame(r, size - 4);
}

static __attribute__((noinline)) int reader_next(struct trace_reader *r, struct trace_rec *rec, struct err *err)
{
	struct err why;
	int rc;

	if (r->failed.code)
		return reader_fail(r, err);
	while (r->state != AT_END) {
		if (r->state == IN_BLOCK) {
			why.code = 0;
			rc = wire_dec_next(r->dec, rec, &why);
			if (rc > 0)
				return rc;
			r->state = AT_FRAME;
			if (rc < 0)
				damaged_block(r, &why);
		} else {
			read_next_frame(r);
		}
		if (r->failed.code)
			return reader_fail(r, err);
	}
	return 0;
}

int trace_reader_next(struct trace_reader *r, struct trace_rec *rec, struct err *err)
{
	if (r->state == IN_BLOCK && wire_dec_quick(r->dec, rec))
		return 1;
	return reader_next(r, rec, err);
}

static int check_magic(struct trace_reader *r, const uint8_t *p, size_t n)
{
	struct span s = span_of(p, n);
	uint32_t magic = span_u32(&s);

	if (!n)
		return err_set(&r->failed, EINVAL, "not a chanrec trace: the file is empty");
	if (magic == WIRE_ZSTD_MAGIC && !s.failed)
		return err_set(&r->failed, EINVAL,
		               "not a chanrec trace but another zstd file (decompressing and recompressing a trace "
		               "removes its header)");
	span_u32(&s);
	if (magic != WIRE_SKIP_MAGIC || s.failed || span_left(&s) < 4 || memcmp(s.p, WIRE_SUB_HEADER, 4) != 0)
		return err_set(&r->failed, EINVAL, "not a chanrec trace");
	return 0;
}

static int check_version(struct trace_reader *r, const uint8_t *p)
{
	unsigned int major = p[12] | p[13] << 8, minor = p[14] | p[15] << 8;

	if (major == TRACE_VERSION_MAJOR)
		return 0;
	return err_set(&r->failed, EPROTONOSUPPORT,
	               "the trace has format version %u.%u, but this chanrec reads %d.x: use one as %s as the chanrec "
	               "that recorded it",
	               major, minor, TRACE_VERSION_MAJOR, major > TRACE_VERSION_MAJOR ? "newer" : "older");
}

static int read_header(struct trace_reader *r)
{
	struct err why = { 0 };
	const uint8_t *p;
	ssize_t did = source_read(&r->src, WIRE_FRAME_HEAD, &p);
	struct span s;
	size_t n;
	int rc;

	if (did < 0)
		return read_failed(r, (int)-did);
	rc = check_magic(r, p, (size_t)did);
	if (rc)
		return rc;
	s = span_of(p + 4, 4);
	n = (size_t)span_u32(&s) + 8;
	if (n < WIRE_FRAME_HEAD + 8 || n > WIRE_MAX_HEADER)
		return damaged(r, 0, "the length of the header is out of range");
	/* Check the version first: another major version may have its checksum elsewhere. */
	did = source_read_more(&r->src, WIRE_FRAME_HEAD, n - WIRE_FRAME_HEAD, &p);
	if (did < 0)
		return read_failed(r, (int)-did);
	if ((size_t)did < n - WIRE_FRAME_HEAD)
		return err_set(&r->failed, ENODATA, "the file ends inside the header: it contains no recording");
	rc = check_version(r, p);
	if (rc)
		return rc;
	if (!wire_frame_check(p, n))
		return damaged(r, 0, "the header does not match its checksum");
	return wire_get_header(&r->meta, p, n, &why) ? damaged_block(r, &why) : 0;
}

bool trace_is(const void *head, size_t n)
{
	struct span s = span_of(head, n);

	return n >= WIRE_FRAME_HEAD && span_u32(&s) == WIRE_SKIP_MAGIC &&
	       !memcmp((const char *)head + 8, WIRE_SUB_HEADER, strlen(WIRE_SUB_HEADER));
}

/* Takes ownership of src. */
static int reader_open(struct trace_reader **out, struct source *src, struct err *err)
{
	struct trace_reader *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	*out = NULL;
	if (!r) {
		source_close(src);
		return err_nomem(err);
	}
	r->src = *src;
	r->from = INT64_MIN;
	r->zstd = ZSTD_createDCtx();
	if (!r->zstd || wire_dec_new(&r->dec))
		err_nomem(&r->failed);
	else
		rc = read_header(r);
	if (rc) {
		rc = reader_fail(r, err);
		trace_reader_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

int trace_reader_open(struct trace_reader **r, const char *path, struct err *err)
{
	struct source src;
	int rc = source_open(&src, path);

	*r = NULL;
	if (rc)
		return err_set(err, -rc, "cannot open %s: %s", path, strerror(-rc));
	rc = reader_open(r, &src, err);
	if (rc)
		err_prefix(err, "%s", strcmp(path, "-") ? path : "stdin");
	return rc;
}

int trace_reader_open_mem(struct trace_reader **r, const void *data, size_t n, struct err *err)
{
	struct source src;

	source_open_mem(&src, data, n);
	return reader_open(r, &src, err);
}

void trace_reader_free(struct trace_reader *r)
{
	if (!r)
		return;
	source_close(&r->src);
	wire_dec_free(r->dec);
	wire_meta_free(&r->meta);
	wire_end_free(&r->end);
	wire_index_free(&r->index);
	buf_free(&r->raw);
	ZSTD_freeDCtx(r->zstd);
	free(r);
}

const struct trace_meta *trace_reader_meta(const struct trace_reader *r)
{
	return &r->meta.meta;
}

void trace_reader_from(struct trace_reader *r, int64_t time)
{
	r->from = time;
}

const struct trace_end *trace_reader_end(const struct trace_reader *r)
{
	return r->state == AT_END ? &r->end.end : NULL;
}

uint64_t trace_reader_bytes(const struct trace_reader *r)
{
	return r->src.at;
}

uint64_t trace_reader_raw_bytes(const struct trace_reader *r)
{
	return r->raw_bytes;
}

uint64_t trace_reader_skipped(const struct trace_reader *r)
{
	return r->skipped + wire_dec_skipped(r->dec);
}
