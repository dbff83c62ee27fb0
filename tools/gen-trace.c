/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a trace to measure the report with: gen-trace EVENTS FILE [pingpong|http].
 *
 * By default it is the trace of a server that uses everything. Each request is a
 * goroutine with its own channel, at an address that an earlier channel had; a few
 * thousand live at a time. Workers, locks, timers and selects stay. A request is
 * about nine events, so 100 M events have 11 M goroutines and as many channels.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/trace.h"

#define FUNCS 1500
#define FRAMES 4000
#define STACKS 3000
#define FLIGHTS 3000 /* concurrent requests */
#define WORKERS 1024
#define POOLS 16    /* of workers; each kind of request uses one of them */
#define KINDS 64    /* of requests; each has a function and several stacks */
#define SHARED 64   /* permanent channels, those of the pools first */
#define ADDRS 20000 /* of the requests' channels */
#define LOCKS 256
#define FIRST_WORKER 100
#define FIRST_REQUEST 10000
#define STACK_LEN 12

#define CONNS 64 /* of http */
#define FIRST_COND (LOCKS + 1)

enum reason { R_RECV = 15, R_SEND, R_SELECT, R_MUTEX, R_NETWORK, R_COND };
enum step { ST_NEW, ST_MAKE, ST_ASK, ST_ANSWER, ST_LOCK, ST_UNLOCK, ST_DONE };

struct flight {
	uint64_t goid;
	uint32_t chan, slot, kind;
	uint32_t worker, lock;
	enum step step;
	bool holds_worker;
};

struct gen {
	struct trace_writer *w;
	struct err err;
	uint64_t rng;
	int64_t time;
	uint64_t events, next_goid;
	uint32_t next_chan;
	uint32_t gens[ADDRS]; /* channels that each address has had */
	bool used[ADDRS];
	struct flight flights[FLIGHTS];
	bool busy[WORKERS];
};

static uint64_t rnd(struct gen *g)
{
	g->rng ^= g->rng << 13;
	g->rng ^= g->rng >> 7;
	g->rng ^= g->rng << 17;
	return g->rng;
}

static uint32_t pick(struct gen *g, uint32_t n)
{
	return (uint32_t)(rnd(g) >> 33) % n;
}

static void put(struct gen *g, struct trace_rec rec)
{
	if (!trace_type_is_def(rec.type)) {
		g->time += 100 + pick(g, 1800);
		rec.time = g->time;
		g->events += trace_type_is_event(rec.type);
	}
	if (trace_write(g->w, &rec, &g->err)) {
		fprintf(stderr, "gen-trace: %s\n", g->err.msg);
		exit(1);
	}
}

static void put_string(struct gen *g, uint32_t id, const char *s)
{
	put(g, (struct trace_rec){ .type = TRACE_DEF_STRING, .def_string = { id, s } });
}

static void define_reasons(struct gen *g)
{
	static const struct {
		const char *name;
		uint8_t class;
	} reasons[] = { { "chan receive", TRACE_WAIT_RECV },
		        { "chan send", TRACE_WAIT_SEND },
		        { "select", TRACE_WAIT_SELECT },
		        { "sync.Mutex.Lock", TRACE_WAIT_MUTEX },
		        { "IO wait", TRACE_WAIT_NETWORK } };

	for (uint32_t i = 0; i < 5; i++) {
		put_string(g, i + 1, reasons[i].name);
		put(g, (struct trace_rec){ .type = TRACE_DEF_REASON,
		                           .def_reason = { R_RECV + i, reasons[i].class, i + 1 } });
	}
}

