/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_SLAB_H
#define CHANREC_UTIL_SLAB_H

#include <stddef.h>
#include <string.h>

/*
 * An allocator for structures of one size. Each begins at a cache line, and all
 * lie close together, on huge pages if there are many. Memory is reused but only
 * freed all at once, so a pointer to a freed structure can still be read.
 * Zero-initialise, and set size.
 */
struct slab {
	size_t size; /* of each structure; a multiple of SLAB_ALIGN */
	void *spare;
	char *next, *end; /* the unused rest of the last chunk */
	struct slab_chunk *chunks;
	size_t chunk_bytes;
};

#define SLAB_ALIGN 64

/* The value of .size for a structure of that many bytes. */
static inline size_t slab_size(size_t bytes)
{
	return (bytes + SLAB_ALIGN - 1) / SLAB_ALIGN * SLAB_ALIGN;
}

/* The content is undefined. NULL: out of memory. */
void *slab_get(struct slab *s);
/* The same, zeroed. */
static inline void *slab_get_zeroed(struct slab *s)
{
	char *p = slab_get(s);

	/* One cache line at a time: string instructions are slower for so few bytes. */
	for (size_t i = 0; p && i < s->size; i += SLAB_ALIGN)
		memset(p + i, 0, SLAB_ALIGN);
	return p;
}
/* Frees a structure. Overwrites its bytes 8 to 15. */
void slab_put(struct slab *s, void *p);
void slab_free(struct slab *s);

#endif
