/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_BUILD_H
#define CHANREC_TESTS_TRACE_BUILD_H

/*
 * Builds a trace by hand: tb_park(&t, MS(3), 7, RECV, ch, at). Definitions are
 * written as they are needed. A place is "func file:line"; a stack is such
 * places from the innermost out, separated by '|'. The result is read back from
 * a file, as the command does. Include cmocka first.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/trace.h"
#include "report/analyze/report.h"

#define US(n) ((int64_t)(n)*1000)
#define MS(n) ((int64_t)(n)*1000000)
#define SEC(n) ((int64_t)(n)*1000000000)
#define TB_NAMES 4096

struct tb_name {
	char *text;
	uint32_t id;
};

struct tb_names {
	struct tb_name v[TB_NAMES];
	uint32_t n;
};

struct tb {
	int fd;
	char path[64];
	struct trace_meta meta;
	struct trace_writer *w;
	struct tb_names *strings, *funcs, *frames, *stacks;
	uint32_t chans, syncs;
	bool reasons[64];
	uint64_t events;
	bool exited; /* the target; for the end */
	int64_t duration;
	uint64_t samples;
	struct err err;
};

static const struct trace_probe tb_probes[] = {
	{ "go.park", "runtime.gopark", 0x43a1c5, "push rbp", TRACE_PROBE_ATTACHED, false, "" },
	{ "go.ready", "runtime.ready", 0x43b2e1, "push rbp", TRACE_PROBE_ATTACHED, false, "" },
	{ "chan.make", "runtime.makechan64", 0, "", TRACE_PROBE_MISSING, false, "the program has no such function" },
};

static inline struct trace_meta tb_meta(void)
{
	return (struct trace_meta){ .recorder = "chanrec test",
		                    .exe = "/srv/shop/shop",
		                    .command = "/srv/shop/shop -addr :8080",
		                    .build_id = "abc123",
		                    .go_version = "go1.23.1",
		                    .module = "example.org/shop",
		                    .kernel = "6.1.0",
		                    .host = "host",
		                    .arch = "amd64",
		                    .offsets_from = "table",
		                    .symbols_from = ".gopclntab",
		                    .pid = 4242,
		                    .cpus = 4,
		                    .events = TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC,
		                    .start_wall = 1732414233123456789,
		                    .nprobes = 3,
		                    .probes = tb_probes };
}

static inline void tb_start(struct tb *t)
{
	t->fd = memfd_create("trace", 0);
	assert_true(t->fd >= 0);
	snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", t->fd);
	t->strings = calloc(4, sizeof(*t->strings));
	assert_non_null(t->strings);
	t->funcs = t->strings + 1;
	t->frames = t->strings + 2;
	t->stacks = t->strings + 3;
	assert_int_equal(trace_writer_open(&t->w, t->fd, &t->meta, &t->err), 0);
}

static inline struct tb tb_new(void)
{
	struct tb t = { .meta = tb_meta() };

	tb_start(&t);
	return t;
}

static inline struct tb tb_new_ops(void)
{
	struct tb t = { .meta = tb_meta() };

	t.meta.events |= TRACE_EVENTS_OPS;
	tb_start(&t);
	return t;
}

static inline void tb_rec(struct tb *t, const struct trace_rec *r)
{
	int ret = trace_write(t->w, r, &t->err);

	if (ret)
		fail_msg("trace_write: %s", t->err.msg);
	t->events += !trace_type_is_def(r->type) && r->type < TRACE_SNAP_BEGIN;
	if (!trace_type_is_def(r->type) && r->time > t->duration)
		t->duration = r->time;
}

static inline uint32_t tb_name(struct tb_names *names, const char *text, bool *added)
{
	*added = false;
	for (uint32_t i = 0; i < names->n; i++)
		if (!strcmp(names->v[i].text, text))
			return names->v[i].id;
	assert_true(names->n < TB_NAMES);
	*added = true;
	names->v[names->n].text = strdup(text);
	names->v[names->n].id = names->n + 1;
	return ++names->n;
}

static inline uint32_t tb_str(struct tb *t, const char *s)
{
	bool added;
	uint32_t id = tb_name(t->strings, s, &added);

	if (added)
		tb_rec(t, &(struct trace_rec){ .type = TRACE_DEF_STRING, .def_string = { .id = id, .s = s } });
	return id;
}

