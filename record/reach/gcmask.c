// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/gcmask.h"

#include <stdlib.h>
#include <string.h>

/* internal/abi: Type, ArrayType and StructType with its StructField, Go 1.22 … 1.27. */
#define TYPE_SIZE 0
#define TYPE_PTR_BYTES 8
#define TYPE_TFLAG 20
#define TYPE_KIND 23
#define TYPE_GCDATA 32
#define ARRAY_ELEM 48
#define ARRAY_LEN 64
#define STRUCT_FIELDS 56
#define STRUCT_NFIELDS 64
#define TYPE_BYTES 72
#define FIELD_TYPE 8
#define FIELD_OFFSET 16
#define FIELD_BYTES 24

#define KIND_MASK 31
#define KIND_ARRAY 17
#define KIND_STRUCT 25

/*
 * GCData is not a mask: the runtime builds one from the type's parts on demand
 * (1.24), or it is a GC program (before).
 */
#define TFLAG_ON_DEMAND (1 << 4)
#define KIND_GC_PROG (1 << 6)

#define DEPTH_MAX 16
#define PARTS_MAX 65536

void gcmasks_init(struct gcmasks *m, const struct memory *mem, const struct gobin *bin, uint64_t bias)
{
	memset(m, 0, sizeof(*m));
	m->mem = mem;
	m->bin = bin;
	m->bias = bias;
}

void gcmasks_free(struct gcmasks *m)
{
	for (size_t i = 0; i < m->v.n; i++)
		free(m->v.v[i].bits);
	free(m->last.bits);
	vec_free(&m->v);
	map_free(&m->index);
}

static uint64_t u64_at(const uint8_t *b, size_t off)
{
	uint64_t v;

	memcpy(&v, b + off, sizeof(v));
	return v;
}

/* A mask under construction. */
struct building {
	const struct gcmasks *m;
	struct gcmask *to;
	uint32_t parts;
};

static bool add_type(struct building *b, uint64_t type, uint64_t at, int depth);

/* Only types of the program itself are trusted, not those that reflect made on the heap. */
static bool type_read(const struct gcmasks *m, uint64_t type, uint8_t b[TYPE_BYTES])
{
	return !gobin_read(m->bin, type - m->bias, b, TYPE_GCDATA) && !memory_read(m->mem, type, b, TYPE_BYTES);
}

/* Adds the bits of a part at byte offset at of the whole. */
static bool add_bits(struct building *b, uint64_t gcdata, uint64_t ptr_bytes, uint64_t at)
{
	size_t n = ptr_bytes / 8, first = at / 8;
	uint8_t *bits = malloc(n / 8 + 1);
	bool ok = bits && at <= b->to->ptr_bytes && ptr_bytes <= b->to->ptr_bytes - at &&
	          !memory_read(b->m->mem, gcdata, bits, (n + 7) / 8);

	for (size_t i = 0; ok && i < n; i++)
		if (bits[i / 8] & 1u << i % 8)
			b->to->bits[(first + i) / 8] |= (uint8_t)(1u << (first + i) % 8);
	free(bits);
	return ok;
}

static bool add_array(struct building *b, const uint8_t *type, uint64_t at, int depth)
{
	uint64_t len = u64_at(type, ARRAY_LEN), size = len ? u64_at(type, TYPE_SIZE) / len : 0;

	for (uint64_t i = 0; i < len; i++)
		if (!add_type(b, u64_at(type, ARRAY_ELEM), at + i * size, depth + 1))
			return false;
	return true;
}

static bool add_struct(struct building *b, const uint8_t *type, uint64_t at, int depth)
{
	uint64_t fields = u64_at(type, STRUCT_FIELDS), n = u64_at(type, STRUCT_NFIELDS);

	for (uint64_t i = 0; i < n; i++) {
		uint8_t f[FIELD_BYTES];

		if (memory_read(b->m->mem, fields + i * FIELD_BYTES, f, sizeof(f)) ||
		    !add_type(b, u64_at(f, FIELD_TYPE), at + u64_at(f, FIELD_OFFSET), depth + 1))
			return false;
	}
	return true;
}

static bool add_type(struct building *b, uint64_t type, uint64_t at, int depth)
{
	uint8_t t[TYPE_BYTES];

	if (depth > DEPTH_MAX || b->parts++ > PARTS_MAX || !type_read(b->m, type, t) || (t[TYPE_KIND] & KIND_GC_PROG))
		return false;
	if (!u64_at(t, TYPE_PTR_BYTES))
		return true;
	if (!(t[TYPE_TFLAG] & TFLAG_ON_DEMAND))
		return add_bits(b, u64_at(t, TYPE_GCDATA), u64_at(t, TYPE_PTR_BYTES), at);
	switch (t[TYPE_KIND] & KIND_MASK) {
	case KIND_ARRAY:
		return add_array(b, t, at, depth);
	case KIND_STRUCT:
		return add_struct(b, t, at, depth);
	default:
		return false;
	}
}

static struct gcmask mask_read(const struct gcmasks *m, uint64_t type, uint64_t room)
{
	struct gcmask k = { .first = 1 }, none = { 0 };
	struct building b = { .m = m, .to = &k };
	uint8_t t[TYPE_BYTES];

	if (!type_read(m, type, t))
		return none;
	k.size = u64_at(t, TYPE_SIZE);
	k.ptr_bytes = u64_at(t, TYPE_PTR_BYTES);
	if (!k.size || k.size > room || k.size % 8 || !k.ptr_bytes || k.ptr_bytes > k.size || k.ptr_bytes % 8)
		return none;
	k.bits = calloc(k.ptr_bytes / 64 + 1, 1);
	if (k.bits && add_type(&b, type, 0, 0))
		return k;
	free(k.bits);
	return none;
}

/* The mask of an object whose first word is its malloc header. */
static const struct gcmask *mask_of_type(struct gcmasks *m, const uint64_t *words, size_t n)
{
	const struct gcmask *k;
	uint64_t *slot;
	bool added;

	if (n < 2 || !words[0])
		return NULL;
	slot = map_put(&m->index, words[0], &added);
	if (!slot)
		return NULL;
	if (added) {
		*slot = m->v.n;
		if (vec_push(&m->v, mask_read(m, words[0], (n - 1) * 8)))
			return NULL;
	}
	k = *slot < m->v.n ? &m->v.v[*slot] : NULL;
	return k && k->size && k->size <= (n - 1) * 8 ? k : NULL;
}

/* The mask of an object whose pointer words are in the arena's bitmap. */
static const struct gcmask *mask_of_bitmap(struct gcmasks *m, const struct heap *h, struct heap_obj o, size_t n)
{
	free(m->last.bits);
	m->last = (struct gcmask){ .size = n * 8, .ptr_bytes = n * 8, .bits = calloc(n / 8 + 1, 1) };
	return m->last.bits && heap_bits(h, o, n, m->last.bits) ? &m->last : NULL;
}

const struct gcmask *gcmasks_of(struct gcmasks *m, const struct heap *h, struct heap_obj o, const uint64_t *words,
                                size_t n)
{
	const struct heap_span *s = &h->spans.v[o.span];

	if (s->header)
		return mask_of_type(m, words, n);
	return s->bitmap ? mask_of_bitmap(m, h, o, n) : NULL;
}

bool gcmask_has(const struct gcmask *m, size_t i)
{
	uint64_t at;

	if (i < m->first)
		return false;
	/* An array's header points to the type of its elements. */
	at = (i - m->first) * 8 % m->size;
	return at < m->ptr_bytes && m->bits[at / 64] & 1u << at / 8 % 8;
}
