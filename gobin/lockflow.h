/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_LOCKFLOW_H
#define CHANREC_GOBIN_LOCKFLOW_H

/* One function: the flow of locks through its blocks. */

#include "gobin/lockops.h"
#include "gobin/locksite.h"
#include "gobin/useops.h"

#define LOCK_EFFECTS_MAX 4
#define USE_EFFECTS_MAX 8

/* What a call of the function does to locks of its caller, and to other objects. */
struct lock_effect {
	uint8_t n;
	struct {
		uint8_t kind;
		struct lock_path path; /* from the registers at its entry */
	} released[LOCK_EFFECTS_MAX];
	uint8_t released_any; /* 1 << kind: releases locks that cannot be named */
	uint8_t left_held;    /* 1 << kind: may return with locks that it took */
	uint8_t nuses;
	struct {
		uint8_t kind;
		struct lock_path path; /* from the registers at its entry */
	} uses[USE_EFFECTS_MAX];
};

struct lock_func {
	struct lock_site *sites; /* those of which something is known, by address */
	size_t nsites;
	struct lock_held *held;
	struct code_use *uses;
	struct lock_left *left; /* returns at which a lock is certainly held */
	size_t nleft;
	bool is_unknown; /* it does something with locks, and its code cannot be followed */
};

struct lock_flow_env {
	const struct gobin *b;
	const struct lock_ops *ops;
	const struct use_ops *use_ops;
	bool has_locks; /* the function itself does something with locks; if not, only its uses are of interest */
	uint64_t at;    /* 0, or an instruction: the one site is what is known before it */
	/* The effect of a call of the function at addr; NULL: none. */
	const struct lock_effect *(*effect)(void *ctx, uint64_t addr);
	void *ctx;
};

/*
 * out and effect describe nothing if the analysis cannot follow the code. 0 or
 * -ENOMEM. out is freed by lock_func_free().
 */
int lock_flow(const struct lock_flow_env *env, const struct pcln_func *f, struct lock_func *out,
              struct lock_effect *effect);
void lock_func_free(struct lock_func *f);

#endif
