// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/slab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The first chunk is small; each further one is twice as large, up to a huge page. */
#define FIRST_CHUNK (16u << 10)
#define LAST_CHUNK (2u << 20)

struct slab_chunk {
	struct slab_chunk *older;
};

static void **link_of(void *p)
{
	return (void **)p + 1;
}

static void *chunk_get(struct slab *s)
{
	size_t bytes = s->chunk_bytes ? s->chunk_bytes * 2 : FIRST_CHUNK;
	struct slab_chunk *c;

	if (bytes > LAST_CHUNK)
		bytes = LAST_CHUNK;
	c = aligned_alloc(bytes == LAST_CHUNK ? LAST_CHUNK : SLAB_ALIGN, bytes);
	if (!c)
		return NULL;
	if (bytes == LAST_CHUNK)
		madvise(c, bytes, MADV_HUGEPAGE); /* if this fails, the pages are small */
	c->older = s->chunks;
	s->chunks = c;
	s->chunk_bytes = bytes;
	s->next = (char *)c + SLAB_ALIGN;
	s->end = (char *)c + bytes;
	return c;
}

void *slab_get(struct slab *s)
{
	void *p = s->spare;

	if (p) {
		s->spare = *link_of(p);
		return p;
	}
	if ((size_t)(s->end - s->next) < s->size && !chunk_get(s))
		return NULL;
	p = s->next;
	s->next += s->size;
	return p;
}

void slab_put(struct slab *s, void *p)
{
	*link_of(p) = s->spare;
	s->spare = p;
}

void slab_free(struct slab *s)
{
	while (s->chunks) {
		struct slab_chunk *c = s->chunks;

		s->chunks = c->older;
		free(c);
	}
	*s = (struct slab){ .size = s->size };
}
