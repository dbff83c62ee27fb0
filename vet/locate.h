/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_LOCATE_H
#define CHANREC_VET_LOCATE_H

/*
 * Finds the files of a program that a trace of it names. The program may have
 * been built elsewhere, or with -trimpath, so that the paths agree only from
 * some folder on.
 */

#include "util/map.h"
#include "util/vec.h"
#include "vet/program/program.h"

struct locator {
	const struct program *p;
	struct map by_name;   /* hash of a file's name → its last unit */
	VEC(uint32_t) before; /* by unit: another one of the same name, or 0 */
	VEC(uint32_t) funcs;  /* that are no closures, by unit and position */
};

/* After program_link(). 0 or -ENOMEM; either way locator_free(). */
int locator_init(struct locator *l, const struct program *p);
void locator_free(struct locator *l);

/*
 * The unit that a path means: that of the function's package whose path agrees
 * longest with it from the end. function is the name in Go's symbol table, or
 * "". 0: there is none, or several fit.
 */
uint32_t locate_file(const struct locator *l, const char *path, const char *function);
/* The function around a line, closures included; 0: none. */
uint32_t locate_func(const struct locator *l, uint32_t unit, uint32_t line);
/* Whether func is the one that the symbol names. If not, the file is not the one that the program was built from. */
bool locate_is_func(const struct locator *l, uint32_t func, const char *symbol);

#endif
