// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/fields.h"
#include "util/vec.h"

/* A definition, and its id in the copy; 0: not written yet. */
struct kept {
	struct trace_rec rec; /* what it points to is in .data */
	void *data;           /* owned */
	uint32_t id;
	bool there;
};

struct space {
	VEC(struct kept) v; /* by id */
	uint32_t n;         /* in the copy */
};

struct keep {
	struct space of[TRACE_DEF_REASON + 1]; /* by type */
	/* What the record being written points to; one of each, since a stack has frames but no stack. */
	struct trace_obj objs[TRACE_MAX_OBJS];
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	uint32_t frames[TRACE_MAX_FRAMES];
};

int keep_new(struct keep **out, struct err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err_nomem(err);
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	for (size_t t = 0; t < sizeof(k->of) / sizeof(*k->of); t++) {
		for (size_t i = 0; i < k->of[t].v.n; i++)
			free(k->of[t].v.v[i].data);
		vec_free(&k->of[t].v);
	}
	free(k);
}

/* Moves what rec points to into memory of its own. */
static int take_data(struct kept *d)
{
	struct trace_rec *rec = &d->rec;
	const void *from = NULL;
	size_t n = 0;

	if (rec->type == TRACE_DEF_STRING) {
		from = rec->def_string.s;
		n = strlen(rec->def_string.s) + 1;
	} else if (rec->type == TRACE_DEF_FRAME) {
		from = rec->def_frame.lines;
		n = rec->def_frame.nlines * sizeof(*rec->def_frame.lines);
	} else if (rec->type == TRACE_DEF_STACK) {
		from = rec->def_stack.frames;
		n = rec->def_stack.nframes * sizeof(*rec->def_stack.frames);
	}
	if (!n)
		return 0;
	d->data = malloc(n);
	if (!d->data)
		return -ENOMEM;
	memcpy(d->data, from, n);
	if (rec->type == TRACE_DEF_STRING)
		rec->def_string.s = d->data;
	else if (rec->type == TRACE_DEF_FRAME)
		rec->def_frame.lines = d->data;
	else
		rec->def_stack.frames = d->data;
	return 0;
}

int keep_define(struct keep *k, const struct trace_rec *rec, struct err *err)
{
	/* Every definition begins with its id, which format/fields.c checks. */
	uint32_t id = rec->def_string.id;
	struct space *s = &k->of[rec->type];

	if (vec_extend(&s->v, (size_t)id + 1))
		return err_nomem(err);
	if (s->v.v[id].there)
		return 0;
	s->v.v[id] = (struct kept){ .rec = *rec, .there = true };
	return take_data(&s->v.v[id]) ? err_nomem(err) : 0;
}

static int map_fields(struct keep *k, struct pass *p, struct trace_rec *rec, struct err *err);

/* The id in the copy of a definition, which is written if it is not there yet. */
static int map_id(struct keep *k, struct pass *p, enum trace_type type, uint32_t *id, struct err *err)
{
	struct space *s = &k->of[type];
	struct trace_rec rec;
	uint32_t from = *id;

	if (!from)
		return 0;
	if (from >= s->v.n || !s->v.v[from].there)
		return err_set(err, EBADMSG, "a record uses %s %u, which is not defined", trace_type_name(type), from);
	if (!s->v.v[from].id) {
		rec = s->v.v[from].rec;
		/* Wait reasons are numbered by the runtime. */
		s->v.v[from].id = type == TRACE_DEF_REASON ? from : s->n + 1;
		if (map_fields(k, p, &rec, err))
			return err->code;
		/* Definitions that it uses are of other types, so its id is still free. */
		s->n++;
		rec.def_string.id = s->v.v[from].id;
		if (pass_write(p, &rec, err))
			return err->code;
	}
	*id = s->v.v[from].id;
	return 0;
}

static int map_obj(struct keep *k, struct pass *p, struct trace_obj *o, struct err *err)
{
	enum trace_type type = o->kind == TRACE_OBJ_CHAN ? TRACE_DEF_CHAN : TRACE_DEF_SYNC;
	uint32_t id = (uint32_t)o->id;

	if (o->kind != TRACE_OBJ_CHAN && o->kind != TRACE_OBJ_SYNC)
		return 0;
	if (map_id(k, p, type, &id, err))
		return err->code;
	o->id = id;
	return 0;
}

static int map_cases(struct keep *k, struct pass *p, struct trace_go_park *park, struct err *err)
{
	if (park->nobjs > TRACE_MAX_OBJS)
		return err_set(err, EBADMSG, "a select has %u cases", park->nobjs);
	for (uint32_t i = 0; i < park->nobjs; i++) {
		k->objs[i] = park->objs[i];
		if (map_obj(k, p, &k->objs[i], err))
			return err->code;
	}
	park->objs = k->objs;
	return 0;
}

static int map_lines(struct keep *k, struct pass *p, struct trace_def_frame *f, struct err *err)
{
	if (f->nlines > TRACE_MAX_INLINE)
		return err_set(err, EBADMSG, "a frame has %u calls", f->nlines);
	for (uint32_t i = 0; i < f->nlines; i++) {
		k->lines[i] = f->lines[i];
		if (map_id(k, p, TRACE_DEF_FUNC, &k->lines[i].func, err) ||
		    map_id(k, p, TRACE_DEF_STRING, &k->lines[i].file, err))
			return err->code;
	}
	f->lines = k->lines;
	return 0;
}

static int map_frames(struct keep *k, struct pass *p, struct trace_def_stack *s, struct err *err)
{
	if (s->nframes > TRACE_MAX_FRAMES)
		return err_set(err, EBADMSG, "a stack has %u frames", s->nframes);
	for (uint32_t i = 0; i < s->nframes; i++) {
		k->frames[i] = s->frames[i];
		if (map_id(k, p, TRACE_DEF_FRAME, &k->frames[i], err))
			return err->code;
	}
	s->frames = k->frames;
	return 0;
}

static int map_fields(struct keep *k, struct pass *p, struct trace_rec *rec, struct err *err)
{
	static const uint8_t types[] = {
		[TRACE_FIELD_STRING] = TRACE_DEF_STRING, [TRACE_FIELD_FRAME] = TRACE_DEF_FRAME,
		[TRACE_FIELD_STACK] = TRACE_DEF_STACK,   [TRACE_FIELD_CHAN] = TRACE_DEF_CHAN,
		[TRACE_FIELD_SYNC] = TRACE_DEF_SYNC,     [TRACE_FIELD_REASON] = TRACE_DEF_REASON,
	};
	uint32_t n;
	const struct trace_field *f = trace_type_fields(rec->type, &n);
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret; i++) {
		void *at = (char *)rec + f[i].offset;

		if (f[i].kind == TRACE_FIELD_OBJ)
			ret = map_obj(k, p, at, err);
		else if (f[i].kind == TRACE_FIELD_CASES)
			ret = map_cases(k, p, at, err);
		else if (f[i].kind == TRACE_FIELD_LINES)
			ret = map_lines(k, p, at, err);
		else if (f[i].kind == TRACE_FIELD_FRAMES)
			ret = map_frames(k, p, at, err);
		else if (f[i].kind < sizeof(types) && types[f[i].kind])
			ret = map_id(k, p, types[f[i].kind], at, err);
	}
	return ret;
}

int keep_write(struct keep *k, struct pass *p, const struct trace_rec *rec, struct err *err)
{
	struct trace_rec copy = *rec;

	return map_fields(k, p, &copy, err) ? err->code : pass_write(p, &copy, err);
}
