// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite/redact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/fields.h"
#include "util/index.h"
#include "util/path.h"
#include "util/redact.h"
#include "util/vec.h"

/*
 * A string of the trace has no meaning before a record refers to it, and may
 * have several. So none is copied: each use of one defines what is left of it
 * there.
 */
struct redactor {
	uint64_t salt;
	VEC(char *) strings; /* of the trace, by id; owned */
	VEC(uint32_t) funcs; /* strings: the name of a function, by its id */
	VEC(char *) copies;  /* of the copy, by id - 1; owned */
	struct index index;  /* of these, by their bytes */
	struct buf text;
	struct buf module, slice;   /* of the header */
	struct trace_probe *probes; /* the same */
};

static const char *string_of(const struct redactor *r, uint32_t id)
{
	return id < r->strings.n && r->strings.v[id] ? r->strings.v[id] : "";
}

static const char *name_of(const struct redactor *r, uint32_t func)
{
	return func < r->funcs.n ? string_of(r, r->funcs.v[func]) : "";
}

static int keep_string(struct redactor *r, const struct trace_def_string *d)
{
	char *copy;

	if (vec_extend(&r->strings, (size_t)d->id + 1))
		return -ENOMEM;
	copy = strdup(d->s);
	if (!copy)
		return -ENOMEM;
	free(r->strings.v[d->id]);
	r->strings.v[d->id] = copy;
	return 0;
}

static int keep_func(struct redactor *r, const struct trace_def_func *d)
{
	if (vec_extend(&r->funcs, (size_t)d->id + 1))
		return -ENOMEM;
	r->funcs.v[d->id] = d->name;
	return 0;
}

static bool is_copy(const void *table, uint32_t i, const void *key)
{
	char *const *copies = table;

	return !strcmp(copies[i - 1], key);
}

static uint64_t hash_of(const char *s)
{
	uint64_t h = 0;

	for (; *s; s++)
		h = hash_two(h, (uint8_t)*s);
	return h;
}

/* Writes the definition of a new string. */
static int define(struct redactor *r, struct pass *p, const char *s, uint64_t hash, uint32_t *id, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_DEF_STRING };
	char *copy;

	if (vec_extend(&r->copies, r->copies.n + 1))
		return err_nomem(err);
	copy = r->copies.v[r->copies.n - 1] = strdup(s);
	if (!copy)
		return err_nomem(err);
	*id = (uint32_t)r->copies.n;
	if (!index_add(&r->index, hash, *id))
		return err_nomem(err);
	rec.def_string = (struct trace_def_string){ .id = *id, .s = copy };
	return pass_write(p, &rec, err);
}

/* The copy's string of r->text. */
static int string_id(struct redactor *r, struct pass *p, uint32_t *id, struct err *err)
{
	const char *s;
	uint64_t hash;

	buf_put_u8(&r->text, 0);
	if (buf_failed(&r->text))
		return err_nomem(err);
	s = (const char *)r->text.data;
	hash = hash_of(s);
	*id = 0;
	if (!*s)
		return 0;
	*id = index_find(&r->index, hash, is_copy, r->copies.v, s);
	return *id ? 0 : define(r, p, s, hash, id, err);
}

static void put_text(struct redactor *r, const char *s)
{
	buf_put(&r->text, s, strlen(s));
}

static void put_hash(struct redactor *r, const char *s)
{
	char hash[REDACT_HASH];

	if (*s)
		put_text(r, redact_hash(hash, r->salt, s));
}

/* What a descriptor is called: "/dev/null" and "anon_inode:…" are the same everywhere. */
static void put_descriptor(struct redactor *r, const struct trace_snap_fd *fd, const char *s)
{
	if (fd->kind == TRACE_FD_OTHER && !strchr(s, '/'))
		put_text(r, s);
	else if (fd->kind == TRACE_FD_FILE && path_is_device(s))
		put_text(r, s);
	else
		put_hash(r, s);
}

/* Puts what is left of a string into r->text. What has no known meaning becomes a hash. */
static void put_left(struct redactor *r, const struct trace_rec *rec, uint8_t meaning, const char *s)
{
	buf_reset(&r->text);
	switch (meaning) {
	case TRACE_VALUE_SYMBOL:
		redact_symbol(&r->text, s);
		break;
	case TRACE_VALUE_SOURCE:
		redact_source(&r->text, rec->type == TRACE_DEF_FUNC ? string_of(r, rec->def_func.name) : "", s);
		break;
	case TRACE_VALUE_NAME:
		put_text(r, s);
		break;
	case TRACE_VALUE_DESCRIPTOR:
		put_descriptor(r, &rec->snap_fd, s);
		break;
	default:
		put_hash(r, s);
		break;
	}
}

