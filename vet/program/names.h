/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_PROGRAM_NAMES_H
#define CHANREC_VET_PROGRAM_NAMES_H

/*
 * Strings as numbers, the same for all files of a run. Threads may add names at
 * the same time. 0 is the empty string. Nothing is freed before names_free().
 */

#include <stddef.h>
#include <stdint.h>

struct names;

struct names *names_new(void);
void names_free(struct names *n);
/* The number of a string; 0 when out of memory, too. */
uint32_t name_of(struct names *n, const char *s, size_t len);
uint32_t name_str(struct names *n, const char *s);
const char *name_text(const struct names *n, uint32_t id);

#endif
