/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_UTF8_H
#define CHANREC_REPORT_RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that s (n bytes, n ≥ 1) begins with, and its bytes; 0 where s does not begin with valid UTF-8. */
size_t utf8_decode(const char *s, size_t n, uint32_t *c);

/* Code points that must not reach a terminal or a markup as they are: C0, C1, separators, bidi and invisible controls.
 */
bool utf8_is_control(uint32_t c);

#endif
