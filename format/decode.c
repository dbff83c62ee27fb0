// SPDX-License-Identifier: GPL-2.0-or-later
/* Decodes blocks and their records. */
#include <errno.h>
#include <stdlib.h>

#include "format/decode_int.h"

int wire_dec_new(struct wire_dec **d)
{
	*d = calloc(1, sizeof(**d));
	return *d ? 0 : -ENOMEM;
}

void wire_dec_free(struct wire_dec *d)
{
	free(d);
}

uint64_t wire_dec_skipped(const struct wire_dec *d)
{
	return d->skipped;
}

/* Reads the BLOCK record and checks that it agrees with the header. */
static const char *open_payload(struct wire_dec *d, struct span raw)
{
	struct span s;
	uint64_t kind, records, body, times;
	const uint8_t *p;

	if (span_varint(&raw) != WIRE_TYPE_BLOCK || raw.failed)
		return "the payload does not begin with a block record";
	body = span_varint(&raw);
	p = span_take(&raw, body);
	if (!p)
		return "the block record is truncated";
	s = span_of(p, body);
	kind = span_varint(&s);
	records = span_varint(&s);
	body = span_varint(&s);
	times = span_varint(&s);
	d->time = wire_unzigzag(span_varint(&s));
	if (s.failed)
		return "the block record is too short";
	if (kind != d->head.kind || records != d->head.records)
		return "the block record contradicts the header";
	if (body > span_left(&raw) || times != span_left(&raw) - body)
		return "the lengths in the block record do not add up";
	d->body = span_of(raw.p, body);
	d->times = span_of(raw.p + body, times);
	return NULL;
}

int wire_dec_block(struct wire_dec *d, const struct wire_block *b, const uint8_t *raw, struct err *err)
{
	const char *why;

	d->head = *b;
	d->st = (struct wire_state){ 0 };
	d->tmin = INT64_MAX;
	d->tmax = INT64_MIN;
	d->lost = 0;
	d->left = b->records;
	why = open_payload(d, span_of(raw, b->raw));
	return why ? err_set(err, EBADMSG, "%s", why) : 0;
}

/* At the end of a block: checks that nothing is left and that the header was right. */
static int dec_block_end(const struct wire_dec *d, struct err *err)
{
	if (span_left(&d->body) || span_left(&d->times))
		return err_set(err, EBADMSG, "there are bytes after the last record");
	if (d->head.kind == WIRE_EVENTS && d->head.records && (d->tmin != d->head.tmin || d->tmax != d->head.tmax))
		return err_set(err, EBADMSG, "the times do not match the header");
	if (d->lost != d->head.lost)
		return err_set(err, EBADMSG, "the losses do not match the header");
	return 0;
}

static void dec_time(struct wire_dec *d, struct trace_rec *rec)
{
	d->time += wire_unzigzag(wire_get(&d->times));
	rec->time = (int64_t)d->time;
	if (rec->time < d->tmin)
		d->tmin = rec->time;
	if (rec->time > d->tmax)
		d->tmax = rec->time;
}

/* Decodes the payload of the record in d->s. 1: yield it; 0: skip it; -EBADMSG. */
static int dec_payload(struct wire_dec *d, struct trace_rec *rec, struct err *err)
{
	bool defs = d->head.kind == WIRE_DEFS;
	int state;

	d->why = NULL;
	if (trace_type_is_def(rec->type) != defs || !dec_fields(d, rec)) {
		d->skipped++;
		return 0;
	}
	if (d->s.failed)
		dec_bad(d, "its fields are truncated or too long");
	state = defs && !d->why ? wire_id_state(&d->ids, rec->type, wire_def_id(rec)) : 1;
	if (state < 0)
		dec_bad(d, "its id is out of sequence");
	if (d->why)
		return err_set(err, EBADMSG, "record %u (%s): %s", d->head.records - d->left,
		               trace_type_name(rec->type), d->why);
	if (rec->type == TRACE_LOSS && rec->loss.cause == TRACE_LOSS_RING)
		d->lost += rec->loss.count;
	if (defs && state)
		wire_id_define(&d->ids, rec->type, wire_def_id(rec));
	return state;
}

/* Decodes one record. 1: yield it; 0: skip it; -EBADMSG. */
static int dec_record(struct wire_dec *d, struct trace_rec *rec, struct err *err)
{
	uint64_t type = wire_get(&d->body), len = wire_get(&d->body);
	const uint8_t *p = span_take(&d->body, len);

	*rec = (struct trace_rec){ .type = type <= TRACE_TYPE_MAX ? (enum trace_type)type : TRACE_TYPE_MAX };
	d->s = span_of(p, p ? len : 0);
	if (d->head.kind != WIRE_DEFS)
		dec_time(d, rec);
	if (!p || d->times.failed)
		return err_set(err, EBADMSG, "record %u is truncated", d->head.records - d->left);
	return dec_payload(d, rec, err);
}

int wire_dec_next(struct wire_dec *d, struct trace_rec *rec, struct err *err)
{
	int rc;

	while (d->left) {
		rc = dec_record(d, rec, err);
		if (rc < 0)
			return rc;
		d->left--;
		if (rc)
			return 1;
	}
	return dec_block_end(d, err);
}
