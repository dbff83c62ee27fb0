/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_SOURCE_H
#define CHANREC_FORMAT_SOURCE_H

/* The reader's input: a file, a pipe or memory. */

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
	uint64_t at;      /* bytes read or skipped */
	struct buf chunk; /* the last read, if from a file */
};

/* -errno. path "-" is stdin. */
int source_open(struct source *s, const char *path);
void source_open_mem(struct source *s, const void *data, size_t n);
void source_close(struct source *s);

/*
 * Reads up to n bytes; *p is valid until the next call. Returns the number of
 * bytes, fewer than n only at the end, or -errno. Never takes more memory than
 * the source has bytes.
 */
ssize_t source_read(struct source *s, size_t n, const uint8_t **p);
/* The same, appended to the keep bytes of the last call: *p has keep + n. */
ssize_t source_read_more(struct source *s, size_t keep, size_t n, const uint8_t **p);
/* Skips n bytes. Returns how many there were, or -errno. */
int64_t source_skip(struct source *s, uint64_t n);

#endif
