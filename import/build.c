// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/build.h"

#include <errno.h>
#include <string.h>

#include "format/waitclass.h"
#include "gobin/gobin.h"

#define HASHED_MAX (32ull << 30)

#define END_SNAPSHOT 1

/* FNV-1a, with the kind of definition in front. */
static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static uint64_t hash_kind(enum trace_type type)
{
	uint8_t t = (uint8_t)type;

	return hash_bytes(0xcbf29ce484222325ull, &t, 1);
}

/* The id of what has this hash; a new one gets the next of *n. NULL: out of memory. */
static uint64_t *id_of(struct import_build *b, uint64_t hash, uint32_t *n, bool *added)
{
	uint64_t *slot = map_put(&b->ids, hash, added);

	if (slot && *added)
		*slot = ++*n;
	return slot;
}

static int put_string(struct import_build *b, const char *s, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_STRING };
	uint64_t *slot;
	bool added;

	*id = 0;
	if (!*s)
		return 0;
	b->hashed += strlen(s);
	if (b->hashed > HASHED_MAX)
		return err_set(err, EFBIG, "its stacks have more text than any program's");
	slot = id_of(b, hash_bytes(hash_kind(TRACE_DEF_STRING), s, strlen(s)), &b->nstrings, &added);
	if (!slot)
		return err_nomem(err);
	*id = rec.def_string.id = (uint32_t)*slot;
	rec.def_string.s = s;
	return added ? trace_write(b->w, &rec, err) : 0;
}

static int put_func(struct import_build *b, const struct import_frame *f, uint32_t *id, uint32_t *file, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_FUNC };
	uint32_t key[2] = { 0 };
	uint64_t *slot;
	bool added;

	if (put_string(b, f->func, &key[0], err) || put_string(b, f->file, &key[1], err))
		return err->code;
	slot = id_of(b, hash_bytes(hash_kind(TRACE_DEF_FUNC), key, sizeof(key)), &b->nfuncs, &added);
	if (!slot)
		return err_nomem(err);
	*id = rec.def_func.id = (uint32_t)*slot;
	*file = rec.def_func.file = key[1];
	rec.def_func.name = key[0];
	return added ? trace_write(b->w, &rec, err) : 0;
}

static int put_frame(struct import_build *b, const struct import_frame *f, uint32_t *id, struct err *err)
{
	struct trace_frame_line line = { .func = 0, .file = 0, .line = f->line };
	struct trace_rec rec = { .type = TRACE_DEF_FRAME, .def_frame = { .nlines = 1, .lines = &line } };
	uint8_t key[sizeof(line)] = { 0 };
	uint64_t *slot;
	bool added;

	if (put_func(b, f, &line.func, &line.file, err))
		return err->code;
	memcpy(key, &line, sizeof(key));
	slot = id_of(b, hash_bytes(hash_kind(TRACE_DEF_FRAME), key, sizeof(key)), &b->nframes, &added);
	if (!slot)
		return err_nomem(err);
	*id = rec.def_frame.id = (uint32_t)*slot;
	/* Nobody knows the address, but frames are told apart by it. */
	rec.def_frame.pc = *slot;
	return added ? trace_write(b->w, &rec, err) : 0;
}

static int put_stack(struct import_build *b, const struct import_goroutine *g, uint32_t *id, struct err *err)
{
	uint32_t n = g->nframes < TRACE_MAX_FRAMES ? g->nframes : TRACE_MAX_FRAMES, frames[TRACE_MAX_FRAMES];
	struct trace_rec rec = { .type = TRACE_DEF_STACK, .def_stack = { .nframes = n, .frames = frames } };
	uint64_t *slot;
	bool added;

	*id = 0;
	for (uint32_t i = 0; i < n; i++)
		if (put_frame(b, &g->frames[i], &frames[i], err))
			return err->code;
	if (!n)
		return 0;
	rec.def_stack.flags = g->is_cut || n < g->nframes ? TRACE_STACK_TRUNCATED : 0;
	slot = id_of(b, hash_bytes(hash_kind(TRACE_DEF_STACK) + rec.def_stack.flags, frames, n * sizeof(*frames)),
	             &b->nstacks, &added);
	if (!slot)
		return err_nomem(err);
	*id = rec.def_stack.id = (uint32_t)*slot;
	return added ? trace_write(b->w, &rec, err) : 0;
}

