// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/heartbeat.h"

#include "util/clock.h"

#define EVERY_NS 1000000000ull
#define MARKS 8192 /* a quiet recording may lag by its length divided by (size limit / MARKS + 1) */

void heartbeat_begin(struct heartbeat *f, pid_t pid, struct encoder *enc, struct deferred *deferred,
                     const struct probes *probes, struct sizelimit *size)
{
	*f = (struct heartbeat){ .enc = enc, .deferred = deferred, .probes = probes, .size = size, .at = enc->epoch };
	procstate_init(&f->proc, pid, enc->epoch);
}

/* Idle days must not fill a file that has a size limit. */
static uint64_t wait_ns(const struct heartbeat *f, uint64_t now)
{
	bool is_quiet = f->enc->events == f->events;
	uint64_t part = is_quiet && f->size->max ? (now - f->enc->epoch) / (f->size->max / MARKS + 1) : 0;

	return part > EVERY_NS ? part : EVERY_NS;
}

int heartbeat_step(struct heartbeat *f, struct err *err)
{
	uint64_t now = mono_ns();
	int fits;

	if (procstate_step(&f->proc, f->enc, now, err))
		return err->code;
	if (now - f->at < wait_ns(f, now))
		return 0;
	f->at = now;
	f->events = f->enc->events;
	fits = sizelimit_fits(f->size, f->enc->w, err);
	if (fits < 0 || (fits && procstate_note(&f->proc, f->enc, now, err)))
		return err->code;
	if (deferred_note(f->deferred, f->probes, f->enc, now, err))
		return err->code;
	return trace_writer_flush(f->enc->w, err);
}

int heartbeat_end(struct heartbeat *f, bool has_exited, struct err *err)
{
	uint64_t now = mono_ns();

	if (deferred_note(f->deferred, f->probes, f->enc, now, err))
		return err->code;
	return procstate_end(&f->proc, f->enc, has_exited, now, err);
}
