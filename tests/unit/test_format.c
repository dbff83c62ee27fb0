// SPDX-License-Identifier: GPL-2.0-or-later
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
#include "tests/unit/trace_gen.h"

#define ADD(w, ...) trace_write(w, &(struct trace_rec){ __VA_ARGS__ }, &err)

static struct trace_writer *writer(int fd)
{
	struct trace_meta meta = { .recorder = "test" };
	struct trace_writer *w;
	struct err err = { 0 };

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	return w;
}

static void finish(struct trace_writer *w)
{
	struct trace_end end = { .reason = "over" };
	struct err err = { 0 };

	assert_int_equal(trace_writer_end(w, &end, &err), 0);
	trace_writer_free(w);
}

/* What was written, as text, beside the file. */
struct written {
	struct file file;
	char *defs, *events;
	size_t ndefs, nevents;
	uint64_t count[TRACE_TYPE_MAX + 1];
};

static void written_free(struct written *x)
{
	file_free(&x->file);
	free(x->defs);
	free(x->events);
}

static void write_random(struct written *x, uint64_t seed, int n, uint32_t flush_every)
{
	struct gen *g = calloc(1, sizeof(*g));
	FILE *defs = open_memstream(&x->defs, &x->ndefs), *events = open_memstream(&x->events, &x->nevents);
	struct err err = { 0 };
	struct trace_rec rec;
	int fd = file_new();
	struct trace_writer *w = writer(fd);

	g->rng = seed;
	for (int i = 0; i < n; i++) {
		gen_rec(g, &rec);
		x->count[rec.type]++;
		text_rec(trace_type_is_def(rec.type) ? defs : events, &rec);
		if (trace_write(w, &rec, &err))
			fail_msg("%s", err.msg);
		if (flush_every && !gen_below(g, flush_every))
			assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	finish(w);
	fclose(defs);
	fclose(events);
	x->file = file_take(fd);
	free(g);
}

static void assert_same(const struct written *x, const struct text *t)
{
	if (t->rc)
		fail_msg("%s", t->err.msg);
	assert_true(t->has_end);
	assert_int_equal(t->skipped, 0);
	assert_int_equal(t->ndefs, x->ndefs);
	assert_int_equal(t->nevents, x->nevents);
	assert_memory_equal(t->defs, x->defs, x->ndefs);
	assert_memory_equal(t->events, x->events, x->nevents);
}

static void test_round_trip(void **state)
{
	static const uint32_t flush_every[] = { 0, 1, 7, 500 };

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct written x = { 0 };
		struct text t;

		write_random(&x, seed, 3000, flush_every[seed % 4]);
		for (size_t i = 0; i < GEN_NTYPES; i++)
			assert_true(x.count[gen_types[i]] > 20);
		t = text_of(x.file.data, x.file.n);
		assert_same(&x, &t);
		text_free(&t);
		written_free(&x);
	}
}

/* Enough to fill blocks of each kind, so that they are put out on their own. */
static void test_round_trip_large(void **state)
{
	struct written x = { 0 };
	struct text t;

	write_random(&x, 99, 150000, 0);
	t = text_of(x.file.data, x.file.n);
	assert_same(&x, &t);
	text_free(&t);
	written_free(&x);
}

static void test_reading_again_is_the_same(void **state)
{
	struct written x = { 0 };
	struct text a, b;

	write_random(&x, 5, 4000, 100);
	a = text_of(x.file.data, x.file.n);
	b = text_of(x.file.data, x.file.n);
	assert_int_equal(a.nevents, b.nevents);
	assert_memory_equal(a.events, b.events, a.nevents);
	assert_memory_equal(a.defs, b.defs, a.ndefs);
	text_free(&a);
	text_free(&b);
	written_free(&x);
}

static void test_same_input_same_bytes(void **state)
{
	struct written x = { 0 }, y = { 0 };

	write_random(&x, 6, 4000, 100);
	write_random(&y, 6, 4000, 100);
	assert_int_equal(x.file.n, y.file.n);
	assert_memory_equal(x.file.data, y.file.data, x.file.n);
	written_free(&x);
	written_free(&y);
}

static struct text text_of_path(const char *path)
{
	struct trace_reader *r;
	struct text t = { 0 };

