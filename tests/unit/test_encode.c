// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From ring records to trace records. The program is a fake: the functions of
 * gobin/ that the encoder uses are defined here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/encode/encode.h"

#define EPOCH 1000000ull
#define LOCK_OFF 96

enum { R_OTHER, R_RECV, R_SEND, R_SELECT, R_MUTEX, R_IO, R_NIL, R_N };

/* A function of 16 bytes at each address below, in this order. */
static const char *const funcs[] = { "main.worker",
	                             "main.main",
	                             "runtime.goexit",
	                             "runtime.semacquire1",
	                             "sync.(*Mutex).Lock",
	                             "runtime.goready.func1",
	                             "runtime.systemstack",
	                             "runtime.closechan",
	                             "internal/poll.(*pollDesc).waitRead",
	                             "runtime.gcBgMarkWorker",
	                             "runtime.resumeG",
	                             "runtime.netpollgoready",
	                             "runtime.newstack",
	                             "runtime.morestack" };
#define FUNCS (sizeof(funcs) / sizeof(funcs[0]))
#define PC(n) (0x1000ull + 16 * (n))
#define RET(n) (PC(n) + 5)

int gobin_lines(const struct gobin *b, uint64_t pc, struct go_line *out, int max)
{
	uint64_t n = (pc - PC(0)) / 16;

	if (pc < PC(0) || n >= FUNCS || max < 1)
		return 0;
	out[0] = (struct go_line){ .func = funcs[n], .file = "/src/main.go", .line = (uint32_t)n + 1 };
	return 1;
}

int gobin_func_by_pc(const struct gobin *b, uint64_t pc, struct go_func *f)
{
	struct go_line l;

	if (gobin_lines(b, pc, &l, 1) != 1)
		return -2;
	f->name = l.func;
	return 0;
}

int gobin_sp_delta(const struct gobin *b, uint64_t pc, int32_t *delta)
{
	return -2;
}

int gobin_wait_reasons(const struct gobin *b, const char **out, int max)
{
	static const char *const names[R_N] = {
		[R_OTHER] = "",
		[R_RECV] = "chan receive",
		[R_SEND] = "chan send",
		[R_SELECT] = "select",
		[R_MUTEX] = "sync.Mutex.Lock",
		[R_IO] = "IO wait",
		[R_NIL] = "chan receive (nil chan)",
	};

	memcpy(out, names, sizeof(names));
	return R_N;
}

int gobin_layout(const struct gobin *b, struct go_layout *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->hchan_lock = LOCK_OFF;
	out->mutex_sema = 4;
	out->from = "the test";
	return 0;
}

bool go_is_system_entry(const char *func)
{
	return strncmp(func, "runtime.", 8) == 0 && strcmp(func, "runtime.main") != 0;
}

struct fixture {
	char path[32];
	int fd;
	struct trace_writer *w;
	struct intern in;
	struct encoder e;
	struct trace_reader *r;
	uint64_t time;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct trace_meta meta = { .recorder = "test" };
	struct err err = { 0 };

	strcpy(f->path, "/tmp/test_encode.XXXXXX");
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
	assert_int_equal(trace_writer_open(&f->w, f->fd, &meta, &err), 0);
	assert_int_equal(intern_init(&f->in, NULL, 0, f->w, &err), 0);
	encoder_init(&f->e, &f->in, EPOCH);
	f->time = EPOCH;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	trace_reader_free(f->r);
	encoder_free(&f->e);
	intern_free(&f->in);
	trace_writer_free(f->w);
	close(f->fd);
	unlink(f->path);
	free(f);
	return 0;
}

static void put(struct fixture *f, void *rec, size_t len, enum ring_type type, uint16_t aux, uint32_t aux32)
{
	struct ring_hdr *h = rec;
	struct err err = { 0 };

	h->type = (uint16_t)type;
	h->aux = aux;
	h->aux32 = aux32;
	h->time = type == RING_STACK ? 0 : (f->time += 10);
	if (encoder_ring(&f->e, rec, len, &err))
		fail_msg("%s", err.msg);
}