/* A frame of calls that share one pc: "inner file:line+outer file:line". A blank in a name is written as \t. */
static inline uint32_t tb_frame(struct tb *t, const char *text)
{
	struct trace_frame_line lines[8];
	char copy[2048], *save, *call;
	uint32_t n = 0, id;
	bool added;

	if (!text || !*text)
		return 0;
	id = tb_name(t->frames, text, &added);
	if (!added)
		return id;
	snprintf(copy, sizeof(copy), "%s", text);
	for (call = strtok_r(copy, "+", &save); call && strcmp(call, "?"); call = strtok_r(NULL, "+", &save)) {
		char *file = strrchr(call, ' '), *line;
		bool new_func;

		assert_non_null(file);
		*file++ = 0;
		line = strrchr(file, ':');
		assert_non_null(line);
		*line++ = 0;
		for (char *p = call; *p; p++)
			*p = *p == '\t' ? ' ' : *p;
		lines[n].func = tb_name(t->funcs, call, &new_func);
		lines[n].file = tb_str(t, file);
		lines[n].line = (uint32_t)atoi(line);
		if (new_func)
			tb_rec(t, &(struct trace_rec){ .type = TRACE_DEF_FUNC,
			                               .def_func = { .id = lines[n].func,
			                                             .name = tb_str(t, call),
			                                             .file = lines[n].file } });
		n++;
	}
	tb_rec(t,
	       &(struct trace_rec){ .type = TRACE_DEF_FRAME,
	                            .def_frame = { .id = id, .pc = 0x400000 + id * 16, .nlines = n, .lines = lines } });
	return id;
}

static inline uint32_t tb_stack_flags(struct tb *t, const char *text, uint32_t flags)
{
	uint32_t frames[TRACE_MAX_FRAMES], n = 0, id;
	char copy[8192], *save, *f;
	bool added;

	if (!text || !*text)
		return 0;
	id = tb_name(t->stacks, text, &added);
	if (!added)
		return id;
	snprintf(copy, sizeof(copy), "%s", text);
	for (f = strtok_r(copy, "|", &save); f; f = strtok_r(NULL, "|", &save))
		frames[n++] = tb_frame(t, f);
	tb_rec(t, &(struct trace_rec){ .type = TRACE_DEF_STACK,
	                               .def_stack = { .id = id, .flags = flags, .nframes = n, .frames = frames } });
	return id;
}

static inline uint32_t tb_stack(struct tb *t, const char *text)
{
	return tb_stack_flags(t, text, 0);
}

/* Go 1.23's names of the classes. */
static inline const char *tb_reason_name(uint8_t class)
{
	static const char *const names[] = {
		[TRACE_WAIT_OTHER] = "something else",
		[TRACE_WAIT_RECV] = "chan receive",
		[TRACE_WAIT_SEND] = "chan send",
		[TRACE_WAIT_SELECT] = "select",
		[TRACE_WAIT_NIL_RECV] = "chan receive (nil chan)",
		[TRACE_WAIT_NIL_SEND] = "chan send (nil chan)",
		[TRACE_WAIT_EMPTY_SELECT] = "select (no cases)",
		[TRACE_WAIT_SLEEP] = "sleep",
		[TRACE_WAIT_SEMACQUIRE] = "semacquire",
		[TRACE_WAIT_MUTEX] = "sync.Mutex.Lock",
		[TRACE_WAIT_RWMUTEX_R] = "sync.RWMutex.RLock",
		[TRACE_WAIT_RWMUTEX_W] = "sync.RWMutex.Lock",
		[TRACE_WAIT_WAITGROUP] = "sync.WaitGroup.Wait",
		[TRACE_WAIT_COND] = "sync.Cond.Wait",
		[TRACE_WAIT_NETWORK] = "IO wait",
		[TRACE_WAIT_SYSTEM] = "GC worker (idle)",
		[TRACE_WAIT_COROUTINE] = "coroutine",
		[TRACE_WAIT_SYNCTEST] = "synctest.Wait",
	};

	return names[class];
}

static inline uint32_t tb_reason(struct tb *t, uint8_t class)
{
	uint32_t id = class + 1u;

	if (!t->reasons[class])
		tb_rec(t,
		       &(struct trace_rec){
		               .type = TRACE_DEF_REASON,
		               .def_reason = { .id = id, .class = class, .name = tb_str(t, tb_reason_name(class)) } });
	t->reasons[class] = true;
	return id;
}