	t.rc = trace_reader_open(&r, path, &t.err);
	if (!t.rc)
		text_of_reader(&t, r);
	trace_reader_free(r);
	return t;
}

static void test_file_and_pipe(void **state)
{
	char path[] = "/tmp/chanrec-test-XXXXXX", proc[64];
	int fd = mkstemp(path), ends[2];
	struct written x = { 0 };
	struct text t;

	write_random(&x, 11, 2000, 300);
	assert_int_equal(write(fd, x.file.data, x.file.n), x.file.n);
	close(fd);
	t = text_of_path(path);
	assert_same(&x, &t);
	text_free(&t);

	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= (int)x.file.n);
	assert_int_equal(write(ends[1], x.file.data, x.file.n), x.file.n);
	close(ends[1]);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", ends[0]);
	t = text_of_path(proc);
	assert_same(&x, &t);
	close(ends[0]);
	text_free(&t);
	unlink(path);
	t = text_of_path(path);
	assert_int_equal(t.rc, -ENOENT);
	assert_non_null(strstr(t.err.msg, path));
	text_free(&t);
	written_free(&x);
}

/* The file is for the zstd program what it is for any zstd stream. */
static void test_zstd_program(void **state)
{
	char path[] = "/tmp/chanrec-test-XXXXXX", cmd[256];
	int fd = mkstemp(path);
	struct trace_reader *r;
	struct written x = { 0 };
	struct trace_rec rec;
	struct err err;
	uint64_t plain = 0;
	FILE *f;

	if (system("zstd --version >/dev/null 2>&1")) {
		print_message("SKIPPED: the zstd program is not installed\n");
		unlink(path);
		skip();
	}
	write_random(&x, 12, 5000, 300);
	assert_int_equal(write(fd, x.file.data, x.file.n), x.file.n);
	close(fd);
	snprintf(cmd, sizeof(cmd), "zstd -q -t %s", path);
	assert_int_equal(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "zstd -q -dc %s", path);
	f = popen(cmd, "r");
	assert_int_equal(fgetc(f), 0); /* a block record */
	for (plain = 1; fgetc(f) != EOF; plain++)
		;
	assert_int_equal(pclose(f), 0);
	assert_int_equal(trace_reader_open(&r, path, &err), 0);
	while (trace_reader_next(r, &rec, &err) > 0)
		;
	assert_int_equal(trace_reader_raw_bytes(r), plain);
	assert_int_equal(trace_reader_bytes(r), x.file.n);
	trace_reader_free(r);
	unlink(path);
	written_free(&x);
}

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
		.pid = UINT32_MAX,
		.cpus = 4,
		.events = TRACE_EVENTS_SCHED | TRACE_EVENTS_OPS,
		.start_wall = 1700000000123456789,
		.start_mono = INT64_MIN,
		.max_size = 1ull << 40,
		.max_overhead = 200000,
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
	assert_int_equal(m->pid, in.pid);
	assert_int_equal(m->cpus, in.cpus);
	assert_int_equal(m->events, in.events);
	assert_true(m->start_wall == in.start_wall && m->start_mono == in.start_mono);
	assert_true(m->max_size == in.max_size && m->max_overhead == in.max_overhead);
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
	struct trace_end end = { INT64_MAX, UINT64_MAX, 7, true, "target exited", true, 0, 910000 };
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
	assert_true(e->has_overhead && e->overhead == 0 && e->overhead_max == 910000);
	trace_reader_free(r);
	file_free(&f);
}

static void test_definitions_come_before_use(void **state)
{
	struct trace_obj obj = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 };
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err;
	struct file f;
	int fd = file_new();
	struct trace_writer *w = writer(fd);

	ADD(w, .type = TRACE_GO_EXIT, .time = 1, .goid = 9);
	ADD(w, .type = TRACE_DEF_CHAN, .def_chan = { 1, 0xc000010000, 1 });
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .time = 2, .goid = 9, .park = { 0, 0, 1, 1, &obj }), 0);
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_DEF_CHAN);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_GO_EXIT);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_GO_PARK);
	assert_int_equal(rec.park.objs[0].id, 1);
	trace_reader_free(r);
	file_free(&f);
}

