/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_LIMIT_FIXTURE_H
#define CHANREC_TESTS_LIMIT_FIXTURE_H

/* Limits with a trace in memory, and the BPF programs' switches and counters played by the test. Include cmocka first.
 */

#include "record/limit/limits.h"
#include "tests/unit/trace_file.h"

struct fixture {
	int fd;
	struct trace_writer *w;
	struct encoder enc;
	struct intern in;
	struct bpf_shared shared;
	struct probes probes;
	struct deferred deferred;
	struct limits limits;
	struct err err;
};

static inline void fixture_init(struct fixture *f, const struct limits_opts *o)
{
	struct trace_meta meta = { .recorder = "test" };

	memset(f, 0, sizeof(*f));
	f->fd = file_new();
	assert_int_equal(trace_writer_open(&f->w, f->fd, &meta, &f->err), 0);
	f->in.w = f->w;
	encoder_init(&f->enc, &f->in, 1000);
	f->probes.shared = &f->shared;
	f->probes.waits_deferred = calloc(WAIT_SLOTS, sizeof(*f->probes.waits_deferred));
	assert_non_null(f->probes.waits_deferred);
	limits_begin(&f->limits, o, &f->probes, &f->enc, &f->deferred);
}

/* Ends the trace. What it tells; text_free() it. */
static inline struct text fixture_end(struct fixture *f)
{
	struct trace_end end = { .reason = "test" };
	struct file file;
	struct text t;

	assert_int_equal(trace_writer_end(f->w, &end, &f->err), 0);
	file = file_take(f->fd);
	t = text_of(file.data, file.n);
	assert_int_equal(t.rc, 0);
	file_free(&file);
	encoder_free(&f->enc);
	trace_writer_free(f->w);
	free(f->probes.waits_deferred);
	return t;
}

#endif
