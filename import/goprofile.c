// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/goprofile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/counted.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/vec.h"

#define WORK_MAX (4ull << 30)
#define FRAMES_MAX 512 /* of a stack, inlined calls included */

/* The numbers of the fields in profile.proto. */
enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE = 2, PROFILE_LOCATION = 4, PROFILE_FUNCTION = 5, PROFILE_STRINGS = 6 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2 };
enum { LOCATION_ID = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_FILE = 4 };
enum { VALUE_TYPE = 1 };

/* One field of a message. */
struct field {
	uint64_t number, v; /* v: of one that is a number */
	struct span bytes;  /* of one that is a string or a message */
	bool is_bytes;
};

/* Both are strings. */
struct function {
	uint64_t name, file;
};

struct profile {
	VEC(char *) strings;             /* terminated; owned */
	struct map functions, locations; /* id -> index + 1 */
	VEC(struct function) functions_v;
	VEC(struct span) locations_v;
	VEC(struct span) samples;
	uint64_t type; /* string: of the first value */
	bool has_type;
};

static const char *string_at(const struct profile *p, uint64_t i)
{
	return i < p->strings.n ? p->strings.v[i] : "";
}

/* The next field; false at the end, or if s is damaged (s->failed). Wire types: 0 varint, 1 and 5 fixed, 2 bytes. */
static bool next_field(struct span *s, struct field *f)
{
	uint64_t tag, n;
	const uint8_t *at;

	if (s->failed || !span_left(s))
		return false;
	tag = span_varint(s);
	*f = (struct field){ .number = tag >> 3, .is_bytes = (tag & 7) == 2 };
	switch (tag & 7) {
	case 0:
		f->v = span_varint(s);
		break;
	case 1:
		span_take(s, 8);
		break;
	case 2:
		n = span_varint(s);
		at = span_take(s, n);
		f->bytes = span_of(at, at ? n : 0);
		break;
	case 5:
		span_take(s, 4);
		break;
	default:
		s->failed = true;
	}
	s->failed |= !f->number;
	return !s->failed;
}

static void profile_free(struct profile *p)
{
	for (size_t i = 0; i < p->strings.n; i++)
		free(p->strings.v[i]);
	vec_free(&p->strings);
	vec_free(&p->functions_v);
	vec_free(&p->locations_v);
	vec_free(&p->samples);
	map_free(&p->functions);
	map_free(&p->locations);
}

static int add_string(struct profile *p, const struct span *text)
{
	size_t n = span_left(text);
	char *s = strndup(n ? (const char *)text->p : "", n < TRACE_MAX_STRING ? n : TRACE_MAX_STRING);

	if (!s || vec_push(&p->strings, s)) {
		free(s);
		return -ENOMEM;
	}
	return 0;
}

/* The first one of an id counts. */
static int add_id(struct map *m, uint64_t id, size_t n)
{
	bool added;
	uint64_t *slot = map_put(m, id, &added);

	if (!slot)
		return -ENOMEM;
	if (added)
		*slot = n;
	return 0;
}

static int add_function(struct profile *p, struct span s)
{
	uint64_t id = 0, name = 0, file = 0;
	struct field f;

	while (next_field(&s, &f)) {
		id = f.number == FUNCTION_ID ? f.v : id;
		name = f.number == FUNCTION_NAME ? f.v : name;
		file = f.number == FUNCTION_FILE ? f.v : file;
	}
	if (vec_push(&p->functions_v, (struct function){ name, file }))
		return -ENOMEM;
	return s.failed ? -EBADMSG : add_id(&p->functions, id, p->functions_v.n);
}

static int add_location(struct profile *p, struct span s)
{
	struct span all = s;
	uint64_t id = 0;
	struct field f;

	while (next_field(&s, &f))
		id = f.number == LOCATION_ID ? f.v : id;
	if (vec_push(&p->locations_v, all))
		return -ENOMEM;
	return s.failed ? -EBADMSG : add_id(&p->locations, id, p->locations_v.n);
}

static int add_type(struct profile *p, struct span s)
{
	struct field f;

	if (p->has_type)
		return 0;
	p->has_type = true;
	while (next_field(&s, &f))
		p->type = f.number == VALUE_TYPE ? f.v : p->type;
	return s.failed ? -EBADMSG : 0;
}

#define ENTRIES_MAX (8u << 20)

