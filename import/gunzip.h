/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_GUNZIP_H
#define CHANREC_IMPORT_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

#define GUNZIP_MAX (256u << 20) /* bytes, unpacked; a profile of a million stacks has less */

bool gunzip_is(const char *data, size_t n);
/* *out is the caller's to free. -EBADMSG: damaged; -EFBIG: more than GUNZIP_MAX. */
int gunzip(const char *data, size_t n, char **out, size_t *out_n, struct err *err);

#endif
