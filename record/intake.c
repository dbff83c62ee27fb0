// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/intake.h"

#include <errno.h>
#include <string.h>

#include "util/clock.h"
#include "util/debug.h"

#define DRAIN_BATCH 100000 /* records before other work gets a turn */
#define SIZE_BATCH 128     /* records between two checks of the trace's size */

/*
 * The process may execute its own file again. The probes are in that program
 * too, but its goroutines are different ones with the same numbers. A second
 * goroutine 1 reveals it.
 */
static bool is_next_program(struct intake *in, const struct ring_hdr *h, size_t len)
{
	const struct ring_create *c = (const void *)h;

	if (h->type == RING_CREATE && len >= sizeof(*c) && c->child == 1)
		in->is_next = !in->is_launched || in->mains++ > 0;
	return in->is_next;
}

bool intake_full(struct intake *in, struct err *err)
{
	if (err->code != -EFBIG || !limits_has_size(in->limits))
		return false;
	memset(err, 0, sizeof(*err));
	in->is_full = true;
	return true;
}

static int write_record(struct intake *in, const void *data, size_t len, struct err *err)
{
	const struct ring_hdr *h = data;
	int fits = limits_fit(in->limits, in->enc->w, err);

	if (fits <= 0)
		return fits ? fits : err_set(err, EFBIG, "no room");
	/* The ring may contain more than fits into the file. */
	if (limits_has_size(in->limits) && in->records % SIZE_BATCH == 0 &&
	    limits_size_step(in->limits, in->enc->w, err))
		return err->code;
	if (limits_drop(in->limits, data, len))
		return 0;
	if (len >= sizeof(*h) && h->time && snapshot_pending(in->snap) && snapshot_flush(in->snap, h->time, err))
		return err->code;
	return encoder_ring(in->enc, data, len, err);
}

static int on_record(void *arg, void *data, size_t len)
{
	struct intake *in = arg;

	if (len >= sizeof(struct ring_hdr) && is_next_program(in, data, len))
		return 0;
	if (!in->is_full && write_record(in, data, len, &in->err) && !intake_full(in, &in->err))
		return -EIO;
	if (in->is_full)
		limits_count_full(in->limits, data, len);
	/* Do not stay here if the ring fills as fast as it is drained. */
	return ++in->records % DRAIN_BATCH ? 0 : -EAGAIN;
}

int intake_open(struct intake *in, struct err *err)
{
	return probes_open_ring(in->probes, on_record, in, err);
}

int intake_drain(struct intake *in, struct err *err)
{
	uint64_t before = mono_ns();
	int ret = probes_drain(in->probes);

	if (ret == -EAGAIN)
		debug(DEBUG_DRAIN, "the ring is not empty after %d records", DRAIN_BATCH);
	if (ret < 0 && ret != -EAGAIN && ret != -EINTR) {
		if (in->err.code)
			*err = in->err;
		else
			err_set(err, -ret, "cannot read the ring buffer: %s", strerror(-ret));
		return err->code;
	}
	/* The ring was empty, so everything that happened before is written. */
	return ret >= 0 ? snapshot_flush(in->snap, before, err) : 0;
}

int intake_drain_all(struct intake *in, struct err *err)
{
	uint64_t head = drain_head(&in->probes->drain);
	int ret;

	/* What comes meanwhile, perhaps as fast as it is read, is not waited for. */
	do {
		ret = probes_drain(in->probes);
	} while (ret == -EAGAIN && !drain_passed(&in->probes->drain, head));
	debug(DEBUG_DRAIN, "drained; %lu records in all", (unsigned long)in->records);
	if (in->err.code)
		*err = in->err;
	return in->err.code;
}
