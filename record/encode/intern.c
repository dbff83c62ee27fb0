// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/encode/intern.h"

#include <errno.h>
#include <string.h>

#include "util/redact.h"

#define TEXT_KEY (1ull << 63) /* no pointer has this bit */
#define NAMES_MAX 48          /* of a stack; enough to tell what it waits for */

int intern_init(struct intern *in, const struct gobin *bin, uint64_t bias, struct trace_writer *w, struct err *err)
{
	memset(in, 0, sizeof(*in));
	in->bin = bin;
	in->bias = bias;
	in->w = w;
	in->nreasons = wait_reasons_of(bin, in->reason, WAIT_REASONS_MAX);
	if (in->nreasons < 0)
		in->nreasons = 0;
	return gobin_layout(bin, &in->layout, err);
}

void intern_redact(struct intern *in)
{
	in->redact = true;
	in->salt = redact_salt();
}

void intern_free(struct intern *in)
{
	map_free(&in->strings);
	map_free(&in->funcs);
	map_free(&in->frames);
	map_free(&in->stacks);
	map_free(&in->chans);
	map_free(&in->syncs);
	vec_free(&in->infos);
}

/*
 * The format refuses a definition when there are more of its kind than it has
 * numbers for, which only a target that lies can bring about. The records that
 * need it are then refused one by one, and the recording goes on.
 */
static int define(struct intern *in, const struct trace_rec *rec, struct err *err)
{
	int ret = trace_write(in->w, rec, err);

	if (ret != -EINVAL)
		return ret;
	in->refused++;
	if (err)
		*err = (struct err){ 0 };
	return 0;
}

static int intern_keyed(struct intern *in, uint64_t key, const char *s, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_STRING };
	uint64_t *slot;
	bool added;

	*id = 0;
	slot = map_put(&in->strings, key, &added);
	if (!slot)
		return err_nomem(err);
	if (added) {
		*slot = in->strings.n;
		rec.def_string.id = (uint32_t)*slot;
		rec.def_string.s = s;
		if (define(in, &rec, err))
			return err->code;
	}
	*id = (uint32_t)*slot;
	return 0;
}

/* gobin's strings live as long as gobin, so the pointer identifies the string. */
static int intern_string(struct intern *in, const char *s, uint32_t *id, struct err *err)
{
	*id = 0;
	return s && *s ? intern_keyed(in, (uintptr_t)s, s, id, err) : 0;
}

static uint64_t hash_text(uint64_t salt, const char *s)
{
	uint64_t h = hash_u64(salt ^ strlen(s));

	for (; *s; s++)
		h = hash_u64(h ^ (uint8_t)*s);
	return h;
}

int intern_text(struct intern *in, const char *s, bool is_secret, uint32_t *id, struct err *err)
{
	uint64_t h = hash_text(in->salt, s);
	char hash[REDACT_HASH];

	*id = 0;
	if (!*s)
		return 0;
	if (in->redact && is_secret) {
		s = redact_hash(hash, in->salt, s);
		h = hash_text(~in->salt, s);
	}
	return intern_keyed(in, h | TEXT_KEY, s, id, err);
}

static int intern_redacted(struct intern *in, struct buf *b, uint32_t *id, struct err *err)
{
	int ret = -ENOMEM;

	buf_put_u8(b, 0);
	if (!buf_failed(b))
		ret = intern_text(in, (const char *)b->data, false, id, err);
	buf_free(b);
	return ret == -ENOMEM ? err_nomem(err) : ret;
}

static int intern_symbol(struct intern *in, const char *name, uint32_t *id, struct err *err)
{
	struct buf b = { 0 };

	if (!in->redact || !name)
		return intern_string(in, name, id, err);
	redact_symbol(&b, name);
	return intern_redacted(in, &b, id, err);
}

static int intern_path(struct intern *in, const struct go_line *l, uint32_t *id, struct err *err)
{
	struct buf b = { 0 };

	if (!in->redact || !l->file)
		return intern_string(in, l->file, id, err);
	redact_source(&b, l->func ? l->func : "", l->file);
	return intern_redacted(in, &b, id, err);
}