/* The lines of a frame: each has the path of the file of its function. */
static int write_frame(struct redactor *r, struct pass *p, const struct trace_rec *rec, struct err *err)
{
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	struct trace_rec copy = *rec;
	uint32_t n = rec->def_frame.nlines;

	if (n > TRACE_MAX_INLINE)
		return err_set(err, EBADMSG, "a frame has %u calls", n);
	for (uint32_t i = 0; i < n; i++) {
		const struct trace_frame_line *line = &rec->def_frame.lines[i];

		lines[i] = *line;
		buf_reset(&r->text);
		redact_source(&r->text, name_of(r, line->func), string_of(r, line->file));
		if (string_id(r, p, &lines[i].file, err))
			return err->code;
	}
	copy.def_frame.lines = lines;
	return pass_write(p, &copy, err);
}

static int write_fields(struct redactor *r, struct pass *p, const struct trace_rec *rec, struct err *err)
{
	struct trace_rec copy = *rec;
	uint32_t n;
	const struct trace_field *f = trace_type_fields(rec->type, &n);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id;

		if (f[i].kind != TRACE_FIELD_STRING)
			continue;
		memcpy(&id, (const char *)rec + f[i].offset, sizeof(id));
		put_left(r, rec, f[i].value, string_of(r, id));
		if (string_id(r, p, &id, err))
			return err->code;
		memcpy((char *)&copy + f[i].offset, &id, sizeof(id));
	}
	return pass_write(p, &copy, err);
}

static int take_record(void *ctx, struct pass *p, struct trace_rec *rec, struct err *err)
{
	struct redactor *r = ctx;

	if (rec->type == TRACE_DEF_STRING)
		return keep_string(r, &rec->def_string) ? err_nomem(err) : 0;
	if (rec->type == TRACE_DEF_FUNC && keep_func(r, &rec->def_func))
		return err_nomem(err);
	if (rec->type == TRACE_DEF_FRAME)
		return write_frame(r, p, rec, err);
	return write_fields(r, p, rec, err);
}

/* What the recorder says about itself names no file of the machine. */
static const char *without_paths(const char *s)
{
	return strchr(s, '/') ? "" : s;
}

static int take_probes(struct redactor *r, struct trace_meta *m)
{
	r->probes = calloc((size_t)m->nprobes + 1, sizeof(*r->probes));
	if (!r->probes)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->nprobes; i++) {
		r->probes[i] = m->probes[i];
		r->probes[i].note = without_paths(m->probes[i].note);
	}
	m->probes = r->probes;
	return 0;
}

static int take_header(void *ctx, struct trace_meta *m, struct err *err)
{
	struct redactor *r = ctx;

	redact_symbol(&r->module, m->module);
	buf_put_u8(&r->module, 0);
	redact_symbol(&r->slice, m->slice);
	buf_put_u8(&r->slice, 0);
	if (buf_failed(&r->module) || buf_failed(&r->slice) || take_probes(r, m))
		return err_nomem(err);
	m->exe = path_base(m->exe);
	m->command = m->host = "";
	m->module = (const char *)r->module.data;
	m->slice = (const char *)r->slice.data;
	m->offsets_from = without_paths(m->offsets_from);
	m->symbols_from = without_paths(m->symbols_from);
	return 0;
}

static void redactor_free(struct redactor *r)
{
	for (size_t i = 0; i < r->strings.n; i++)
		free(r->strings.v[i]);
	for (size_t i = 0; i < r->copies.n; i++)
		free(r->copies.v[i]);
	vec_free(&r->strings);
	vec_free(&r->copies);
	vec_free(&r->funcs);
	index_free(&r->index);
	buf_free(&r->text);
	buf_free(&r->module);
	buf_free(&r->slice);
	free(r->probes);
}

int redact_trace(const struct pass_opts *opts, struct pass_result *result, struct err *err)
{
	static const struct pass_ops ops = { .header = take_header, .record = take_record };
	struct redactor r = { .salt = redact_salt() };
	int ret = pass_run(opts, &ops, &r, result, err);

	redactor_free(&r);
	return ret;
}
