/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_BYTES_H
#define CHANREC_UTIL_BYTES_H

#include <stdint.h>

#define BYTES_MAX 32

/* "615.9 KiB", with binary units as --max-size; returns to. */
const char *bytes_text(char to[BYTES_MAX], uint64_t n);

#endif
