/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_SLAB_H
#define CHANREC_UTIL_SLAB_H

#include <stddef.h>
#include <string.h>

/*
 * Structures of one size that come and go. Each begins at a cache line, and
 * all lie close together, on huge pages where there are many. Their memory is
 * used again but given back only with all of it, so a pointer to one that has
 * gone can still be read. Zero-initialise, and set size.
 */
struct slab {
	size_t size; /* of each; a multiple of SLAB_ALIGN */
	void *spare;
	char *next, *end; /* of the last chunk, what was never used */
	struct slab_chunk *chunks;
	size_t chunk_bytes;
};

#define SLAB_ALIGN 64

/* For .size, of a structure of so many bytes. */
static inline size_t slab_size(size_t bytes)
{
	return (bytes + SLAB_ALIGN - 1) / SLAB_ALIGN * SLAB_ALIGN;
}

/* Its content is not defined. NULL: out of memory. */
void *slab_get(struct slab *s);
/* The same, all 0. */
static inline void *slab_get_zeroed(struct slab *s)
{
	char *p = slab_get(s);

	/* A line each: of so few bytes the string instructions take longer. */
	for (size_t i = 0; p && i < s->size; i += SLAB_ALIGN)
		memset(p + i, 0, SLAB_ALIGN);
	return p;
}
/* Bytes 8 to 15 are lost. */
void slab_put(struct slab *s, void *p);
void slab_free(struct slab *s);

#endif