static void test_writer_refuses(void **state)
{
	static struct trace_frame_line lines[TRACE_MAX_INLINE + 1];
	static uint32_t frames[TRACE_MAX_FRAMES + 1];
	static struct trace_obj objs[TRACE_MAX_OBJS + 1];
	struct trace_obj bad_kind = { .kind = 5 }, no_chan = { .kind = TRACE_OBJ_CHAN, .id = 1 };
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 2, "gap" }), -EINVAL);
	assert_non_null(strstr(err.msg, "def.string"));
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 0, "none" }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FUNC, .def_func = { 1, 1, 0, 0, 0 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { TRACE_MAX_REASONS + 1, 0, 0 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FRAME, .def_frame = { 1, 0, TRACE_MAX_INLINE + 1, lines }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STACK, .def_stack = { 1, 0, TRACE_MAX_FRAMES + 1, frames }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = TRACE_MAX_OBJS + 1, .objs = objs }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 0, .objs = objs }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 1, .objs = &bad_kind }),
	                 -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 1, .objs = &no_chan }),
	                 -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .reason = 3 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1ull << 63), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_TYPE_MAX), -EINVAL);
	/* Nothing of it is in the file, and the writer goes on. */
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 3, .time = 4), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_string_equal(t.defs, "");
	assert_string_equal(t.events, "go.exit 4 3\n");
	text_free(&t);
	file_free(&f);
}

static void test_definition_again_is_dropped(void **state)
{
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 1, "a" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 2, "c" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 1, "b" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FUNC, .def_func = { 1, 2, 0, 0, 0 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { 256, TRACE_WAIT_SLEEP, 1 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { 256, TRACE_WAIT_RECV, 0 }), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_string_equal(t.defs, "def.string 0 0 1 x61\ndef.string 0 0 2 x63\ndef.func 0 0 1 2 0 0 0\n"
	                            "def.reason 0 0 256 7 1\n");
	text_free(&t);
	file_free(&f);
}

static void test_long_string_is_cut(void **state)
{
	char *s = malloc(200001);
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	memset(s, 'z', 200000);
	s[200000] = 0;
	for (uint32_t i = 1; i <= 30; i++)
		assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { i, s }), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.records, 30);
	assert_int_equal(strcspn(t.defs, "\n"), strlen("def.string 0 0 1 x") + 2 * TRACE_MAX_STRING);
	text_free(&t);
	file_free(&f);
	free(s);
}

/* An error of the file sticks, and says what it was. */
static void test_write_error_sticks(void **state)
{
	struct trace_meta meta = { .recorder = "test" };
	struct trace_writer *w;
	struct err err = { 0 };
	int fd = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY);

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -ENOSPC);
	assert_null(w);
	assert_non_null(strstr(err.msg, strerror(ENOSPC)));
	assert_int_equal(trace_writer_open(&w, null, &meta, &err), 0);
	assert_int_equal(dup2(fd, null), null);
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1), 0);
	assert_int_equal(trace_writer_flush(w, &err), -ENOSPC);
	err.msg[0] = 0;
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1), -ENOSPC);
	assert_non_null(strstr(err.msg, strerror(ENOSPC)));
	assert_int_equal(trace_writer_flush(w, NULL), -ENOSPC);
	assert_int_equal(trace_writer_end(w, &(struct trace_end){ 0 }, &err), -ENOSPC);
	trace_writer_free(w);
	close(fd);
	close(null);
}

static void test_writer_flushes_by_itself(void **state)
{
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	uint64_t start = trace_writer_bytes(w), n = 0;
	struct file f;
	struct text t;

	while (trace_writer_bytes(w) == start && n++ < 1000000)
		assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = n, .time = (int64_t)n), 0);
	assert_in_range(n, 50000, 300000);
	assert_int_equal(trace_writer_flush(w, &err), 0);
	trace_writer_free(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, -ENODATA);
	assert_false(t.has_end);
	assert_int_equal(t.records, n);
	text_free(&t);
	file_free(&f);
}

static void test_from_passes_over_blocks(void **state)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;

	for (int i = 0; i < 10; i++) {
		ADD(w, .type = TRACE_DEF_STRING, .def_string = { (uint32_t)i + 1, "s" });
		ADD(w, .type = TRACE_GO_EXIT, .time = i * 100, .goid = 1);
		ADD(w, .type = TRACE_GO_EXIT, .time = i * 100 + 50, .goid = 1);
		assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	trace_reader_from(r, 550);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(trace_reader_next(r, &rec, &err), 1);
		assert_int_equal(rec.type, TRACE_DEF_STRING);
	}
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.time, 500);
	for (int i = 0; i < 9 + 4; i++)
		assert_int_equal(trace_reader_next(r, &rec, &err), i < 13 ? 1 : 0);
	assert_int_equal(trace_reader_next(r, &rec, &err), 0);
	assert_non_null(trace_reader_end(r));
	trace_reader_free(r);
	file_free(&f);
}

