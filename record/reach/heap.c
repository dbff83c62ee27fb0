// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* runtime/malloc.go, linux/amd64: heapArenaBytes, pageSize, arenaBaseOffset. */
#define ARENA_SHIFT 26
#define ARENA_PAGES 8192
#define PAGE_SHIFT 13
#define ARENA_FIRST (1u << 21)
#define USER_TOP (1ull << 47)
#define SPAN_IN_USE 1 /* mSpanInUse of runtime/mheap.go */
#define SPAN_BYTES 512
#define HEADERS_SINCE 22 /* Go 1.22: large objects begin with their type; before, each arena has a bitmap */
#define BITS_SINCE 20    /* one bit per word, before that two (runtime/mbitmap.go) */
#define HEADER_MIN 512   /* minSizeForMallocHeader of runtime/mbitmap.go: larger objects have a header */

/* The program's own DWARF may say anything. */
static bool span_is_known(const struct go_layout *l)
{
	const int32_t fields[] = { l->mspan_base, l->mspan_npages, l->mspan_elemsize, l->mspan_class, l->mspan_state };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i] < 0 || fields[i] >= l->mspan_size)
			return false;
	return l->mspan_size <= SPAN_BYTES;
}

int heap_init(struct heap *h, const struct memory *mem, const struct gobin *bin, const struct go_layout *l,
              uint64_t bias, uint64_t limit)
{
	uint64_t addr;

	memset(h, 0, sizeof(*h));
	h->mem = mem;
	h->l = l;
	h->limit = limit;
	h->go_minor = gobin_go_minor(bin);
	if (gobin_var(bin, GO_VAR_ARENAS, &addr, NULL) || l->arena_spans < 0 || !span_is_known(l))
		return -ENOENT;
	h->arenas = addr + bias;
	return vec_extend(&h->spans, 1) || vec_extend(&h->arena, 1) ? -ENOMEM : 0;
}

void heap_free(struct heap *h)
{
	for (size_t i = 0; i < h->arena.n; i++) {
		free(h->arena.v[i].spans);
		free(h->arena.v[i].index);
	}
	for (size_t i = 0; i < h->spans.n; i++) {
		free(h->spans.v[i].words);
		free(h->spans.v[i].marks);
		free(h->spans.v[i].wanted);
		free(h->spans.v[i].labels);
	}
	vec_free(&h->arena);
	vec_free(&h->spans);
	map_free(&h->arena_index);
	map_free(&h->span_index);
	h->last = 0;
}

static struct heap_arena arena_read(const struct heap *h, uint64_t index)
{
	size_t size = ARENA_PAGES * sizeof(uint64_t);
	struct heap_arena a = { 0 };
	uint64_t table;

	if (memory_read(h->mem, h->arenas, &table, sizeof(table)) || !table ||
	    memory_read(h->mem, table + 8 * (ARENA_FIRST + index), &a.addr, sizeof(a.addr)) || !a.addr)
		return a;
	a.spans = malloc(size);
	a.index = calloc(ARENA_PAGES, sizeof(*a.index));
	if (!a.spans || !a.index || memory_read(h->mem, a.addr + (uint64_t)h->l->arena_spans, a.spans, size)) {
		free(a.spans);
		free(a.index);
		a.spans = NULL;
		a.index = NULL;
	}
	return a;
}

/* NULL: there is none. */
static struct heap_arena *arena_get(struct heap *h, uint64_t number)
{
	bool added;
	uint64_t *slot;

	if (h->last == number + 1)
		return &h->arena.v[h->last_i];
	slot = map_put(&h->arena_index, number, &added);
	if (!slot)
		return NULL;
	if (added) {
		*slot = h->arena.n;
		if (vec_push(&h->arena, arena_read(h, number)))
			return NULL;
	}
	if (*slot >= h->arena.n || !h->arena.v[*slot].spans)
		return NULL;
	h->last = number + 1;
	h->last_i = (uint32_t)*slot;
	return &h->arena.v[*slot];
}

static uint64_t field(const uint8_t *b, int32_t off)
{
	uint64_t v;

	memcpy(&v, b + off, sizeof(v));
	return v;
}