static int add_field(struct profile *p, const struct field *f)
{
	if (!f->is_bytes)
		return f->number <= PROFILE_STRINGS ? -EBADMSG : 0;
	if (p->strings.n + p->samples.n + p->locations_v.n + p->functions_v.n >= ENTRIES_MAX)
		return -EBADMSG;
	switch (f->number) {
	case PROFILE_SAMPLE_TYPE:
		return add_type(p, f->bytes);
	case PROFILE_SAMPLE:
		return vec_push(&p->samples, f->bytes);
	case PROFILE_LOCATION:
		return add_location(p, f->bytes);
	case PROFILE_FUNCTION:
		return add_function(p, f->bytes);
	case PROFILE_STRINGS:
		return add_string(p, &f->bytes);
	default:
		return 0;
	}
}

/* 0; -EBADMSG: it is no profile; -ENOMEM. */
static int parse(struct profile *p, const void *data, size_t n)
{
	struct span s = span_of(data, n);
	struct field f;
	int ret = 0;

	while (!ret && next_field(&s, &f))
		ret = add_field(p, &f);
	if (ret)
		return ret;
	return s.failed || !p->has_type || !p->strings.n || *p->strings.v[0] || !*string_at(p, p->type) ? -EBADMSG : 0;
}

struct stack {
	struct import_frame frames[FRAMES_MAX];
	uint32_t n;
	bool is_cut;
	uint64_t work; /* bytes of locations looked through, for all stacks */
};

static void push_line(const struct profile *p, struct span s, struct stack *to)
{
	uint64_t func = 0, line = 0;
	const uint64_t *at;
	struct field f;

	while (next_field(&s, &f)) {
		func = f.number == LINE_FUNCTION ? f.v : func;
		line = f.number == LINE_LINE ? f.v : line;
	}
	at = map_get(&p->functions, func);
	to->is_cut |= to->n == FRAMES_MAX;
	if (!at || to->n == FRAMES_MAX)
		return;
	to->frames[to->n++] = (struct import_frame){ .func = string_at(p, p->functions_v.v[*at - 1].name),
		                                     .file = string_at(p, p->functions_v.v[*at - 1].file),
		                                     .line = line <= UINT32_MAX ? (uint32_t)line : 0 };
}

/* The calls at a location, of which the inlined ones come first. */
static void push_location(const struct profile *p, uint64_t id, struct stack *to)
{
	const uint64_t *at = map_get(&p->locations, id);
	struct span s;
	struct field f;

	if (!at)
		return;
	s = p->locations_v.v[*at - 1];
	to->work += span_left(&s) + 1;
	to->is_cut |= to->work > WORK_MAX;
	while (!to->is_cut && next_field(&s, &f))
		if (f.number == LOCATION_LINE && f.is_bytes)
			push_line(p, f.bytes, to);
}

/* A repeated number is packed into bytes, or not. */
static int add_sample(struct import_build *b, const struct profile *p, struct span s, struct stack *stack,
                      uint64_t *left_out, struct err *err)
{
	bool has_value = false;
	uint64_t value = 0;
	struct field f;

	stack->n = 0;
	stack->is_cut = false;
	while (next_field(&s, &f)) {
		struct span packed = f.bytes;

		if (f.number == SAMPLE_LOCATION && !f.is_bytes)
			push_location(p, f.v, stack);
		while (f.number == SAMPLE_LOCATION && f.is_bytes && span_left(&packed) && !packed.failed &&
		       !stack->is_cut)
			push_location(p, span_varint(&packed), stack);
		if (f.number == SAMPLE_VALUE && !has_value) {
			value = f.is_bytes ? span_varint(&packed) : f.v;
			has_value = true;
		}
	}
	if (stack->work > WORK_MAX)
		return err_set(err, EFBIG, "its stacks refer to more than any profile has");
	/* A negative number is none. */
	if (s.failed || value > INT64_MAX)
		return 0;
	return counted_add(b, value, stack->frames, stack->n, stack->is_cut, left_out, err);
}

int goprofile_read(struct import_build *b, const void *data, size_t n, bool *is_profile, uint64_t *left_out,
                   struct err *err)
{
	struct profile p = { 0 };
	struct stack *stack = calloc(1, sizeof(*stack));
	int ret = stack ? parse(&p, data, n) : -ENOMEM;

	*is_profile = !ret;
	*left_out = 0;
	if (ret == -ENOMEM)
		err_nomem(err);
	if (ret == -EBADMSG)
		ret = 0;
	if (*is_profile && strcmp(string_at(&p, p.type), "goroutine") != 0)
		ret = err_set(err, ENOTSUP, "a profile of '%.64s', not of goroutines", string_at(&p, p.type));
	for (size_t i = 0; *is_profile && !ret && i < p.samples.n; i++)
		ret = add_sample(b, &p, p.samples.v[i], stack, left_out, err);
	profile_free(&p);
	free(stack);
	return ret;
}
