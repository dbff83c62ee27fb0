// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/fields.h"

#include <string.h>

/* Every member has the C type of its field's kind, and an id is where wire_def_id() looks for it. */
#define X(kind, type, ...) typedef __typeof__(type) type_of_##kind;
TRACE_FIELD_KINDS(X)
#undef X
#define MEMBER_TYPE(member) __typeof__(((struct trace_rec *)0)->member)
#define CHECK(kind, member, value) \
	_Static_assert(__builtin_types_compatible_p(MEMBER_TYPE(member), type_of_##kind), #member " is no " #kind); \
	_Static_assert(TRACE_FIELD_##kind != TRACE_FIELD_NEW || \
	                       offsetof(struct trace_rec, member) == offsetof(struct trace_rec, def_string.id), \
	               #member " is not the first member"); \
	_Static_assert(TRACE_FIELD_##kind != TRACE_FIELD_ENUM || TRACE_LAST_##value > 0, #member " has no last " \
	                                                                                         "number");
#define X(type, ...) type##_FIELDS(CHECK)
TRACE_TYPES(X)
#undef X

#define ROW(kind, member, value) \
	{ #member, TRACE_FIELD_##kind, TRACE_VALUE_##value, offsetof(struct trace_rec, member) },
#define X(type, ...) static const struct trace_field fields_of_##type[] = { type##_FIELDS(ROW) };
TRACE_TYPES(X)
#undef X

static const struct {
	const struct trace_field *v;
	uint32_t n;
} types[TRACE_TYPE_MAX + 1] = {
#define X(type, ...) [type] = { fields_of_##type, sizeof(fields_of_##type) / sizeof(*fields_of_##type) },
	TRACE_TYPES(X)
#undef X
};

static const uint8_t bytes[] = {
#define X(kind, type, ...) [TRACE_FIELD_##kind] = sizeof(type),
	TRACE_FIELD_KINDS(X)
#undef X
};

const struct trace_field *trace_type_fields(enum trace_type t, uint32_t *n)
{
	*n = t <= TRACE_TYPE_MAX ? types[t].n : 0;
	return *n ? types[t].v : NULL;
}

const char *trace_field_name(const struct trace_field *f)
{
	const char *dot = strrchr(f->path, '.');

	return dot ? dot + 1 : f->path;
}

size_t trace_field_bytes(const struct trace_field *f)
{
	return bytes[f->kind];
}

uint64_t trace_field_get(const struct trace_rec *rec, const struct trace_field *f)
{
	const char *at = (const char *)rec + f->offset;
	int32_t status;
	uint64_t u64;
	uint32_t u32;

	switch (bytes[f->kind]) {
	case sizeof(uint8_t):
		return (uint8_t)*at;
	case sizeof(uint32_t):
		memcpy(&u32, at, sizeof(u32));
		memcpy(&status, at, sizeof(status));
		return f->kind == TRACE_FIELD_S32 ? (uint64_t)(int64_t)status : u32;
	case sizeof(uint64_t):
		memcpy(&u64, at, sizeof(u64));
		return u64;
	default:
		return 0;
	}
}