static int put_reason(struct import_build *b, const char *name, uint32_t *id, uint8_t *class, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_REASON };
	uint64_t *slot;
	bool added;

	*id = 0;
	*class = wait_class_by_reason(name);
	if (put_string(b, name, &rec.def_reason.name, err))
		return err->code;
	/* Damaged text may have any number of reasons; the format has 256. */
	if (b->nreasons == TRACE_MAX_REASONS &&
	    !map_get(&b->ids, hash_bytes(hash_kind(TRACE_DEF_REASON), &rec.def_reason.name, sizeof(uint32_t))))
		return 0;
	slot = id_of(b, hash_bytes(hash_kind(TRACE_DEF_REASON), &rec.def_reason.name, sizeof(uint32_t)), &b->nreasons,
	             &added);
	if (!slot)
		return err_nomem(err);
	*id = rec.def_reason.id = (uint32_t)*slot;
	rec.def_reason.class = *class;
	return added ? trace_write(b->w, &rec, err) : 0;
}

int import_build_begin(struct import_build *b, int fd, uint8_t way, int64_t wall, struct err *err)
{
	const struct trace_meta meta = {
		.recorder = "chanrec " CHANREC_VERSION, .way = way, .start_wall = wall, .arch = "", .exe = ""
	};
	const struct trace_rec begin = { .type = TRACE_SNAP_BEGIN, .snap_begin = { .which = END_SNAPSHOT } };

	memset(b, 0, sizeof(*b));
	if (trace_writer_open(&b->w, fd, &meta, err))
		return err->code;
	return trace_write(b->w, &begin, err);
}

static int put_stuck(struct import_build *b, uint64_t goid, struct err *err)
{
	const struct trace_rec rec = { .type = TRACE_SNAP_UNHELD,
		                       .goid = goid,
		                       .snap_unheld = { .which = END_SNAPSHOT } };

	b->is_dead = true;
	return trace_write(b->w, &rec, err);
}

int import_build_goroutines(struct import_build *b, const struct import_goroutine *g, uint64_t n, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_SNAP_GO, .goid = g->goid };
	struct trace_snap_go *s = &rec.snap_go;
	uint8_t class = TRACE_WAIT_OTHER;

	s->which = END_SNAPSHOT;
	s->state = g->state;
	s->parent = g->parent;
	if (put_stack(b, g, &s->wait.stack, err))
		return err->code;
	if (g->site.func && put_frame(b, &g->site, &s->site, err))
		return err->code;
	if (g->nframes && !g->is_cut) {
		/* The function, at whatever line: goroutines of one function are alike. */
		struct import_frame entry = g->frames[g->nframes - 1];

		entry.line = 0;
		if (go_is_system_entry(entry.func))
			s->flags |= TRACE_GO_SYSTEM;
		if (put_frame(b, &entry, &s->entry, err))
			return err->code;
	}
	if (g->state == TRACE_GO_WAITING) {
		s->wait_since = g->since;
		if (g->reason && put_reason(b, g->reason, &s->wait.reason, &class, err))
			return err->code;
	}
	for (uint64_t i = 0; i < n; i++, rec.goid++) {
		b->goroutines++;
		if (trace_write(b->w, &rec, err))
			return err->code;
		if (g->is_stuck && !wait_class_of(class)->is_idle && put_stuck(b, rec.goid, err))
			return err->code;
	}
	return 0;
}

int import_build_goroutine(struct import_build *b, const struct import_goroutine *g, struct err *err)
{
	return import_build_goroutines(b, g, 1, err);
}

int import_build_end(struct import_build *b, const char *reason, struct err *err)
{
	const struct trace_rec rec = {
		.type = TRACE_SNAP_END,
		.snap_end = { .which = END_SNAPSHOT, .goroutines = b->goroutines, .searched = b->is_dead },
	};
	const struct trace_end end = { .reason = reason };

	if (trace_write(b->w, &rec, err))
		return err->code;
	return trace_writer_end(b->w, &end, err);
}

void import_build_free(struct import_build *b)
{
	trace_writer_free(b->w);
	map_free(&b->ids);
	b->w = NULL;
}
