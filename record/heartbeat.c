// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/heartbeat.h"

#include <stdlib.h>

#include "record/procstate.h"
#include "util/clock.h"

#define EVERY_NS 1000000000ull
#define MARKS 8192 /* a quiet recording may lag by its length divided by (size limit / MARKS + 1) */

struct heartbeat {
	struct heartbeat_of of;
	struct procstate proc;
	uint64_t at;     /* CLOCK_MONOTONIC ns */
	uint64_t events; /* number of events written by then */
};

struct heartbeat *heartbeat_new(const struct heartbeat_of *of)
{
	struct heartbeat *f = malloc(sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct heartbeat){ .of = *of, .at = of->enc->epoch };
	procstate_init(&f->proc, of->pid, of->enc->epoch);
	return f;
}

void heartbeat_free(struct heartbeat *f)
{
	free(f);
}

uint64_t heartbeat_halted(const struct heartbeat *f)
{
	return procstate_halted(&f->proc, mono_ns());
}

/* Idle days must not fill a file that has a size limit. */
static uint64_t wait_ns(const struct heartbeat *f, uint64_t now)
{
	bool is_quiet = f->of.enc->events == f->events;
	uint64_t max = sizelimit_max(f->of.size);
	uint64_t part = is_quiet && max ? (now - f->of.enc->epoch) / (max / MARKS + 1) : 0;

	return part > EVERY_NS ? part : EVERY_NS;
}

int heartbeat_step(struct heartbeat *f, struct err *err)
{
	uint64_t now = mono_ns();
	int fits;

	if (procstate_step(&f->proc, f->of.enc, now, err))
		return err->code;
	if (now - f->at < wait_ns(f, now))
		return 0;
	f->at = now;
	f->events = f->of.enc->events;
	fits = sizelimit_fits(f->of.size, f->of.enc->w, err);
	if (fits < 0 || (fits && procstate_note(&f->proc, f->of.enc, now, err)))
		return err->code;
	if (f->of.deferred && deferred_note(f->of.deferred, f->of.probes, f->of.enc, now, err))
		return err->code;
	return trace_writer_flush(f->of.enc->w, err);
}

int heartbeat_end(struct heartbeat *f, bool has_exited, uint64_t now, struct err *err)
{
	if (f->of.deferred && deferred_note(f->of.deferred, f->of.probes, f->of.enc, now, err))
		return err->code;
	return procstate_end(&f->proc, f->of.enc, has_exited, now, err);
}