static uint64_t put_stack(struct fixture *f, const uint64_t *pcs, uint16_t n)
{
	uint64_t buf[sizeof(struct ring_stack) / 8 + RING_SHORT_FRAMES] = { 0 };
	struct ring_stack *s = (struct ring_stack *)buf;

	s->hash = stack_hash(pcs, n);
	memcpy(s->pcs, pcs, n * sizeof(*pcs));
	put(f, s, sizeof(buf), RING_STACK, n, 0);
	return s->hash;
}
#define STACK(f, ...) \
	put_stack(f, (const uint64_t[]){ __VA_ARGS__ }, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void put_park(struct fixture *f, uint64_t goid, uint16_t reason, uint64_t lock, uint64_t arg, uint64_t stack)
{
	struct ring_park p = { .goid = goid, .stack = stack, .lock = lock, .arg = arg, .arg2 = 7 };

	put(f, &p, sizeof(p), RING_PARK, reason, 0);
}

static void put_ready(struct fixture *f, uint64_t waker, uint64_t woken, uint64_t chan, uint64_t stack)
{
	struct ring_ready r = { .waker = waker, .woken = woken, .chan = chan, .stack = stack };

	put(f, &r, sizeof(r), RING_READY, chan != 0, 0);
}

/* The next event of the trace, skipping definitions. */
static void next(struct fixture *f, struct trace_rec *rec, enum trace_type type)
{
	struct err err = { 0 };

	if (!f->r) {
		struct trace_end end = { .reason = "test" };

		assert_int_equal(trace_writer_end(f->w, &end, &err), 0);
		assert_int_equal(trace_reader_open(&f->r, f->path, &err), 0);
	}
	do {
		int ret = trace_reader_next(f->r, rec, &err);

		if (ret < 0)
			fail_msg("%s", err.msg);
		if (type == 0 && ret == 0)
			return;
		assert_int_equal(ret, 1);
	} while (trace_type_is_def(rec->type));
	assert_int_equal(rec->type, type);
}
#define END(f, rec) next(f, rec, 0)

static void test_park_and_close(void **state)
{
	struct fixture *f = *state;
	struct trace_rec r;
	uint64_t wait = STACK(f, RET(0), RET(1), RET(2));
	uint64_t wake = STACK(f, RET(5), RET(6), RET(7), RET(1), RET(2));

	put_park(f, 5, R_RECV, 0xc000 + LOCK_OFF, 0, wait);
	put_ready(f, 1, 5, 0, wake);
	next(f, &r, TRACE_GO_PARK);
	assert_int_equal(r.goid, 5);
	assert_int_equal(r.time, 10);
	assert_int_equal(r.park.reason, R_RECV + 1);
	assert_int_equal(r.park.nobjs, 1);
	assert_int_equal(r.park.objs[0].kind, TRACE_OBJ_CHAN);
	assert_int_equal(r.park.objs[0].dir, TRACE_DIR_RECV);
	assert_int_equal(r.park.objs[0].id, 1);
	assert_int_equal(r.park.stack, 1);
	next(f, &r, TRACE_GO_READY);
	assert_int_equal(r.goid, 1);
	assert_int_equal(r.ready.woken, 5);
	assert_int_equal(r.ready.cause, TRACE_CAUSE_CLOSE);
	assert_int_equal(r.ready.obj.kind, TRACE_OBJ_CHAN);
	assert_int_equal(r.ready.obj.id, 1);
	END(f, &r);
}

/* goexit (on g0: morestack) ends a stack and does not belong to it. */
static void test_stack_definition(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	struct trace_rec r;

	STACK(f, RET(0), RET(1), RET(2));
	STACK(f, RET(0), RET(1));
	STACK(f, RET(0), RET(12), RET(13), RET(1));
	put_park(f, 1, R_OTHER, 0, 0, 0);
	assert_int_equal(trace_writer_end(f->w, &(struct trace_end){ .reason = "x" }, &err), 0);
	assert_int_equal(trace_reader_open(&f->r, f->path, &err), 0);
	for (int stacks = 0; stacks < 3;) {
		assert_int_equal(trace_reader_next(f->r, &r, &err), 1);
		if (r.type == TRACE_DEF_FRAME) {
			assert_int_equal(r.def_frame.nlines, 1);
			assert_true(r.def_frame.pc == RET(0) - 1 || r.def_frame.pc == RET(1) - 1 ||
			            r.def_frame.pc == RET(12) - 1);
		}
		if (r.type != TRACE_DEF_STACK)
			continue;
		assert_int_equal(r.def_stack.nframes, 2);
		assert_int_equal(r.def_stack.flags, stacks == 1 ? TRACE_STACK_TRUNCATED : 0);
		stacks++;
	}
}

static void test_mutex_is_normalised(void **state)
{
	struct fixture *f = *state;
	struct trace_rec r;
	uint64_t wait = STACK(f, RET(3), RET(4), RET(0), RET(2));

	put_park(f, 9, R_MUTEX, 0x7777, 0xd004, wait);
	next(f, &r, TRACE_GO_PARK);
	assert_int_equal(r.park.objs[0].kind, TRACE_OBJ_SYNC);
	assert_int_equal(r.park.objs[0].dir, TRACE_DIR_WRITE_LOCK);
	END(f, &r);
	assert_non_null(map_get(&f->in.syncs, 0xd000 ^ (uint64_t)TRACE_SYNC_MUTEX << 56));
}

static void test_select(void **state)
{
	struct fixture *f = *state;
	uint64_t buf[sizeof(struct ring_select) / 8 + 2 * RING_CASES_S] = { 0 };
	struct ring_select *s = (struct ring_select *)buf;
	struct trace_rec r;

	s->goid = 3;
	s->ncases = 3;
	s->nsends = 1;
	s->cases[0].chan = 0xa000;
	s->cases[2].chan = 0xb000;
	put(f, s, sizeof(buf), RING_SELECT, R_SELECT, 3);
	put_ready(f, 4, 3, 0xb000, 0);
	next(f, &r, TRACE_GO_PARK);
	assert_int_equal(r.park.nobjs, 3);
	assert_int_equal(r.park.nobjs_all, 3);
	assert_int_equal(r.park.objs[0].dir, TRACE_DIR_SEND);
	assert_int_equal(r.park.objs[1].kind, TRACE_OBJ_NILCHAN);
	assert_int_equal(r.park.objs[1].dir, TRACE_DIR_RECV);
	assert_int_equal(r.park.objs[2].id, 2);
	next(f, &r, TRACE_GO_READY);
	assert_int_equal(r.ready.obj.id, 2);
	END(f, &r);
}

static void put_netready(struct fixture *f, uint64_t gpp, uint64_t goid)
{
	struct ring_netready n = { .gpp = gpp, .goid = goid };

	put(f, &n, sizeof(n), RING_NETREADY, 'r', 0);
}

/* The poller may find a descriptor ready before its goroutine has parked: the wait ends at once. */
static void test_network(void **state)
{
	struct fixture *f = *state;
	struct trace_rec r;
	uint64_t wait = STACK(f, RET(8), RET(0), RET(2));

	put_park(f, 11, R_IO, 0x5000, 0, wait);
	put_netready(f, 0x5000, 11);
	put_netready(f, 0x5000, 0);
	put_park(f, 11, R_IO, 0x5000, 0, wait);
	put_park(f, 12, R_IO, 0x6000, 0, wait);
	put_netready(f, 0x6000, 0);
	next(f, &r, TRACE_GO_PARK);
	assert_int_equal(r.park.objs[0].kind, TRACE_OBJ_FD);
	assert_int_equal(r.park.objs[0].id, 7);
	for (int i = 0; i < 2; i++) {
		next(f, &r, TRACE_GO_READY);
		assert_int_equal(r.goid, 0);
		assert_int_equal(r.ready.woken, 11);
		assert_int_equal(r.ready.cause, TRACE_CAUSE_NETWORK);
		next(f, &r, TRACE_GO_PARK);
		assert_int_equal(r.goid, i ? 12 : 11);
	}
	next(f, &r, TRACE_GO_READY);
	assert_int_equal(r.ready.woken, 12);
	END(f, &r);
}

/* A deadline wakes a goroutine; then another is about to wait for the same descriptor. */
static void test_network_after_deadline(void **state)
{
	struct fixture *f = *state;
	struct trace_rec r;
	uint64_t wait = STACK(f, RET(8), RET(0), RET(2));

	put_park(f, 11, R_IO, 0x5000, 0, wait);
	put_ready(f, 4, 11, 0, 0);
	put_netready(f, 0x5000, 0);
	put_park(f, 12, R_IO, 0x5000, 0, wait);
	next(f, &r, TRACE_GO_PARK);
	next(f, &r, TRACE_GO_READY);
	assert_int_equal(r.goid, 4);
	next(f, &r, TRACE_GO_PARK);
	assert_int_equal(r.goid, 12);
	next(f, &r, TRACE_GO_READY);
	assert_int_equal(r.ready.woken, 12);
	END(f, &r);
}

/* Some calls of ready() end no wait: after the collector scanned a stack, or when a descriptor is found twice. */
static void test_no_wakes(void **state)
{
	struct fixture *f = *state;
	struct trace_rec r;
	uint64_t wait = STACK(f, RET(8), RET(0), RET(2));
	uint64_t resume = STACK(f, RET(10), RET(9), RET(6));
	uint64_t deadline = STACK(f, RET(5), RET(6), RET(11), RET(0), RET(2));

	f->e.all_known = true;
	put_ready(f, 2, 11, 0, resume);
	put_ready(f, 2, 11, 0, 0);
	put_park(f, 11, R_IO, 0x5000, 0, wait);
	put_netready(f, 0x5000, 11);
	put_ready(f, 3, 11, 0, deadline);
	put_netready(f, 0x5000, 11);
	put_park(f, 11, R_IO, 0x5000, 0, wait);
	put_ready(f, 3, 11, 0, deadline);
	put_netready(f, 0x5000, 11);
	put_park(f, 11, R_MUTEX, 0, 0, 0);
	put_ready(f, 3, 11, 0, 0);
	for (int i = 0; i < 3; i++) {
		next(f, &r, TRACE_GO_PARK);
		next(f, &r, TRACE_GO_READY);
		assert_int_equal(r.goid, i ? 3 : 0);
	}
	END(f, &r);
}

static void test_create_make_close_exit(void **state)
{
	struct fixture *f = *state;
	struct ring_create c = { .goid = 1, .child = 20, .gopc = RET(1), .startpc = PC(9) };
	struct ring_make m = { .goid = 20, .chan = 0xe000, .capacity = 3 };
	struct ring_close cl = { .goid = 20, .chan = 0xe000 };
	struct ring_op op = { .goid = 20, .chan = 0xe000 };
	struct ring_exit x = { .goid = 20 };
	struct trace_rec r;

	put(f, &c, sizeof(c), RING_CREATE, 0, 0);
	put(f, &m, sizeof(m), RING_MAKE, 8, 0);
	put(f, &op, sizeof(op), RING_OP, 1 | 0x100, 1);
	put(f, &cl, sizeof(cl), RING_CLOSE, 0, 0);
	put(f, &m, sizeof(m), RING_MAKE, 8, 0);
	put(f, &x, sizeof(x), RING_EXIT, 0, 0);
	next(f, &r, TRACE_GO_CREATE);
	assert_int_equal(r.create.child, 20);
	assert_int_equal(r.create.flags, TRACE_GO_SYSTEM);
	assert_int_not_equal(r.create.site, 0);
	assert_int_not_equal(r.create.entry, 0);
	next(f, &r, TRACE_CHAN_MAKE);
	assert_int_equal(r.make.capacity, 3);
	assert_int_equal(r.make.elem_size, 8);
	assert_int_equal(r.make.chan, 1);
	next(f, &r, TRACE_CHAN_OP);
	assert_int_equal(r.op.dir, TRACE_DIR_RECV);
	assert_int_equal(r.op.result, TRACE_OP_CLOSED);
	assert_true(r.op.select);
	next(f, &r, TRACE_CHAN_CLOSE);
	assert_int_equal(r.close.chan, 1);
	/* The address is reused: another channel. */
	next(f, &r, TRACE_CHAN_MAKE);
	assert_int_equal(r.make.chan, 2);
	next(f, &r, TRACE_GO_EXIT);
	assert_int_equal(r.goid, 20);
	END(f, &r);
	assert_int_equal(f->e.events, 6);
}

static void test_nonsense_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct ring_park p = { .goid = 1ull << 63 };
	struct ring_hdr h = { .type = RING_TYPES };
	uint64_t buf[sizeof(struct ring_stack) / 8 + RING_SHORT_FRAMES] = { 0 };
	struct err err = { 0 };
	struct trace_rec r;

	put(f, &p, sizeof(p), RING_PARK, R_OTHER, 0);
	put(f, &p, sizeof(p) - 1, RING_PARK, R_OTHER, 0);
	put(f, buf, sizeof(buf), RING_STACK, RING_SHORT_FRAMES + 1, 0);
	put(f, buf, sizeof(buf), RING_SELECT, R_SELECT, 60000);
	assert_int_equal(encoder_ring(&f->e, &h, sizeof(h), &err), 0);
	assert_int_equal(encoder_ring(&f->e, &h, 3, &err), 0);
	assert_int_equal(f->e.foreign, 6);
	/* A goroutine in the snapshot of a process that lies. */
	r = (struct trace_rec){ .type = TRACE_SNAP_GO, .goid = 1ull << 63 };
	assert_int_equal(encoder_write(&f->e, &r, &err), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(f->e.foreign, 7);
	END(f, &r);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_park_and_close),
		                            T(test_stack_definition),
		                            T(test_mutex_is_normalised),
		                            T(test_select),
		                            T(test_network),
		                            T(test_create_make_close_exit),
		                            T(test_nonsense_is_dropped),
		                            T(test_network_after_deadline),
		                            T(test_no_wakes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
