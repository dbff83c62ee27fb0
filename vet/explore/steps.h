/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_EXPLORE_STEPS_H
#define CHANREC_VET_EXPLORE_STEPS_H

/* What single instructions do; step.c runs them. */

#include "vet/explore/explorer.h"

/* place.c: operands are on the stack unless they are arguments */
struct val *g_slot(struct state *s, int32_t i);
void var_declare(struct explorer *x, struct state *s, const struct ins *i, struct val v);
struct val var_load(struct state *s, int32_t i);
void var_store(struct explorer *x, struct state *s, const struct ins *i, struct val v);
struct val val_address(struct state *s, struct val v, uint32_t cell);
struct val field_get(struct explorer *x, struct state *s, struct val base, uint32_t name);
struct val field_address(struct explorer *x, struct state *s, struct val base, uint32_t name);
void field_set(struct explorer *x, struct state *s, struct val base, uint32_t name, struct val v);
uint32_t elem_type(struct explorer *x, struct state *s, struct val base);
void index_get(struct explorer *x, struct state *s, const struct ins *i);
void index_set(struct explorer *x, struct state *s);
void index_address(struct explorer *x, struct state *s);
void pointer_get(struct explorer *x, struct state *s);
void pointer_set(struct explorer *x, struct state *s);

/* make.c */
void make_literal(struct explorer *x, struct state *s, const struct ins *i, const struct func *f);
void make_value(struct explorer *x, struct state *s, const struct ins *i);
void make_new(struct explorer *x, struct state *s, const struct ins *i);
void make_closure(struct explorer *x, struct state *s, const struct ins *i);

/* loop.c; loop_enter() is false when the goroutine is not followed any more */
bool loop_enter(struct explorer *x, struct state *s, const struct func *f, const struct ins *i);
void range_next(struct explorer *x, struct state *s, const struct ins *i);

#endif