static void define_code(struct gen *g)
{
	char s[128];

	put_string(g, 6, "/src/shop/server.go");
	for (uint32_t i = 1; i <= FUNCS; i++) {
		snprintf(s, sizeof(s), "example.com/shop/part%u.(*Server%u).handle%u", i % 40, i % 200, i);
		put_string(g, 6 + i, s);
		put(g, (struct trace_rec){ .type = TRACE_DEF_FUNC, .def_func = { i, 6 + i, 6, 10 * i, 0 } });
	}
	for (uint32_t i = 1; i <= FRAMES; i++) {
		struct trace_frame_line line = { .func = 1 + i % FUNCS, .file = 6, .line = 10 * i };

		put(g, (struct trace_rec){ .type = TRACE_DEF_FRAME, .def_frame = { i, 0x480000 + i * 64, 1, &line } });
	}
	for (uint32_t i = 1; i <= STACKS; i++) {
		uint32_t frames[STACK_LEN];

		for (uint32_t j = 0; j < STACK_LEN; j++)
			frames[j] = 1 + pick(g, FRAMES);
		put(g, (struct trace_rec){ .type = TRACE_DEF_STACK, .def_stack = { i, 0, STACK_LEN, frames } });
	}
}

static void define_objects(struct gen *g)
{
	for (uint32_t i = 1; i <= SHARED; i++)
		put(g, (struct trace_rec){ .type = TRACE_DEF_CHAN, .def_chan = { i, 0xc000000000 + i * 96, 1 } });
	g->next_chan = SHARED + 1;
	for (uint32_t i = 1; i <= LOCKS; i++)
		put(g, (struct trace_rec){ .type = TRACE_DEF_SYNC,
		                           .def_sync = { i, TRACE_SYNC_MUTEX, 0xc001000000 + i * 64 } });
}

static struct trace_obj shared_of(uint32_t worker)
{
	return (struct trace_obj){ TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 + worker % POOLS };
}

static void park(struct gen *g, uint64_t goid, uint32_t reason, uint32_t stack, const struct trace_obj *objs,
                 uint32_t n)
{
	put(g, (struct trace_rec){ .type = TRACE_GO_PARK, .goid = goid, .park = { reason, stack, n, n, objs } });
}

static void ready(struct gen *g, uint64_t waker, uint64_t woken, uint8_t cause, struct trace_obj obj, uint32_t stack)
{
	put(g, (struct trace_rec){ .type = TRACE_GO_READY, .goid = waker, .ready = { woken, cause, obj, stack } });
}

/* Every worker waits for a job. */
static void snapshot(struct gen *g)
{
	put(g, (struct trace_rec){ .type = TRACE_SNAP_BEGIN, .snap_begin = { 0, WORKERS } });
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct trace_obj obj = shared_of(i);
		struct trace_snap_go s = { 0, TRACE_GO_WAITING, 0, 1, 1 + i % POOLS, 60 + i % POOLS, 0, { 0 } };

		s.wait = (struct trace_go_park){ R_RECV, 1 + i % POOLS, 1, 1, &obj };
		put(g, (struct trace_rec){ .type = TRACE_SNAP_GO, .goid = FIRST_WORKER + i, .snap_go = s });
	}
	put(g, (struct trace_rec){ .type = TRACE_SNAP_END, .snap_end = { 0, WORKERS, 0, false, false } });
}

static void step_new(struct gen *g, struct flight *f)
{
	*f = (struct flight){ .goid = g->next_goid++, .kind = pick(g, KINDS), .step = ST_MAKE };
	put(g, (struct trace_rec){ .type = TRACE_GO_CREATE,
	                           .goid = 10 + f->kind % 8,
	                           .create = { f->goid, 200 + f->kind % 20, 300 + f->kind, 100 + f->kind % 20, 0 } });
}

static void step_make(struct gen *g, struct flight *f)
{
	do
		f->slot = pick(g, ADDRS);
	while (g->used[f->slot]);
	g->used[f->slot] = true;
	f->chan = g->next_chan++;
	put(g, (struct trace_rec){ .type = TRACE_DEF_CHAN,
	                           .def_chan = { f->chan, 0xc002000000 + f->slot * 96, ++g->gens[f->slot] } });
	put(g, (struct trace_rec){ .type = TRACE_CHAN_MAKE,
	                           .goid = f->goid,
	                           .make = { f->chan, f->kind & 1, 16, 200 + f->kind, false } });
	f->step = ST_ASK;
}

