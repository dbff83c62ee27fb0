/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_LIMIT_FIXTURE_H
#define CHANREC_TESTS_LIMIT_FIXTURE_H

/*
 * Limits and their parts with a trace in memory. The test plays the BPF
 * programs' switches and counters. Include cmocka first.
 */

#include "record/limit/limits.h"
#include "record/limit/losses.h"
#include "tests/unit/trace_file.h"

struct fixture {
	int fd;
	struct trace_writer *w;
	struct encoder enc;
	struct intern in;
	struct bpf_shared shared;
	struct probes probes;
	bool has_waits; /* the probes of waits are attached */
	struct deferred deferred;
	struct limits *limits;
	struct losses *losses; /* these two are apart from limits */
	struct shed *shed;
	struct err err;
};

static inline void fixture_waits_detach(struct probes *p)
{
	((struct fixture *)p->own)->has_waits = false;
}

static inline int fixture_waits_attach(struct probes *p, struct err *err)
{
	((struct fixture *)p->own)->has_waits = true;
	return 0;
}

static const struct probes_kind fixture_kind = { .waits_detach = fixture_waits_detach,
	                                         .waits_attach = fixture_waits_attach };

static inline void fixture_init(struct fixture *f, const struct limits_opts *o)
{
	struct trace_meta meta = { .recorder = "test" };

	memset(f, 0, sizeof(*f));
	f->fd = file_new();
	assert_int_equal(trace_writer_open(&f->w, f->fd, &meta, &f->err), 0);
	f->in.w = f->w;
	encoder_init(&f->enc, &f->in, 1000);
	f->has_waits = true;
	f->probes.kind = &fixture_kind;
	f->probes.own = f;
	f->probes.shared = &f->shared;
	f->probes.waits_deferred = calloc(WAIT_SLOTS, sizeof(*f->probes.waits_deferred));
	assert_non_null(f->probes.waits_deferred);
	assert_int_equal(limits_new(&f->limits, o, &f->probes, 0, &f->err), 0);
	assert_int_equal(limits_begin(f->limits, &f->enc, &f->deferred, 0, &f->err), 0);
	f->losses = losses_new(&f->shared, &f->enc, o->events, f->enc.epoch);
	f->shed = shed_new(&(struct shed_of){ .probes = &f->probes,
	                                      .losses = f->losses,
	                                      .enc = &f->enc,
	                                      .deferred = &f->deferred,
	                                      .min_block = o->min_block });
	assert_true(f->losses && f->shed);
}

/* Ends the trace. What is in it; file_free() it. */
static inline struct file fixture_end(struct fixture *f)
{
	struct trace_end end = { .reason = "test" };

	assert_int_equal(trace_writer_end(f->w, &end, &f->err), 0);
	limits_free(f->limits);
	shed_free(f->shed);
	losses_free(f->losses);
	encoder_free(&f->enc);
	trace_writer_free(f->w);
	free(f->probes.waits_deferred);
	return file_take(f->fd);
}

#endif
