// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gonames/funcname.h"

uint64_t *index_slot(struct map *m, uint64_t hash, index_eq_fn eq, const void *table, const void *key)
{
	for (;; hash++) {
		bool added;
		uint64_t *val = map_put(m, hash, &added);

		if (!val || added || !*val || eq(table, *val, key))
			return val;
	}
}

int symbols_init(struct symbols *s, struct err *err)
{
	*s = (struct symbols){ 0 };
	if (vec_extend(&s->strings, 1) || vec_extend(&s->canon, 1) || vec_extend(&s->funcs, 1) ||
	    vec_extend(&s->places, 1) || vec_extend(&s->lines, 1) || vec_extend(&s->frames, 1) ||
	    vec_extend(&s->stack_frames, 1) || vec_extend(&s->stacks, 1)) {
		symbols_free(s);
		return err_nomem(err);
	}
	return 0;
}

void symbols_set_module(struct symbols *s, const char *module)
{
	library_init(&s->library, module);
}

void symbols_free(struct symbols *s)
{
	for (size_t i = 0; i < s->strings.n; i++)
		free(s->strings.v[i]);
	vec_free(&s->strings);
	vec_free(&s->canon);
	vec_free(&s->funcs);
	vec_free(&s->places);
	vec_free(&s->lines);
	vec_free(&s->frames);
	vec_free(&s->stack_frames);
	vec_free(&s->stacks);
	map_free(&s->string_index);
	map_free(&s->place_index);
}

const char *symbols_string(const struct symbols *s, uint32_t id)
{
	return id && id < s->strings.n ? s->strings.v[id] : "";
}

const struct place *symbols_place(const struct symbols *s, uint32_t id)
{
	return &s->places.v[id < s->places.n ? id : 0];
}

const char *symbols_place_func(const struct symbols *s, uint32_t id)
{
	return symbols_string(s, symbols_place(s, id)->func);
}

static uint32_t canon(const struct symbols *s, uint32_t string)
{
	return string < s->canon.n ? s->canon.v[string] : 0;
}

static uint64_t hash_bytes(const char *p)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ull;
	return hash_u64(h);
}

static bool string_eq(const void *table, uint64_t i, const void *key)
{
	const struct symbols *s = table;

	return !strcmp(s->strings.v[i], key);
}

/* Definitions are dense: it is the next one, or an earlier one (*have), or the file is damaged. */
static int next_id(size_t n, uint32_t id, const char *what, bool *have, struct err *err)
{
	*have = id && id < n;
	if (!id || id > n || id == UINT32_MAX)
		return err_set(err, EBADMSG, "the trace is damaged: %s %u is defined out of order", what, id);
	return 0;
}