/* A request gives a worker its job and waits for the answer; half of them in a select with a context. */
static void step_ask(struct gen *g, struct flight *f)
{
	struct trace_obj objs[2] = { { TRACE_OBJ_CHAN, TRACE_DIR_RECV, f->chan },
		                     { TRACE_OBJ_CHAN, TRACE_DIR_RECV, POOLS + 1 + f->kind % (SHARED - POOLS) } };
	bool is_select = f->kind & 2;

	f->worker = pick(g, WORKERS / POOLS) * POOLS + f->kind % POOLS;
	f->holds_worker = !g->busy[f->worker];
	if (f->holds_worker) {
		g->busy[f->worker] = true;
		ready(g, f->goid, FIRST_WORKER + f->worker, TRACE_CAUSE_SEND, shared_of(f->worker),
		      400 + f->kind * 4 + pick(g, 4));
	}
	park(g, f->goid, is_select ? R_SELECT : R_RECV, 800 + f->kind * 8 + pick(g, 8), objs, is_select ? 2 : 1);
	f->step = ST_ANSWER;
}

static void step_answer(struct gen *g, struct flight *f)
{
	struct trace_obj own = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, f->chan }, job = shared_of(f->worker);
	uint64_t worker = f->holds_worker ? FIRST_WORKER + f->worker : 20 + f->kind % 8;

	ready(g, worker, f->goid, TRACE_CAUSE_SEND, own, 1400 + f->kind * 4 + pick(g, 4));
	if (f->holds_worker)
		park(g, worker, R_RECV, 1 + f->worker % POOLS, &job, 1);
	g->busy[f->worker] &= !f->holds_worker;
	f->step = f->kind % 4 ? ST_DONE : ST_LOCK;
}

static void step_lock(struct gen *g, struct flight *f)
{
	struct trace_obj obj = { TRACE_OBJ_SYNC, TRACE_DIR_WRITE_LOCK, 1 + pick(g, LOCKS) };

	f->lock = obj.id;
	park(g, f->goid, R_MUTEX, 1700 + f->kind * 4 + pick(g, 4), &obj, 1);
	f->step = ST_UNLOCK;
}

static void step_unlock(struct gen *g, struct flight *f)
{
	struct trace_obj obj = { TRACE_OBJ_SYNC, TRACE_DIR_WRITE_LOCK, f->lock };

	ready(g, 30 + f->lock % 8, f->goid, TRACE_CAUSE_UNLOCK, obj, 2000 + f->kind);
	f->step = ST_DONE;
}

static void step_done(struct gen *g, struct flight *f)
{
	if (f->kind % 3)
		put(g, (struct trace_rec){
		               .type = TRACE_CHAN_CLOSE, .goid = f->goid, .close = { f->chan, 2300 + f->kind } });
	put(g, (struct trace_rec){ .type = TRACE_GO_EXIT, .goid = f->goid });
	g->used[f->slot] = false;
	f->step = ST_NEW;
}

static void advance(struct gen *g, struct flight *f)
{
	static void (*const steps[])(struct gen *, struct flight *) = {
		[ST_NEW] = step_new,   [ST_MAKE] = step_make,     [ST_ASK] = step_ask,  [ST_ANSWER] = step_answer,
		[ST_LOCK] = step_lock, [ST_UNLOCK] = step_unlock, [ST_DONE] = step_done
	};

	steps[f->step](g, f);
}

/* Two goroutines that hand a value back and forth. */
static void pingpong(struct gen *g, uint64_t events)
{
	for (uint64_t i = 0; g->events < events; i++) {
		uint64_t me = FIRST_WORKER + (i & 1), other = FIRST_WORKER + (~i & 1);
		struct trace_obj from = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 + (i & 1) };
		struct trace_obj to = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 + (~i & 1) };

		ready(g, me, other, TRACE_CAUSE_SEND, to, 3 + (i & 1));
		park(g, me, R_RECV, 1 + (i & 1), &from, 1);
	}
}