/* False: not a span of objects, or an implausible one. */
static bool span_read(const struct heap *h, uint64_t addr, struct heap_span *s)
{
	const struct go_layout *l = h->l;
	uint8_t b[SPAN_BYTES + 8] = { 0 };
	uint64_t npages;

	if (memory_read(h->mem, addr, b, (size_t)l->mspan_size) || b[l->mspan_state] != SPAN_IN_USE)
		return false;
	npages = field(b, l->mspan_npages);
	*s = (struct heap_span){ .base = field(b, l->mspan_base),
		                 .elem_size = field(b, l->mspan_elemsize),
		                 .size = npages << PAGE_SHIFT,
		                 .scan = !(b[l->mspan_class] & 1) };
	s->bitmap = h->go_minor < HEADERS_SINCE && s->scan && s->elem_size > HEADER_MIN;
	/* Class 0 is for objects with a span of their own; the mspan holds their type. */
	s->header = h->go_minor >= HEADERS_SINCE && s->scan && b[l->mspan_class] > 1 && s->elem_size > HEADER_MIN;
	if (!npages || npages >= USER_TOP >> PAGE_SHIFT || !s->elem_size || (s->elem_size & 7) ||
	    s->elem_size > s->size || s->base >= USER_TOP)
		return false;
	s->end = s->base + s->size / s->elem_size * s->elem_size;
	s->reciprocal = s->size <= UINT32_MAX ? UINT64_MAX / s->elem_size + 1 : 0;
	/*
	 * One mark per object, however many the sizes claim. If they are too many
	 * for memory, the span is not real and is rejected.
	 */
	s->marks = calloc(s->size / s->elem_size / 8 + 1, 1);
	return s->marks;
}

/* Index in h->spans; 0: none. */
static uint32_t span_get(struct heap *h, uint64_t addr)
{
	bool added;
	uint64_t *slot = map_put(&h->span_index, addr, &added);
	struct heap_span s;

	if (!slot)
		return 0;
	if (added && span_read(h, addr, &s)) {
		*slot = h->spans.n;
		if (vec_push(&h->spans, s)) {
			free(s.marks);
			*slot = 0;
		}
	}
	return (uint32_t)*slot;
}

/* The span of a page, as index in h->spans; 0: none. */
static uint32_t span_of_page(struct heap *h, struct heap_arena *a, uint64_t page)
{
	if (!a->index[page])
		a->index[page] = (a->spans[page] ? span_get(h, a->spans[page]) : 0) + 1;
	return a->index[page] - 1;
}

bool heap_find(struct heap *h, uint64_t addr, struct heap_obj *o)
{
	const struct heap_span *s;
	struct heap_arena *a;
	uint64_t at;

	if (addr < 1u << PAGE_SHIFT || addr >= USER_TOP)
		return false;
	a = arena_get(h, addr >> ARENA_SHIFT);
	o->span = a ? span_of_page(h, a, (addr >> PAGE_SHIFT) & (ARENA_PAGES - 1)) : 0;
	if (!o->span)
		return false;
	s = &h->spans.v[o->span];
	if (addr < s->base || addr >= s->end)
		return false;
	at = addr - s->base;
	/* Exact as long as both are below 2^32. */
	o->i = (uint32_t)(s->reciprocal ? (uint64_t)((unsigned __int128)at * s->reciprocal >> 64) : at / s->elem_size);
	return true;
}

bool heap_is_marked(const struct heap *h, struct heap_obj o)
{
	return h->spans.v[o.span].marks[o.i / 8] & 1u << o.i % 8;
}

void heap_fetch_mark(const struct heap *h, struct heap_obj o)
{
	__builtin_prefetch(&h->spans.v[o.span].marks[o.i / 8], 1);
}

void heap_fetch_words(const struct heap *h, struct heap_obj o)
{
	const struct heap_span *s = &h->spans.v[o.span];

	if (s->words)
		__builtin_prefetch(s->words + o.i * (s->elem_size / 8));
}

void heap_fetch_label(const struct heap *h, struct heap_obj o)
{
	const struct heap_span *s = &h->spans.v[o.span];

	if (s->labels)
		__builtin_prefetch(&s->labels[o.i], 1);
	else
		__builtin_prefetch(&s->marks[o.i / 8], 1);
}

