// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/heartbeat.h"

#include "util/clock.h"

#define EVERY_NS 1000000000ull
#define MARKS 8192 /* bytes of a most size for each part of the time by which the file may be behind */

void fresh_begin(struct fresh *f, pid_t pid, struct encoder *enc, struct hold *hold, const struct probes *probes,
                 struct sizelimit *size)
{
	*f = (struct fresh){ .enc = enc, .hold = hold, .probes = probes, .size = size, .at = enc->epoch };
	procstate_init(&f->proc, pid, enc->epoch);
}

/* Days in which nothing happens must not fill a file that has a most size. */
static uint64_t wait_ns(const struct fresh *f, uint64_t now)
{
	bool is_quiet = f->enc->events == f->events;
	uint64_t part = is_quiet && f->size->max ? (now - f->enc->epoch) / (f->size->max / MARKS + 1) : 0;

	return part > EVERY_NS ? part : EVERY_NS;
}

int fresh_step(struct fresh *f, struct err *err)
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
	if (hold_note(f->hold, f->probes, f->enc, now, err))
		return err->code;
	return trace_writer_flush(f->enc->w, err);
}

int fresh_end(struct fresh *f, bool has_exited, struct err *err)
{
	uint64_t now = mono_ns();

	f->proc.looked = 0;
	if (hold_note(f->hold, f->probes, f->enc, now, err) ||
	    (!has_exited && procstate_step(&f->proc, f->enc, now, err)))
		return err->code;
	return procstate_note(&f->proc, f->enc, now, err);
}
