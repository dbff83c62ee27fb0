// SPDX-License-Identifier: GPL-2.0-or-later
/* The header and the end of a trace. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "tests/unit/trace_file.h"
#include "tests/unit/trace_writing.h"

static struct trace_meta full_meta(const struct trace_probe *probes)
{
	return (struct trace_meta){
		.recorder = "chanrec 0.1.0",
		.exe = "/usr/bin/thing",
		.command = "/usr/bin/thing --flag 'a b' \xff\xfe",
		.build_id = "abc/def",
		.go_version = "go1.23.1",
		.module = "example.com/thing",
		.kernel = "6.1.0",
		.host = "box",
		.arch = "amd64",
		.offsets_from = "DWARF of the program",
		.symbols_from = ".gopclntab",
		.slice = "leak main.work",
		.pid = UINT32_MAX,
		.cpus = 4,
		.events = TRACE_EVENTS_SCHED | TRACE_EVENTS_OPS,
		.start_wall = 1700000000123456789,
		.start_mono = INT64_MIN,
		.max_size = 1ull << 40,
		.max_overhead = 200000,
		.probing = TRACE_PROBING_INLINE,
		.way = TRACE_WAY_CORE,
		.sample = 1ull << 40,
		.nprobes = 3,
		.probes = probes,
	};
}

static const struct trace_probe some_probes[] = {
	{ "go.park", "runtime.gopark", 0x43a1b2, "push rbp", TRACE_PROBE_ATTACHED, true, "by name" },
	{ "chan.close", "runtime.closechan", UINT64_MAX, NULL, TRACE_PROBE_MISSING, false, "" },
	{ "chan.op", "runtime.selectgo", 0, NULL, TRACE_PROBE_NOT_NEEDED, false, "" },
};

static void test_meta_round_trip(void **state)
{
	struct trace_meta in = full_meta(some_probes);
	const struct trace_meta *m;
	struct trace_writer *w;
	struct trace_reader *r;
	struct err err;
	struct file f;
	int fd = file_new();

	assert_int_equal(trace_writer_open(&w, fd, &in, &err), 0);
	assert_true(trace_writer_bytes(w) > 0);
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	m = trace_reader_meta(r);
	assert_int_equal(m->major, TRACE_VERSION_MAJOR);
	assert_int_equal(m->minor, TRACE_VERSION_MINOR);
	assert_string_equal(m->recorder, in.recorder);
	assert_string_equal(m->exe, in.exe);
	assert_string_equal(m->command, in.command);
	assert_string_equal(m->build_id, in.build_id);
	assert_string_equal(m->go_version, in.go_version);
	assert_string_equal(m->module, in.module);
	assert_string_equal(m->kernel, in.kernel);
	assert_string_equal(m->host, in.host);
	assert_string_equal(m->arch, in.arch);
	assert_string_equal(m->offsets_from, in.offsets_from);
	assert_string_equal(m->symbols_from, in.symbols_from);
	assert_string_equal(m->slice, in.slice);
	assert_int_equal(m->pid, in.pid);
	assert_int_equal(m->cpus, in.cpus);
	assert_int_equal(m->events, in.events);
	assert_true(m->start_wall == in.start_wall && m->start_mono == in.start_mono);
	assert_int_equal(m->probing, in.probing);
	assert_true(m->max_size == in.max_size && m->max_overhead == in.max_overhead && m->way == in.way &&
	            m->sample == in.sample);
	assert_int_equal(m->nprobes, 3);
	assert_string_equal(m->probes[0].event, "go.park");
	assert_string_equal(m->probes[0].func, "runtime.gopark");
	assert_int_equal(m->probes[0].addr, 0x43a1b2);
	assert_string_equal(m->probes[0].insn, "push rbp");
	assert_int_equal(m->probes[0].status, TRACE_PROBE_ATTACHED);
	assert_true(m->probes[0].single_step);
	assert_string_equal(m->probes[0].note, "by name");
	assert_true(m->probes[1].addr == UINT64_MAX);
	assert_string_equal(m->probes[1].insn, "");
	assert_int_equal(m->probes[1].status, TRACE_PROBE_MISSING);
	assert_false(m->probes[1].single_step);
	assert_int_equal(m->probes[2].status, TRACE_PROBE_NOT_NEEDED);
	trace_reader_free(r);
	file_free(&f);
}

static void test_empty_meta_has_no_null(void **state)
{
	struct trace_meta in = { 0 };
	const struct trace_meta *m;
	struct trace_writer *w;
	struct trace_reader *r;
	struct err err;
	struct file f;
	int fd = file_new();

	assert_int_equal(trace_writer_open(&w, fd, &in, &err), 0);
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	m = trace_reader_meta(r);
	assert_string_equal(m->recorder, "");
	assert_string_equal(m->exe, "");
	assert_string_equal(m->command, "");
	assert_string_equal(m->build_id, "");
	assert_string_equal(m->go_version, "");
	assert_string_equal(m->module, "");
	assert_string_equal(m->kernel, "");
	assert_string_equal(m->host, "");
	assert_string_equal(m->arch, "");
	assert_string_equal(m->offsets_from, "");
	assert_string_equal(m->symbols_from, "");
	assert_string_equal(m->slice, "");
	assert_int_equal(m->nprobes, 0);
	trace_reader_free(r);
	file_free(&f);
}

static void test_meta_limits(void **state)
{
	struct trace_probe *many = calloc(TRACE_MAX_PROBES + 1, sizeof(*many));
	struct trace_meta meta = { .probes = many, .nprobes = TRACE_MAX_PROBES + 1 };
	struct trace_writer *w;
	struct trace_reader *r;
	struct err err;
	char *line = malloc(100001);
	struct file f;
	int fd = file_new();

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -E2BIG);
	assert_null(w);
	memset(line, 'a', 100000);
	line[100000] = 0;
	meta.nprobes = TRACE_MAX_PROBES;
	meta.command = line;
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	assert_int_equal(trace_reader_meta(r)->nprobes, TRACE_MAX_PROBES);
	assert_int_equal(strlen(trace_reader_meta(r)->command), TRACE_MAX_STRING);
	trace_reader_free(r);
	file_free(&f);
	for (int i = 0; i < TRACE_MAX_PROBES; i++)
		many[i].note = line;
	fd = file_new();
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -E2BIG);
	close(fd);
	free(line);
	free(many);
}

static void test_end_round_trip(void **state)
{
	struct trace_end end = { INT64_MAX, UINT64_MAX, 7, true, "target exited", true, 0, 910000, UINT64_MAX };
	const struct trace_end *e;
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err;
	struct file f;
	int fd = file_new();
	struct trace_writer *w = writer(fd);

	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .time = 5, .goid = 1), 0);
	assert_int_equal(trace_writer_end(w, &end, &err), 0);
	assert_int_equal(trace_writer_end(w, &end, &err), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT), -EINVAL);
	trace_writer_free(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	assert_null(trace_reader_end(r));
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_null(trace_reader_end(r));
	assert_int_equal(trace_reader_next(r, &rec, &err), 0);
	assert_int_equal(trace_reader_next(r, &rec, &err), 0);
	e = trace_reader_end(r);
	assert_non_null(e);
	assert_true(e->duration == INT64_MAX && e->events == UINT64_MAX && e->lost == 7 && e->target_exited);
	assert_string_equal(e->reason, "target exited");
	assert_true(e->has_overhead && e->overhead == 0 && e->overhead_max == 910000 && e->samples == UINT64_MAX);
	trace_reader_free(r);
	file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta_round_trip),
		cmocka_unit_test(test_empty_meta_has_no_null),
		cmocka_unit_test(test_meta_limits),
		cmocka_unit_test(test_end_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
