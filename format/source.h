/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_SOURCE_H
#define CHANREC_FORMAT_SOURCE_H

/* Where the reader has its bytes from: a file, a pipe or memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"

struct source {
	int fd; /* -1: memory */
	bool close;
	const uint8_t *mem;
	size_t mem_len;
	uint64_t at;      /* bytes read or passed over */
	struct buf chunk; /* what was read last, of a file */
};

/* -errno. path "-" is stdin. */
int source_open(struct source *s, const char *path);
void source_open_mem(struct source *s, const void *data, size_t n);
void source_close(struct source *s);

/*
 * Up to n bytes; *p holds until the next call. Returns how many there were:
 * fewer than n only at the end; -errno. Takes no more memory than the source
 * has bytes.
 */
ssize_t source_read(struct source *s, size_t n, const uint8_t **p);
/* The same, behind the keep bytes that the last call gave: *p has keep + n. */
ssize_t source_read_more(struct source *s, size_t keep, size_t n, const uint8_t **p);
/* Passes over n bytes. How many there were, or -errno. */
int64_t source_skip(struct source *s, uint64_t n);

#endif
