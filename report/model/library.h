/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LIBRARY_H
#define CHANREC_REPORT_MODEL_LIBRARY_H

#include "report/model/symbols.h"

/*
 * Marks the places outside the program's own module: Go's standard library and
 * modules that the program depends on. module: path of the main module, "" if
 * unknown.
 */
void library_mark(struct symbols *s, const char *module);

/* The innermost call of a stack in the program's own code; 0: none. */
uint32_t symbols_stack_app(const struct symbols *s, uint32_t stack);

#endif
