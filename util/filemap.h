/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_FILEMAP_H
#define CHANREC_UTIL_FILEMAP_H

/*
 * A file mapped into memory that somebody may truncate meanwhile. The kernel
 * then raises SIGBUS; here such a page reads as zeros, and the map says so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct filemap {
	void *data; /* NULL: nothing is mapped */
	size_t size;
	int slot;
};

/* prot: as of mmap(); the map is private. 0 or -errno. */
int filemap_open(struct filemap *m, int fd, size_t size, int prot);
/* Whether a page was missing when it was read. */
bool filemap_is_cut(const struct filemap *m);
void filemap_close(struct filemap *m);

#endif