bool heap_mark(struct heap *h, struct heap_obj o)
{
	uint8_t *b = &h->spans.v[o.span].marks[o.i / 8], bit = (uint8_t)(1u << o.i % 8);
	bool is_new = !(*b & bit);

	*b |= bit;
	return is_new;
}

uint64_t heap_base(const struct heap *h, struct heap_obj o)
{
	return h->spans.v[o.span].base + o.i * h->spans.v[o.span].elem_size;
}

static size_t objects_of(const struct heap_span *s)
{
	return s->size / s->elem_size;
}

int heap_want(struct heap *h, struct heap_obj o)
{
	struct heap_span *s = &h->spans.v[o.span];

	if (!s->wanted)
		s->wanted = calloc(objects_of(s) / 8 + 1, 1);
	if (!s->wanted)
		return -ENOMEM;
	s->wanted[o.i / 8] |= (uint8_t)(1u << o.i % 8);
	return 0;
}

int heap_set_label(struct heap *h, struct heap_obj o, uint32_t label)
{
	struct heap_span *s = &h->spans.v[o.span];
	size_t size = objects_of(s) * sizeof(*s->labels);

	if (!s->labels) {
		if (size > HEAP_LABELS_MAX - h->label_bytes)
			return -EFBIG;
		s->labels = calloc(objects_of(s), sizeof(*s->labels));
		if (!s->labels)
			return -ENOMEM;
		h->label_bytes += size;
	}
	s->labels[o.i] = label;
	return 0;
}

int heap_words(struct heap *h, struct heap_obj o, const uint64_t **words, size_t *n)
{
	struct heap_span *s = &h->spans.v[o.span];

	*n = 0;
	if (!s->scan)
		return 0;
	if (!s->words) {
		if (s->size > h->limit - h->bytes)
			return -EFBIG;
		s->words = malloc(s->size);
		if (!s->words)
			return -ENOMEM;
		h->bytes += s->size;
		if (memory_read(h->mem, s->base, s->words, s->size))
			return -EFAULT;
	}
	*words = s->words + o.i * (s->elem_size / 8);
	*n = s->elem_size / 8;
	return 0;
}

static bool bit_at(const uint8_t *b, size_t i)
{
	return b[i / 8] & 1u << i % 8;
}

/*
 * Each byte covers four words: the low half says whether a word holds a
 * pointer, the high half whether it or a later word does.
 */
static void bits_by_two(const uint8_t *b, size_t first, size_t n, uint8_t *bits)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t two = (uint8_t)(b[(first % 4 + i) / 4] >> (first + i) % 4);

		if (!(two & 0x10))
			return;
		bits[i / 8] |= (uint8_t)((two & 1) << i % 8);
	}
}

bool heap_bits(const struct heap *h, struct heap_obj o, size_t n, uint8_t *bits)
{
	const struct heap_span *s = &h->spans.v[o.span];
	uint64_t addr = s->base + o.i * s->elem_size, first = (addr & ((1ull << ARENA_SHIFT) - 1)) / 8;
	const uint64_t *at = map_get(&h->arena_index, addr >> ARENA_SHIFT);
	size_t per_byte = h->go_minor >= BITS_SINCE ? 8 : 4, size = (first % per_byte + n + per_byte - 1) / per_byte;
	uint8_t *b;

	if (h->go_minor < 0 || h->go_minor >= HEADERS_SINCE || !at || *at >= h->arena.n ||
	    n > (1u << ARENA_SHIFT) / 8 - first)
		return false;
	b = malloc(size);
	/* The bitmap is the first field of heapArena. */
	if (!b || memory_read(h->mem, h->arena.v[*at].addr + first / per_byte, b, size)) {
		free(b);
		return false;
	}
	if (per_byte == 4)
		bits_by_two(b, first, n, bits);
	else
		for (size_t i = 0; i < n; i++)
			bits[i / 8] |= (uint8_t)(bit_at(b, first % 8 + i) << i % 8);
	free(b);
	return true;
}
