/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_FILE_H
#define CHANREC_TESTS_TRACE_FILE_H

/* Traces in memory, written through a memfd and read as text. Include cmocka first. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/trace.h"
#include "tests/unit/trace_text.h"

struct file {
	uint8_t *data;
	size_t n;
};

static __attribute__((unused)) int file_new(void)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Takes the content of fd, and closes it. */
static __attribute__((unused)) struct file file_take(int fd)
{
	struct stat st;
	struct file f;

	assert_int_equal(fstat(fd, &st), 0);
	f.n = (size_t)st.st_size;
	f.data = malloc(f.n + 1);
	assert_non_null(f.data);
	assert_int_equal(pread(fd, f.data, f.n, 0), (ssize_t)f.n);
	close(fd);
	return f;
}

static inline void file_free(struct file *f)
{
	free(f->data);
	*f = (struct file){ 0 };
}

/* A reader's output: as a whole, and definitions and events separately, since blocks change their order. */
struct text {
	char *all, *defs, *events;
	size_t nall, ndefs, nevents; /* bytes */
	uint64_t records, skipped;
	int rc; /* result of the last call */
	struct err err;
	bool has_end;
};

static inline void text_free(struct text *t)
{
	free(t->all);
	free(t->defs);
	free(t->events);
}

static inline void text_of_reader(struct text *t, struct trace_reader *r)
{
	FILE *defs = open_memstream(&t->defs, &t->ndefs), *events = open_memstream(&t->events, &t->nevents);
	FILE *all = open_memstream(&t->all, &t->nall);
	struct trace_rec rec;

	while ((t->rc = trace_reader_next(r, &rec, &t->err)) > 0) {
		text_rec(trace_type_is_def(rec.type) ? defs : events, &rec);
		text_rec(all, &rec);
		t->records++;
	}
	fclose(all);
	fclose(defs);
	fclose(events);
	t->skipped = trace_reader_skipped(r);
	t->has_end = trace_reader_end(r);
}

/* If the trace does not open, rc and err say why. */
static __attribute__((unused)) struct text text_of(const void *data, size_t n)
{
	struct trace_reader *r;
	struct text t = { 0 };

	t.rc = trace_reader_open_mem(&r, data, n, &t.err);
	if (!t.rc)
		text_of_reader(&t, r);
	trace_reader_free(r);
	return t;
}

#endif