static void define_conds(struct gen *g)
{
	put_string(g, 7 + FUNCS, "sync.Cond.Wait");
	put(g, (struct trace_rec){ .type = TRACE_DEF_REASON, .def_reason = { R_COND, TRACE_WAIT_COND, 7 + FUNCS } });
	for (uint32_t i = 0; i < CONNS; i++)
		put(g, (struct trace_rec){ .type = TRACE_DEF_SYNC,
		                           .def_sync = { FIRST_COND + i, TRACE_SYNC_COND, 0xc003000000 + i * 64 } });
}

/* The next of the six events that a recording of net/http has for a request. */
static void http_step(struct gen *g, struct flight *f, uint32_t conn)
{
	struct trace_obj cond = { TRACE_OBJ_SYNC, TRACE_DIR_NONE, FIRST_COND + conn };
	struct trace_obj none = { TRACE_OBJ_NONE, TRACE_DIR_NONE, 0 }, fd = { TRACE_OBJ_FD, TRACE_DIR_NONE, 7 + conn };
	uint64_t me = FIRST_WORKER + conn;

	switch (f->step) {
	case ST_NEW:
		ready(g, 0, me, TRACE_CAUSE_NETWORK, none, 0);
		break;
	case ST_MAKE:
		f->goid = g->next_goid++;
		put(g,
		    (struct trace_rec){ .type = TRACE_GO_CREATE, .goid = me, .create = { f->goid, 200, 300, 100, 0 } });
		break;
	case ST_ASK:
		park(g, me, R_COND, 800, &cond, 1);
		break;
	case ST_ANSWER:
		ready(g, f->goid, me, TRACE_CAUSE_COND, cond, 1400);
		break;
	case ST_LOCK:
		put(g, (struct trace_rec){ .type = TRACE_GO_EXIT, .goid = f->goid });
		break;
	default:
		park(g, me, R_NETWORK, 900, &fd, 1);
		break;
	}
	f->step = f->step == ST_UNLOCK ? ST_NEW : f->step + 1;
}

/* Requests arrive at random on the connections; each has a goroutine that watches for the client to leave. */
static void http(struct gen *g, uint64_t events)
{
	define_conds(g);
	while (g->events < events) {
		uint32_t conn = pick(g, CONNS), n = 1 + pick(g, 6);

		for (uint32_t i = 0; i < n; i++)
			http_step(g, &g->flights[conn], conn);
	}
}

int main(int argc, char **argv)
{
	static struct gen g = { .rng = 88172645463325252ull, .next_goid = FIRST_REQUEST };
	struct trace_meta meta = { .recorder = "gen-trace",
		                   .exe = "/usr/bin/shop",
		                   .module = "example.com/shop",
		                   .go_version = "go1.26",
		                   .events = TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC };
	bool is_pingpong = argc == 4 && !strcmp(argv[3], "pingpong"), is_http = argc == 4 && !strcmp(argv[3], "http");
	bool is_usable = argc == 3 || is_pingpong || is_http;
	uint64_t events = is_usable ? strtoull(argv[1], NULL, 0) : 0;
	int fd = is_usable ? open(argv[2], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : -1;

	if (!events || fd < 0 || trace_writer_open(&g.w, fd, &meta, &g.err)) {
		fprintf(stderr, "usage: gen-trace EVENTS FILE [pingpong|http]\n");
		return 2;
	}
	define_reasons(&g);
	define_code(&g);
	define_objects(&g);
	snapshot(&g);
	if (is_pingpong)
		pingpong(&g, events);
	if (is_http)
		http(&g, events);
	while (g.events < events)
		advance(&g, &g.flights[pick(&g, FLIGHTS)]);
	if (trace_writer_end(g.w, &(struct trace_end){ .duration = g.time, .events = g.events }, &g.err)) {
		fprintf(stderr, "gen-trace: %s\n", g.err.msg);
		return 1;
	}
	trace_writer_free(g.w);
	close(fd);
	return 0;
}