static int intern_func(struct intern *in, const struct go_line *l, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_FUNC };
	uint64_t key = (uintptr_t)l->func * 2 + l->wrapper, *slot;
	bool added;

	slot = map_put(&in->funcs, key, &added);
	if (!slot)
		return err_nomem(err);
	if (added) {
		*slot = in->funcs.n;
		rec.def_func.id = (uint32_t)*slot;
		rec.def_func.start_line = l->start_line;
		rec.def_func.flags = l->wrapper ? TRACE_FUNC_WRAPPER : 0;
		if (intern_symbol(in, l->func, &rec.def_func.name, err) ||
		    intern_path(in, l, &rec.def_func.file, err) || define(in, &rec, err))
			return err->code;
		/* Writing may have moved the map. */
		slot = map_get(&in->funcs, key);
	}
	*id = (uint32_t)*slot;
	return 0;
}

int intern_frame(struct intern *in, uint64_t pc, bool is_return, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_FRAME };
	struct trace_frame_line out[TRACE_MAX_INLINE];
	struct go_line lines[TRACE_MAX_INLINE];
	uint64_t at = pc - in->bias - (is_return ? 1 : 0), *slot;
	bool added;
	int n;

	*id = 0;
	if (!pc)
		return 0;
	slot = map_put(&in->frames, at, &added);
	if (!slot)
		return err_nomem(err);
	*id = (uint32_t)*slot;
	if (!added)
		return 0;
	*id = (uint32_t)(*slot = in->frames.n);
	n = gobin_lines(in->bin, at, lines, TRACE_MAX_INLINE);
	in->unresolved += n == 0;
	for (int i = 0; i < n; i++) {
		out[i].line = lines[i].line;
		if (intern_func(in, &lines[i], &out[i].func, err) || intern_path(in, &lines[i], &out[i].file, err))
			return err->code;
	}
	rec.def_frame.id = *id;
	rec.def_frame.pc = at;
	rec.def_frame.nlines = (uint32_t)n;
	rec.def_frame.lines = out;
	return define(in, &rec, err);
}

int intern_variable(struct intern *in, uint64_t addr, uint32_t *name, uint64_t *offset, struct err *err)
{
	const char *s = gobin_variable(in->bin, addr, offset);

	return intern_symbol(in, s, name, err);
}

uint64_t stack_hash(const uint64_t *pcs, uint32_t n)
{
	uint64_t h = 0;

	for (uint32_t i = 0; i < n; i++) {
		h ^= pcs[i];
		h *= 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return h ? h : 1;
}

const struct stack_info *intern_stack_info(const struct intern *in, uint64_t hash)
{
	const uint64_t *slot = map_get(&in->stacks, hash);

	return slot ? &in->infos.v[*slot - 1] : NULL;
}

/*
 * Whether a goroutine's or a thread's stack begins in this function: the frames
 * after it do not belong to it. morestack switches to g0's stack; when newstack
 * then runs other goroutines, its caller has nothing to do with what they do.
 */
static bool is_stack_base(const char *func)
{
	static const char *const base[] = { "runtime.goexit", "runtime.mstart",   "runtime.mstart0",  "runtime.rt0_go",
		                            "runtime.mcall",  "runtime.sigtramp", "runtime.morestack" };

	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		if (strcmp(func, base[i]) == 0)
			return true;
	return false;
}

/* The result of the first pass over a stack's frames. */
struct stack_scan {
	const char *names[NAMES_MAX];
	size_t nnames;
	uint32_t nframes; /* number of frames to keep */
	bool whole;       /* the base of the stack was reached */
	bool is_return[TRACE_MAX_FRAMES];
};

static void stack_scan(struct intern *in, const uint64_t *pcs, uint32_t n, bool exact_leaf, struct stack_scan *s)
{
	struct go_line lines[TRACE_MAX_INLINE];
	bool exact = exact_leaf;

	s->nnames = 0;
	s->nframes = n;
	s->whole = false;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = pcs[i] - in->bias - (exact ? 0 : 1);
		int k = gobin_lines(in->bin, at, lines, TRACE_MAX_INLINE);

		s->is_return[i] = !exact;
		if (k > 0 && is_stack_base(lines[k - 1].func)) {
			s->whole = true;
			/* A goroutine stopped in goexit has no other frames. */
			s->nframes = i ? i : 1;
			return;
		}
		for (int j = 0; j < k && s->nnames < NAMES_MAX; j++)
			s->names[s->nnames++] = lines[j].func;
		exact = k > 0 && stack_is_trap(lines[k - 1].func);
	}
}

