// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/heap.h"

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
#define HEADERS_SINCE 22 /* Go 1.22 */
#define HEADER_MIN 512   /* minSizeForMallocHeader of runtime/mbitmap.go: in larger ones */

int heap_init(struct heap *h, const struct target *t, const struct gobin *bin, const struct go_layout *l, uint64_t bias,
              uint64_t limit)
{
	uint64_t addr;

	memset(h, 0, sizeof(*h));
	h->t = t;
	h->l = l;
	h->limit = limit;
	h->has_headers = gobin_go_minor(bin) >= HEADERS_SINCE;
	if (gobin_var(bin, GO_VAR_ARENAS, &addr, NULL) || l->arena_spans < 0 || l->mspan_base < 0 ||
	    l->mspan_npages < 0 || l->mspan_elemsize < 0 || l->mspan_class < 0 || l->mspan_state < 0 ||
	    l->mspan_size <= 0 || l->mspan_size > SPAN_BYTES)
		return -ENOENT;
	h->arenas = addr + bias;
	return vec_extend(&h->spans, 1) || vec_extend(&h->arena_spans, 1) ? -ENOMEM : 0;
}

void heap_free(struct heap *h)
{
	for (size_t i = 0; i < h->arena_spans.n; i++)
		free(h->arena_spans.v[i]);
	for (size_t i = 0; i < h->spans.n; i++) {
		free(h->spans.v[i].words);
		free(h->spans.v[i].marks);
	}
	vec_free(&h->arena_spans);
	vec_free(&h->spans);
	map_free(&h->arena_index);
	map_free(&h->span_index);
}

/* The pages' spans of one arena; NULL: there is no such arena. */
static uint64_t *arena_read(const struct heap *h, uint64_t index)
{
	size_t size = ARENA_PAGES * sizeof(uint64_t);
	uint64_t table, arena, *spans;

	if (target_read(h->t, h->arenas, &table, sizeof(table)) || !table ||
	    target_read(h->t, table + 8 * (ARENA_FIRST + index), &arena, sizeof(arena)) || !arena)
		return NULL;
	spans = malloc(size);
	if (spans && !target_read(h->t, arena + (uint64_t)h->l->arena_spans, spans, size))
		return spans;
	free(spans);
	return NULL;
}

static const uint64_t *arena_get(struct heap *h, uint64_t index)
{
	bool added;
	uint64_t *slot = map_put(&h->arena_index, index, &added);

	if (!slot)
		return NULL;
	if (added) {
		*slot = h->arena_spans.n;
		if (vec_push(&h->arena_spans, arena_read(h, index)))
			return NULL;
	}
	return *slot < h->arena_spans.n ? h->arena_spans.v[*slot] : NULL;
}

static uint64_t field(const uint8_t *b, int32_t off)
{
	uint64_t v;

	memcpy(&v, b + off, sizeof(v));
	return v;
}

/* False: no span of objects, or one that cannot be. */
static bool span_read(const struct heap *h, uint64_t addr, struct heap_span *s)
{
	const struct go_layout *l = h->l;
	uint8_t b[SPAN_BYTES + 8] = { 0 };
	uint64_t npages;

	if (target_read(h->t, addr, b, (size_t)l->mspan_size) || b[l->mspan_state] != SPAN_IN_USE)
		return false;
	npages = field(b, l->mspan_npages);
	*s = (struct heap_span){ .base = field(b, l->mspan_base),
		                 .elem_size = field(b, l->mspan_elemsize),
		                 .size = npages << PAGE_SHIFT,
		                 .scan = !(b[l->mspan_class] & 1) };
	/* Class 0 is for objects that have a span of their own; their type is in the mspan. */
	s->header = h->has_headers && s->scan && b[l->mspan_class] > 1 && s->elem_size > HEADER_MIN;
	if (!npages || npages >= USER_TOP >> PAGE_SHIFT || !s->elem_size || (s->elem_size & 7) ||
	    s->elem_size > s->size || s->base >= USER_TOP)
		return false;
	/* As many marks as objects, whatever the sizes claim: a span that the process does not have is not believed. */
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

bool heap_find(struct heap *h, uint64_t addr, struct heap_obj *o)
{
	const uint64_t *pages;
	const struct heap_span *s;
	uint64_t mspan;

	if (addr < 1u << PAGE_SHIFT || addr >= USER_TOP)
		return false;
	pages = arena_get(h, addr >> ARENA_SHIFT);
	mspan = pages ? pages[(addr >> PAGE_SHIFT) & (ARENA_PAGES - 1)] : 0;
	o->span = mspan ? span_get(h, mspan) : 0;
	if (!o->span)
		return false;
	s = &h->spans.v[o->span];
	if (addr < s->base || addr - s->base >= s->size / s->elem_size * s->elem_size)
		return false;
	o->i = (uint32_t)((addr - s->base) / s->elem_size);
	return true;
}

bool heap_is_marked(const struct heap *h, struct heap_obj o)
{
	return h->spans.v[o.span].marks[o.i / 8] & 1u << o.i % 8;
}

bool heap_mark(struct heap *h, struct heap_obj o)
{
	uint8_t *b = &h->spans.v[o.span].marks[o.i / 8], bit = (uint8_t)(1u << o.i % 8);
	bool is_new = !(*b & bit);

	*b |= bit;
	return is_new;
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
		if (target_read(h->t, s->base, s->words, s->size))
			return -EFAULT;
	}
	*words = s->words + o.i * (s->elem_size / 8);
	*n = s->elem_size / 8;
	return 0;
}
