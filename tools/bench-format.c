/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures writing and reading synthetic traces, in bytes and nanoseconds per event.
 *
 *	bench-format [EVENTS [FILE]]    FILE keeps the last trace
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/trace.h"
#include "util/clock.h"

struct bench {
	struct trace_writer *w;
	struct err err;
	uint64_t rng;
	int64_t time;
};

static double now(clockid_t clock)
{
	return (double)clock_ns(clock) / 1e9;
}

static uint64_t rnd(struct bench *b)
{
	b->rng ^= b->rng << 13;
	b->rng ^= b->rng >> 7;
	b->rng ^= b->rng << 17;
	return b->rng;
}

/* Advances the time by about mean ± sigma ns (the sum of four uniform numbers), now and then by much more. */
static void step(struct bench *b, int mean, int sigma)
{
	uint64_t r = rnd(b);
	int sum = (int)(r & 0xfff) + (int)(r >> 12 & 0xfff) + (int)(r >> 24 & 0xfff) + (int)(r >> 36 & 0xfff);
	int dt = mean + (sum - 8190) * sigma / 2365;

	if (r >> 57 == 0)
		dt += (int)(r >> 40 & 0x3fff);
	b->time += dt > 20 ? dt : 20;
}

static void put(struct bench *b, const struct trace_rec *rec)
{
	if (trace_write(b->w, rec, &b->err)) {
		fprintf(stderr, "bench-format: %s\n", b->err.msg);
		exit(1);
	}
}

static void defs(struct bench *b, uint32_t n)
{
	static const struct trace_frame_line line = { .func = 1, .file = 1, .line = 42 };
	uint32_t frames[12];

	put(b, &(struct trace_rec){ .type = TRACE_DEF_STRING, .def_string = { 1, "main.worker" } });
	put(b, &(struct trace_rec){ .type = TRACE_DEF_REASON, .def_reason = { 15, TRACE_WAIT_RECV, 1 } });
	put(b, &(struct trace_rec){ .type = TRACE_DEF_FUNC, .def_func = { 1, 1, 1, 10, 0 } });
	for (uint32_t i = 1; i <= n; i++) {
		put(b, &(struct trace_rec){ .type = TRACE_DEF_FRAME,
		                            .def_frame = { i, 0x480000 + rnd(b) % 0x100000, 1, &line } });
		for (uint32_t j = 0; j < 12; j++)
			frames[j] = 1 + (uint32_t)(rnd(b) % i);
		put(b, &(struct trace_rec){ .type = TRACE_DEF_STACK, .def_stack = { i, 0, 12, frames } });
		put(b, &(struct trace_rec){ .type = TRACE_DEF_CHAN,
		                            .def_chan = { i, 0xc000000000 + rnd(b) % 0x100000 * 96, 1 } });
	}
}

static void ready(struct bench *b, uint64_t waker, uint64_t woken, uint32_t chan, uint32_t stack)
{
	put(b, &(struct trace_rec){
	               .type = TRACE_GO_READY,
	               .time = b->time,
	               .goid = waker,
	               .ready = { woken, TRACE_CAUSE_SEND, { TRACE_OBJ_CHAN, TRACE_DIR_RECV, chan }, stack } });
}

static void park(struct bench *b, uint64_t goid, uint32_t chan, uint32_t stack)
{
	struct trace_obj obj = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, chan };

	put(b, &(struct trace_rec){
	               .type = TRACE_GO_PARK, .time = b->time, .goid = goid, .park = { 15, stack, 1, 1, &obj } });
}

static void pingpong(struct bench *b, uint64_t events)
{
	uint64_t g[2] = { 34, 35 };

	for (uint64_t i = 0; i < events / 2; i++) {
		step(b, 300, 80);
		ready(b, g[i & 1], g[~i & 1], 1 + (i & 1), 3 + (i & 1));
		step(b, 300, 80);
		park(b, g[i & 1], 1 + (~i & 1), 1 + (i & 1));
	}
}

static void server(struct bench *b, uint64_t events)
{
	for (uint64_t i = 0; i < events / 2; i++) {
		uint64_t a = 100 + rnd(b) % 300, c = 100 + rnd(b) % 300;

		step(b, 900, 500);
		ready(b, a, c, (uint32_t)(c - 99), 20 + (uint32_t)(rnd(b) % 8));
		step(b, 900, 500);
		park(b, a, (uint32_t)(a - 99), 30 + (uint32_t)(rnd(b) % 8));
	}
}

static uint64_t read_all(const char *path)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };
	uint64_t n = 0;
	int rc = trace_reader_open(&r, path, &err);

	while (!rc && (rc = trace_reader_next(r, &rec, &err)) > 0) {
		n += !trace_type_is_def(rec.type);
		rc = 0;
	}
	if (rc < 0) {
		fprintf(stderr, "bench-format: %s\n", err.msg);
		exit(1);
	}
	trace_reader_free(r);
	return n;
}

static void run(const char *name, const char *path, uint64_t events, void (*fn)(struct bench *, uint64_t))
{
	struct bench b = { .rng = 88172645463325252ull };
	struct trace_meta meta = { .recorder = "bench-format" };
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	uint64_t n, bytes;
	double t0, t1, t2;

	if (fd < 0 || trace_writer_open(&b.w, fd, &meta, &b.err)) {
		fprintf(stderr, "bench-format: %s: %s\n", path, b.err.msg);
		exit(1);
	}
	defs(&b, 300);
	t0 = now(CLOCK_PROCESS_CPUTIME_ID);
	fn(&b, events);
	if (trace_writer_end(b.w, &(struct trace_end){ .duration = b.time, .events = events }, &b.err))
		exit(1);
	t1 = now(CLOCK_PROCESS_CPUTIME_ID);
	bytes = trace_writer_bytes(b.w);
	n = read_all(path);
	t2 = now(CLOCK_PROCESS_CPUTIME_ID);
	printf("%-10s %9llu events  %5.2f bytes/event (definitions included)  write %5.1f ns/event  read %5.1f "
	       "ns/event\n",
	       name, (unsigned long long)n, (double)bytes / (double)n, (t1 - t0) * 1e9 / (double)n,
	       (t2 - t1) * 1e9 / (double)n);
	trace_writer_free(b.w);
	close(fd);
}

int main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 0) : 5000000;
	const char *path = argc > 2 ? argv[2] : "bench-format.zst";

	run("ping-pong", path, events, pingpong);
	run("server", path, events, server);
	if (argc <= 2)
		unlink(path);
	return 0;
}
