/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_TAR_H
#define CHANREC_UTIL_TAR_H

/* An archive in the ustar format of POSIX.1-1988, in memory. */

#include <stdint.h>

#include "util/buf.h"

/* Appends a file, which anybody may read. mtime: seconds since 1970. 0, or -EINVAL: the name has over 99 bytes. */
int tar_add(struct buf *tar, const char *name, const void *data, size_t n, int64_t mtime);
/* Ends the archive. */
void tar_end(struct buf *tar);

#endif
