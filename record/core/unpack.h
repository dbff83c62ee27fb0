/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_CORE_UNPACK_H
#define CHANREC_RECORD_CORE_UNPACK_H

/* Compressed core files, as systemd-coredump keeps them. */

#include "util/err.h"

/*
 * Replaces *fd, if its file is compressed by zstd, with a temporary file without
 * a name in $TMPDIR or /var/tmp, which has the content; pages of zeros are holes
 * in it. A stream that ends too early gives what it has. -ENOTSUP: compressed in
 * another way. *fd remains the caller's in any case.
 */
int unpack_core(int *fd, const char *path, struct err *err);

#endif