static inline struct trace_obj tb_chan(struct tb *t)
{
	uint32_t id = ++t->chans;

	tb_rec(t, &(struct trace_rec){ .type = TRACE_DEF_CHAN,
	                               .def_chan = { .id = id, .addr = 0xc000010000 + id * 96, .gen = 1 } });
	return (struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = id };
}

static inline struct trace_obj tb_sync(struct tb *t, uint8_t kind)
{
	uint32_t id = ++t->syncs;

	tb_rec(t, &(struct trace_rec){ .type = TRACE_DEF_SYNC,
	                               .def_sync = { .id = id, .kind = kind, .addr = 0xc000020000 + id * 8 } });
	return (struct trace_obj){ .kind = TRACE_OBJ_SYNC, .id = id };
}

static const struct trace_obj tb_none = { 0 };

static inline struct trace_obj tb_dir(struct trace_obj o, uint8_t dir)
{
	o.dir = dir;
	return o;
}

static inline void tb_create(struct tb *t, int64_t at, uint64_t parent, uint64_t child, const char *site,
                             const char *entry)
{
	uint32_t s = tb_frame(t, site), e = tb_frame(t, entry), stack = tb_stack(t, site);

	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_CREATE,
	                               .time = at,
	                               .goid = parent,
	                               .create = { .child = child, .site = s, .entry = e, .stack = stack } });
}

static inline void tb_exit(struct tb *t, int64_t at, uint64_t g)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_EXIT, .time = at, .goid = g });
}

static inline struct trace_go_park tb_wait(struct tb *t, uint8_t class, const struct trace_obj *objs, uint32_t n,
                                           const char *stack)
{
	return (struct trace_go_park){
		.reason = tb_reason(t, class), .stack = tb_stack(t, stack), .nobjs = n, .nobjs_all = n, .objs = objs
	};
}

static inline void tb_park_n(struct tb *t, int64_t at, uint64_t g, uint8_t class, const struct trace_obj *objs,
                             uint32_t n, const char *stack)
{
	struct trace_go_park p = tb_wait(t, class, objs, n, stack);

	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_PARK, .time = at, .goid = g, .park = p });
}

static inline void tb_park(struct tb *t, int64_t at, uint64_t g, uint8_t class, struct trace_obj obj, const char *stack)
{
	tb_park_n(t, at, g, class, &obj, obj.kind != TRACE_OBJ_NONE, stack);
}

static inline void tb_ready(struct tb *t, int64_t at, uint64_t waker, uint64_t woken, uint8_t cause,
                            struct trace_obj obj, const char *stack)
{
	uint32_t s = tb_stack(t, stack);

	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_READY,
	                               .time = at,
	                               .goid = waker,
	                               .ready = { .woken = woken, .cause = cause, .obj = obj, .stack = s } });
}

static inline void tb_make(struct tb *t, int64_t at, uint64_t g, struct trace_obj ch, uint64_t cap, const char *stack)
{
	uint32_t s = tb_stack(t, stack);

	tb_rec(t, &(struct trace_rec){ .type = TRACE_CHAN_MAKE,
	                               .time = at,
	                               .goid = g,
	                               .make = { .chan = ch.id, .capacity = cap, .elem_size = 8, .stack = s } });
}

static inline void tb_close(struct tb *t, int64_t at, uint64_t g, struct trace_obj ch, const char *stack)
{
	uint32_t s = tb_stack(t, stack);

	tb_rec(t, &(struct trace_rec){
	                  .type = TRACE_CHAN_CLOSE, .time = at, .goid = g, .close = { .chan = ch.id, .stack = s } });
}

static inline void tb_op(struct tb *t, int64_t at, uint64_t g, struct trace_obj ch, uint8_t dir, uint8_t result)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_CHAN_OP,
	                               .time = at,
	                               .goid = g,
	                               .op = { .chan = ch.id, .dir = dir, .result = result } });
}

static inline void tb_snap_begin(struct tb *t, int64_t at, uint8_t which)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_BEGIN, .time = at, .snap_begin = { which, 0 } });
}

static inline void tb_snap_end(struct tb *t, int64_t at, uint8_t which, uint64_t n)
{
	tb_rec(t, &(struct trace_rec){
	                  .type = TRACE_SNAP_END, .time = at, .snap_end = { .which = which, .goroutines = n } });
}

