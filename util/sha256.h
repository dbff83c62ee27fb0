/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_SHA256_H
#define CHANREC_UTIL_SHA256_H

#include <stddef.h>

#define SHA256_HEX 65 /* bytes of the text, with its end */

/* The SHA-256 of n bytes as sha256sum(1) prints it; returns to. */
const char *sha256_text(char to[SHA256_HEX], const void *data, size_t n);

#endif
