/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_WRITING_H
#define CHANREC_TESTS_TRACE_WRITING_H

/* For tests of the writer: a trace is opened, filled and ended. Include after cmocka.h. */

#include "format/trace.h"

/* A record of these members, with the test's own err. */
#define ADD(w, ...) trace_write(w, &(struct trace_rec){ __VA_ARGS__ }, &err)

static inline struct trace_writer *writer(int fd)
{
	struct trace_meta meta = { .recorder = "test" };
	struct trace_writer *w;
	struct err err = { 0 };

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	return w;
}

static inline void finish(struct trace_writer *w)
{
	struct trace_end end = { .reason = "over" };
	struct err err = { 0 };

	assert_int_equal(trace_writer_end(w, &end, &err), 0);
	trace_writer_free(w);
}

#endif
