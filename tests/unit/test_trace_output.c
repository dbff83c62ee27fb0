// SPDX-License-Identifier: GPL-2.0-or-later
/* The output file of record and dump: nothing that was there is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/trace.h"
#include "record/encode/output.h"

static char dir[64], path[128], old[160];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/chanrec-output-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.zst", dir);
	snprintf(old, sizeof(old), "%s.old", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(old);
	return rmdir(dir);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *content(const char *name)
{
	static char text[4096];
	FILE *f = fopen(name, "r");
	size_t n;

	if (!f)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

/* Makes path a trace that ends with this text. */
static void put_trace(const char *text)
{
	struct trace_meta meta = { .recorder = "test" };
	struct trace_writer *w;
	struct err err = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	assert_int_equal(trace_writer_flush(w, &err), 0);
	trace_writer_free(w);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int size(const char *name)
{
	struct stat st;

	return stat(name, &st) ? -1 : (int)st.st_size;
}

static void a_new_file_is_private(void **state)
{
	struct trace_output o;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(trace_output_open(&o, path, false, &err), 0);
	assert_int_equal(trace_output_start(&o, &err), 0);
	assert_int_equal(write(o.fd, "x", 1), 1);
	assert_int_equal(trace_output_commit(&o, &err), 0);
	trace_output_close(&o);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(size(old), -1);
}

static void what_never_starts_leaves_nothing(void **state)
{
	struct trace_output o;
	struct err err = { 0 };
	int before;

	(void)state;
	assert_int_equal(trace_output_open(&o, path, false, &err), 0);
	trace_output_close(&o);
	assert_int_equal(size(path), -1);
	put_trace("one");
	before = size(path);
	assert_int_equal(trace_output_open(&o, path, false, &err), 0);
	trace_output_close(&o);
	assert_int_equal(size(path), before);
	assert_int_equal(size(old), -1);
}

static void a_trace_becomes_old(void **state)
{
	struct trace_output o;
	struct err err = { 0 };
	int before;

	(void)state;
	put_trace("one");
	before = size(path);
	assert_int_equal(trace_output_open(&o, path, false, &err), 0);
	assert_int_equal(size(path), before);
	assert_int_equal(trace_output_start(&o, &err), 0);
	assert_int_equal(size(path), 0);
	assert_int_equal(size(old), before);
	assert_int_equal(trace_output_commit(&o, &err), 0);
}

static void what_is_no_trace_is_kept(void **state)
{
	struct trace_output o;
	struct err err = { 0 };

	(void)state;
	put("my thesis");
	assert_int_equal(trace_output_open(&o, path, false, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "is not a trace"));
	trace_output_close(&o);
	assert_string_equal(content(path), "my thesis");
	/* Even by force, it is only renamed. */
	assert_int_equal(trace_output_open(&o, path, true, &err), 0);
	assert_int_equal(trace_output_start(&o, &err), 0);
	assert_int_equal(trace_output_commit(&o, &err), 0);
	assert_string_equal(content(old), "my thesis");
}

static void an_empty_file_is_replaced(void **state)
{
	struct trace_output o;
	struct err err = { 0 };

	(void)state;
	put("");
	assert_int_equal(trace_output_open(&o, path, false, &err), 0);
	assert_int_equal(trace_output_start(&o, &err), 0);
	assert_int_equal(trace_output_commit(&o, &err), 0);
	assert_int_equal(size(old), -1);
}

static void a_second_recorder_is_refused(void **state)
{
	struct trace_output a, b;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(trace_output_open(&a, path, false, &err), 0);
	assert_int_equal(trace_output_open(&b, path, false, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "another chanrec"));
	trace_output_close(&b);
	assert_int_equal(trace_output_start(&a, &err), 0);
	assert_int_equal(trace_output_open(&b, path, true, &err), -EBUSY);
	trace_output_close(&b);
	assert_int_equal(trace_output_commit(&a, &err), 0);
	assert_int_equal(trace_output_open(&b, path, false, &err), 0);
	trace_output_close(&b);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = { T(a_new_file_is_private),     T(what_never_starts_leaves_nothing),
		                            T(a_trace_becomes_old),       T(what_is_no_trace_is_kept),
		                            T(an_empty_file_is_replaced), T(a_second_recorder_is_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