/* Who has an object: a goroutine, in a frame, or (goid 0) the variable called name. n: pointers, at offset each. */
static inline void tb_owner(struct tb *t, int64_t at, struct trace_obj obj, uint64_t goid, const char *name, uint32_t n,
                            uint64_t offset, bool is_complete)
{
	struct trace_owner_step steps[TRACE_MAX_STEPS] = { 0 };
	struct trace_snap_owner o = { .which = 1,
		                      .obj = obj,
		                      .kind = goid ? TRACE_OWNER_GOROUTINE : TRACE_OWNER_VARIABLE,
		                      .flags = is_complete ? TRACE_OWNER_COMPLETE : 0,
		                      .frame = goid ? tb_frame(t, name) : 0,
		                      .name = goid ? 0 : tb_str(t, name),
		                      .addr = goid ? 0 : 0x5a0000,
		                      .distance = n,
		                      .nsteps = n < TRACE_MAX_STEPS ? n : TRACE_MAX_STEPS,
		                      .steps = steps };

	o.flags |= n > TRACE_MAX_STEPS ? TRACE_OWNER_CUT : 0;
	for (uint32_t i = 0; i < o.nsteps; i++)
		steps[i] =
		        (struct trace_owner_step){ 0xc000010000 + i * 0x100, i + 1 < o.nsteps ? offset * (i + 1) : 0 };
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_OWNER, .time = at, .goid = goid, .snap_owner = o });
}

/* A goroutine in a snapshot; class only of a waiting one. */
static inline void tb_snap_go(struct tb *t, int64_t at, uint8_t which, uint64_t g, uint8_t state, const char *site,
                              const char *entry, uint8_t class, struct trace_obj obj, int64_t since, const char *stack)
{
	struct trace_go_park p = { .stack = tb_stack(t, stack) };
	struct trace_snap_go s = { .which = which,
		                   .state = state,
		                   .site = tb_frame(t, site),
		                   .entry = tb_frame(t, entry),
		                   .wait_since = since };

	if (state == TRACE_GO_WAITING)
		p = tb_wait(t, class, &obj, obj.kind != TRACE_OBJ_NONE, stack);
	if (class == TRACE_WAIT_SYSTEM)
		s.flags = TRACE_GO_SYSTEM;
	s.parent = site && *site ? 1 : 0;
	s.wait = p;
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_GO, .time = at, .goid = g, .snap_go = s });
}

static inline void tb_snap_chan(struct tb *t, int64_t at, uint8_t which, struct trace_obj ch, uint64_t cap,
                                uint64_t len, bool closed)
{
	tb_rec(t, &(struct trace_rec){
	                  .type = TRACE_SNAP_CHAN,
	                  .time = at,
	                  .snap_chan = {
	                          .which = which, .chan = ch.id, .capacity = cap, .length = len, .closed = closed } });
}

static inline void tb_loss(struct tb *t, int64_t at, uint8_t cause, uint8_t type, uint64_t n)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_LOSS, .time = at, .loss = { cause, type, 0, n } });
}

static inline void tb_free(struct tb *t)
{
	for (int k = 0; k < 4; k++)
		for (uint32_t i = 0; i < t->strings[k].n; i++)
			free(t->strings[k].v[i].text);
	free(t->strings);
	trace_writer_free(t->w);
	close(t->fd);
}

/* Ends the trace; duration in ns, 0: up to its last record. */
static inline void tb_end(struct tb *t, int64_t duration)
{
	struct trace_end e = { .duration = duration ? duration : t->duration,
		               .events = t->events,
		               .samples = t->samples,
		               .target_exited = t->exited,
		               .reason = t->exited ? "target exited" : "interrupted" };

	if (trace_writer_end(t->w, &e, &t->err))
		fail_msg("trace_writer_end: %s", t->err.msg);
}

static inline struct report_opts tb_opts(void)
{
	return (struct report_opts){
		.model = { .since = INT64_MIN, .until = INT64_MAX, .keep_each = true, .keep_wakes = true }, .top = 20
	};
}

static inline struct report *tb_read(struct tb *t, const struct report_opts *opts)
{
	struct report *r = NULL;

	if (report_load(&r, t->path, opts, &t->err))
		fail_msg("report_load: %s", t->err.msg);
	return r;
}

/* Ends the trace, reads it back, analyses it and frees it. */
static inline struct report *tb_report_opts(struct tb *t, int64_t duration, const struct report_opts *opts)
{
	struct report *r;

	tb_end(t, duration);
	r = tb_read(t, opts);
	r->path = "trace.zst";
	tb_free(t);
	return r;
}

static inline struct report *tb_report(struct tb *t, int64_t duration)
{
	struct report_opts o = tb_opts();

	return tb_report_opts(t, duration, &o);
}

#endif