/* Records until there is no room, then those for which some is kept: the file ends whole, and within its size. */
static void expect_within(uint64_t size, uint64_t seed)
{
	struct trace_meta meta = { .recorder = "test", .max_size = size };
	struct gen *g = calloc(1, sizeof(*g));
	struct trace_writer *w;
	struct trace_rec rec;
	struct err err = { 0 };
	struct file f;
	struct text t;
	uint64_t written = 0;
	int fd = file_new(), ret;

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	g->rng = seed;
	while (true) {
		gen_rec(g, &rec);
		ret = trace_write(w, &rec, &err);
		if (ret)
			break;
		written++;
		assert_in_range(trace_writer_bytes(w), 0, size);
	}
	assert_int_equal(ret, -EFBIG);
	for (int i = 0; i < 20; i++, written++)
		assert_int_equal(ADD(w, .type = TRACE_LOSS, .time = i, .loss = { TRACE_LOSS_SIZE, 18, 0, 1000, 0 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_SNAP_END, .snap_end = { .which = 1, .partial = true }), 0);
	finish(w);
	f = file_take(fd);
	/* One string may have 64 KiB. */
	assert_in_range(f.n, size < 256u << 10 ? 1 : size / 2, size);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_true(t.has_end && t.records == written + 1);
	text_free(&t);
	file_free(&f);
	free(g);
}

static void test_writer_keeps_to_its_size(void **state)
{
	for (uint64_t size = 8u << 10; size <= 2u << 20; size = size * 5 / 3)
		for (uint64_t seed = 1; seed <= 5; seed++)
			expect_within(size, seed);
}

static void test_fits_tells_by_compressing(void **state)
{
	struct trace_meta meta = { .recorder = "test", .max_size = 64u << 10 };
	struct trace_writer *w;
	struct err err = { 0 };
	uint64_t n = 0;
	int fd = file_new();

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	while (trace_writer_fits(w, 32u << 10, &err) == 1) {
		assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .time = (int64_t)n, .goid = 1 + n % 2), 0);
		n++;
	}
	/* Such records take some 5 bytes, and compressed far less than 1. */
	assert_true(n > 100000);
	assert_in_range(trace_writer_bytes(w), 16u << 10, 32u << 10);
	assert_in_range(trace_writer_likely(w), trace_writer_bytes(w), 40u << 10);
	finish(w);
	close(fd);
	meta.max_size = 1024;
	fd = file_new();
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
}

static void test_names(void **state)
{
	for (int i = 0; i <= TRACE_CAUSE_RUNTIME; i++)
		assert_string_not_equal(trace_cause_name((enum trace_cause)i), "?");
	assert_string_equal(trace_cause_name((enum trace_cause)200), "?");
	assert_string_equal(trace_sync_kind_name(TRACE_SYNC_UNKNOWN), "semaphore");
	assert_string_equal(trace_sync_kind_name((enum trace_sync_kind)200), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_large),
		cmocka_unit_test(test_reading_again_is_the_same),
		cmocka_unit_test(test_same_input_same_bytes),
		cmocka_unit_test(test_file_and_pipe),
		cmocka_unit_test(test_zstd_program),
		cmocka_unit_test(test_meta_round_trip),
		cmocka_unit_test(test_empty_meta_has_no_null),
		cmocka_unit_test(test_meta_limits),
		cmocka_unit_test(test_end_round_trip),
		cmocka_unit_test(test_definitions_come_before_use),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_definition_again_is_dropped),
		cmocka_unit_test(test_long_string_is_cut),
		cmocka_unit_test(test_write_error_sticks),
		cmocka_unit_test(test_writer_flushes_by_itself),
		cmocka_unit_test(test_from_passes_over_blocks),
		cmocka_unit_test(test_writer_keeps_to_its_size),
		cmocka_unit_test(test_fits_tells_by_compressing),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