/* A copy of name, not longer than SYMBOLS_MAX_NAME. NULL: out of memory. */
static char *copy_name(const char *name)
{
	size_t n = strnlen(name, SYMBOLS_MAX_NAME + 1);
	char *copy;

	if (n <= SYMBOLS_MAX_NAME)
		return strndup(name, n);
	/* Not in the middle of a character. */
	for (n = SYMBOLS_MAX_NAME - strlen("…"); n && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
		;
	return asprintf(&copy, "%.*s…", (int)n, name) < 0 ? NULL : copy;
}

static int define_string(struct symbols *s, const struct trace_def_string *d, struct err *err)
{
	uint64_t *slot;
	char *copy;
	bool have;
	int ret = next_id(s->strings.n, d->id, "string", &have, err);

	if (ret || have)
		return ret;
	copy = copy_name(d->s ? d->s : "");
	if (!copy || vec_push(&s->strings, copy)) {
		free(copy);
		return err_nomem(err);
	}
	slot = index_slot(&s->string_index, hash_bytes(copy), string_eq, s, copy);
	if (!slot)
		return err_nomem(err);
	if (!*slot)
		*slot = d->id;
	if (vec_push(&s->canon, (uint32_t)*slot))
		return err_nomem(err);
	return 0;
}

static int define_func(struct symbols *s, const struct trace_def_func *d, struct err *err)
{
	bool have;
	int ret = next_id(s->funcs.n, d->id, "function", &have, err);

	if (ret || have)
		return ret;
	if (vec_push(&s->funcs, (struct sym_func){ canon(s, d->name), canon(s, d->file), d->start_line, d->flags }))
		return err_nomem(err);
	return 0;
}

static bool place_eq(const void *table, uint64_t i, const void *key)
{
	const struct symbols *s = table;
	const struct place *a = &s->places.v[i], *b = key;

	return a->func == b->func && a->file == b->file && a->line == b->line && (a->func || a->pc == b->pc) &&
	       !((a->flags ^ b->flags) & PLACE_WRAPPER);
}

static bool is_library(const struct symbols *s, const struct place *p)
{
	return p->func && library_has(&s->library, symbols_string(s, p->func), symbols_string(s, p->file));
}

static void find_app(const struct symbols *s, struct sym_stack *st)
{
	uint32_t inner = 0;

	st->app = st->via = 0;
	for (uint32_t i = 0; i < st->n; i++) {
		const struct sym_frame *f = &s->frames.v[s->stack_frames.v[st->first + i]];

		for (uint32_t j = 0; j < f->n; j++) {
			uint32_t id = s->lines.v[f->first + j];

			if (s->places.v[id].flags & PLACE_HIDDEN)
				continue;
			if (!(s->places.v[id].flags & PLACE_NOT_OWN)) {
				st->app = id;
				st->via = inner;
				return;
			}
			inner = id;
		}
	}
}

/* Where Go's standard library is has just become known, from one of the first stacks. */
static void mark_libraries(struct symbols *s)
{
	for (size_t i = 1; i < s->places.n; i++)
		if (is_library(s, &s->places.v[i]))
			s->places.v[i].flags |= PLACE_LIBRARY;
	for (size_t i = 1; i < s->stacks.n; i++)
		find_app(s, &s->stacks.v[i]);
}

static uint32_t place_intern(struct symbols *s, struct place p)
{
	uint64_t h = hash_u64(((uint64_t)p.func << 32 | p.file) + hash_u64(p.func ? p.line : p.pc));
	uint64_t *slot = index_slot(&s->place_index, h, place_eq, s, &p);
	const char *func = symbols_string(s, p.func);

	if (!slot)
		return 0;
	if (*slot)
		return (uint32_t)*slot;
	if ((p.flags & PLACE_WRAPPER) || (p.func && funcname_is_hidden(func)))
		p.flags |= PLACE_HIDDEN;
	if (p.func && funcname_is_plumbing(func))
		p.flags |= PLACE_PLUMBING;
	if (funcname_is_timer(func))
		p.flags |= PLACE_TIMER;
	if (library_learn(&s->library, func, symbols_string(s, p.file)))
		mark_libraries(s);
	if (is_library(s, &p))
		p.flags |= PLACE_LIBRARY;
	if (vec_push(&s->places, p))
		return 0;
	*slot = s->places.n - 1;
	return (uint32_t)*slot;
}

static int define_frame(struct symbols *s, const struct trace_def_frame *d, struct err *err)
{
	struct sym_frame f = { .first = (uint32_t)s->lines.n, .n = d->nlines ? d->nlines : 1 };
	bool have;
	int ret = next_id(s->frames.n, d->id, "frame", &have, err);

	if (ret || have)
		return ret;
	for (uint32_t i = 0; i < f.n; i++) {
		struct place p = { .pc = d->pc };
		uint32_t id;

		if (d->nlines) {
			const struct trace_frame_line *l = &d->lines[i];

			if (l->func < s->funcs.n) {
				p.func = s->funcs.v[l->func].name;
				p.flags = s->funcs.v[l->func].flags & TRACE_FUNC_WRAPPER ? PLACE_WRAPPER : 0;
			}
			p.file = canon(s, l->file);
			p.line = l->line;
		}
		id = place_intern(s, p);
		if (!id || vec_push(&s->lines, id))
			return err_nomem(err);
	}
	if (vec_push(&s->frames, f))
		return err_nomem(err);
	return 0;
}

static bool is_goexit(const struct symbols *s, uint32_t place)
{
	return !strcmp(symbols_place_func(s, place), "runtime.goexit");
}

/* Computes the answers of symbols_stack_user(), _root() and _app(), once per stack. */
static void stack_summarise(const struct symbols *s, struct sym_stack *st)
{
	uint32_t shown = 0, last = 0, root = 0;

	for (uint32_t i = 0; i < st->n; i++) {
		const struct sym_frame *f = &s->frames.v[s->stack_frames.v[st->first + i]];

		for (uint32_t j = 0; j < f->n; j++) {
			uint32_t id = s->lines.v[f->first + j];
			uint32_t flags = s->places.v[id].flags;

			if (is_goexit(s, id))
				continue;
			last = id;
			if (!(flags & PLACE_WRAPPER))
				root = id;
			st->timer |= !!(flags & PLACE_TIMER);
			if (!shown && !(flags & PLACE_HIDDEN))
				shown = id;
			if (!st->user && !(flags & (PLACE_HIDDEN | PLACE_PLUMBING)))
				st->user = id;
		}
	}
	if (!st->user)
		st->user = shown ? shown : last;
	if (!(st->flags & TRACE_STACK_TRUNCATED))
		st->root = root ? root : last;
	find_app(s, st);
}

static int define_stack(struct symbols *s, const struct trace_def_stack *d, struct err *err)
{
	struct sym_stack st = { .first = (uint32_t)s->stack_frames.n, .n = d->nframes, .flags = d->flags };
	uint32_t lines = 0;
	bool have;
	int ret = next_id(s->stacks.n, d->id, "stack", &have, err);

	if (ret || have)
		return ret;
	for (uint32_t i = 0; i < d->nframes; i++) {
		uint32_t f = d->frames[i] < s->frames.n ? d->frames[i] : 0;

		lines += s->frames.v[f].n;
		if (lines > SYMBOLS_MAX_LINES) {
			st.flags |= TRACE_STACK_TRUNCATED;
			st.n = i;
			break;
		}
		if (vec_push(&s->stack_frames, f))
			return err_nomem(err);
	}
	stack_summarise(s, &st);
	if (vec_push(&s->stacks, st))
		return err_nomem(err);
	return 0;
}

int symbols_define(struct symbols *s, const struct trace_rec *rec, struct err *err)
{
	switch (rec->type) {
	case TRACE_DEF_STRING:
		return define_string(s, &rec->def_string, err);
	case TRACE_DEF_FUNC:
		return define_func(s, &rec->def_func, err);
	case TRACE_DEF_FRAME:
		return define_frame(s, &rec->def_frame, err);
	case TRACE_DEF_STACK:
		return define_stack(s, &rec->def_stack, err);
	default:
		return 0;
	}
}

static const struct sym_frame *frame_of(const struct symbols *s, uint32_t frame)
{
	return frame && frame < s->frames.n ? &s->frames.v[frame] : NULL;
}

uint32_t symbols_frame_inner(const struct symbols *s, uint32_t frame)
{
	const struct sym_frame *f = frame_of(s, frame);

	return f ? s->lines.v[f->first] : 0;
}

uint32_t symbols_frame_outer(const struct symbols *s, uint32_t frame)
{
	const struct sym_frame *f = frame_of(s, frame);

	return f ? s->lines.v[f->first + f->n - 1] : 0;
}

uint32_t symbols_frame_user(const struct symbols *s, uint32_t frame)
{
	const struct sym_frame *f = frame_of(s, frame);

	for (uint32_t i = 0; f && i < f->n; i++)
		if (!(s->places.v[s->lines.v[f->first + i]].flags & PLACE_PLUMBING))
			return s->lines.v[f->first + i];
	return symbols_frame_outer(s, frame);
}

static const struct sym_stack *stack_of(const struct symbols *s, uint32_t stack)
{
	return &s->stacks.v[stack < s->stacks.n ? stack : 0];
}

uint32_t symbols_stack_user(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->user;
}

uint32_t symbols_stack_app(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->app;
}

uint32_t symbols_stack_via(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->via;
}

uint32_t symbols_stack_root(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->root;
}

bool symbols_stack_truncated(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->flags & TRACE_STACK_TRUNCATED;
}

bool symbols_stack_is_timer(const struct symbols *s, uint32_t stack)
{
	return stack_of(s, stack)->timer;
}

uint32_t stack_walk_next(struct stack_walk *w)
{
	while (w->frame < w->frame_end) {
		const struct sym_frame *f = &w->s->frames.v[w->s->stack_frames.v[w->frame]];
		uint32_t id;

		if (w->line >= f->n) {
			w->frame++;
			w->line = 0;
			continue;
		}
		id = w->s->lines.v[f->first + w->line++];
		if (w->full || !(w->s->places.v[id].flags & PLACE_HIDDEN))
			return id;
	}
	return 0;
}

struct stack_walk stack_walk_of(const struct symbols *s, uint32_t stack, bool full)
{
	const struct sym_stack *st = stack_of(s, stack);
	struct stack_walk w = { .s = s, .frame = st->first, .frame_end = st->first + st->n, .full = full };
	struct stack_walk probe = w;

	if (!full && !stack_walk_next(&probe))
		w.full = true;
	return w;
}
