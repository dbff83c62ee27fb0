/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_UTF8_H
#define CHANREC_REPORT_RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that s (n bytes, n ≥ 1) begins with, and its length in bytes; 0 if s does not begin with valid UTF-8.
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *c);

/* Code points that must not reach a terminal or markup as they are: C0, C1, separators, bidi and invisible controls. */
bool utf8_is_control(uint32_t c);

/*
 * The bytes of the character that s (n bytes, n ≥ 1) begins with, and the terminal columns that it takes: a letter with
 * its combining marks is one character, East Asian wide characters take two columns, control characters none.
 */
size_t utf8_next(const char *s, size_t n, unsigned *columns);

/* The columns of n bytes. */
size_t utf8_columns(const char *s, size_t n);

#endif
