/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_PROGRAM_COMPILE_H
#define CHANREC_VET_PROGRAM_COMPILE_H

#include "vet/program/program.h"
#include "vet/syntax/ast.h"

/* Adds what a file declares. unit->pkg is set; names and imports are filled in. 0 or -ENOMEM. */
int compile_file(struct program *p, uint32_t unit, const struct ast *a);

#endif