int intern_stack(struct intern *in, uint64_t hash, const uint64_t *pcs, uint32_t n, bool cut, bool exact_leaf,
                 struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_STACK };
	struct stack_info info = { 0 };
	uint32_t frames[TRACE_MAX_FRAMES];
	struct stack_scan scan;
	uint64_t *slot;
	bool added;

	if (n > TRACE_MAX_FRAMES)
		n = TRACE_MAX_FRAMES;
	slot = map_put(&in->stacks, hash, &added);
	if (!slot)
		return err_nomem(err);
	if (!added)
		return 0;
	*slot = in->infos.n + 1;
	stack_scan(in, pcs, n, exact_leaf, &scan);
	stack_info_classify(&info, scan.names, scan.nnames, &in->layout);
	if (scan.nframes) {
		for (uint32_t i = 0; i < scan.nframes; i++)
			if (intern_frame(in, pcs[i], scan.is_return[i], &frames[i], err))
				return err->code;
		info.id = ++in->nstacks;
		rec.def_stack.id = info.id;
		rec.def_stack.flags = scan.whole && !cut ? 0 : TRACE_STACK_TRUNCATED;
		rec.def_stack.nframes = scan.nframes;
		rec.def_stack.frames = frames;
		in->truncated += !scan.whole || cut;
		if (define(in, &rec, err))
			return err->code;
	}
	return vec_push(&in->infos, info) ? err_nomem(err) : 0;
}

int intern_chan(struct intern *in, uint64_t addr, bool made, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_CHAN };
	uint64_t *slot;
	bool added;

	*id = 0;
	if (!addr)
		return 0;
	slot = map_put(&in->chans, addr, &added);
	if (!slot)
		return err_nomem(err);
	if (added || made) {
		/* A new channel may reuse an address after a garbage collection: start a new generation. */
		uint64_t gen = (*slot >> 32) + 1;

		*slot = ++in->nchans | gen << 32;
		rec.def_chan.id = in->nchans;
		rec.def_chan.addr = addr;
		rec.def_chan.gen = (uint32_t)gen;
		if (define(in, &rec, err))
			return err->code;
	}
	*id = (uint32_t)*slot;
	return 0;
}

int intern_sync(struct intern *in, uint8_t kind, uint64_t addr, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_SYNC };
	/*
	 * A Cond and its first field, or a struct and its mutex, have the same
	 * address, so the kind is part of the key.
	 */
	uint64_t key = addr ^ (uint64_t)kind << 56, *slot;
	bool added;

	*id = 0;
	if (!addr)
		return 0;
	slot = map_put(&in->syncs, key, &added);
	if (!slot)
		return err_nomem(err);
	if (added) {
		*slot = ++in->nsyncs;
		rec.def_sync.id = in->nsyncs;
		rec.def_sync.kind = kind;
		rec.def_sync.addr = addr;
		if (define(in, &rec, err))
			return err->code;
	}
	*id = (uint32_t)*slot;
	return 0;
}

uint8_t intern_reason_class(const struct intern *in, uint32_t number)
{
	return number < (uint32_t)in->nreasons ? in->reason[number].class : TRACE_WAIT_OTHER;
}

int intern_reason(struct intern *in, uint32_t number, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_REASON };
	const char *name = "unknown wait reason";

	number &= 255;
	*id = number + 1;
	if (in->reasons[number / 64] >> (number % 64) & 1)
		return 0;
	in->reasons[number / 64] |= 1ull << (number % 64);
	if (number < (uint32_t)in->nreasons)
		name = in->reason[number].name;
	rec.def_reason.id = *id;
	rec.def_reason.class = intern_reason_class(in, number);
	if (intern_string(in, name, &rec.def_reason.name, err))
		return err->code;
	return define(in, &rec, err);
}
