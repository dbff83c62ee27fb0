/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GLIST_H
#define CHANREC_RECORD_GOREAD_GLIST_H

/*
 * The list of goroutines, runtime.allgs: the addresses of all g structs that
 * the runtime ever made. It only grows, and its entries never change
 * (runtime.allgadd), although a g serves one goroutine after another.
 */

#include <stddef.h>
#include <stdint.h>

#include "record/goread/gread.h"

struct glist {
	const struct memory *mem;
	uint64_t slice, len, ptr; /* addresses of runtime.allgs, allglen and allgptr; 0: unknown */
};

/* env must outlive l. -ENOENT: the program has no such list. */
int glist_init(struct glist *l, const struct gread_env *env, struct err *err);
/*
 * Appends the entries from *n on to the array *v, which the caller owns and frees.
 * *missing: entries that the memory lacks, if it is one that stands still. 0;
 * -EFAULT: the list was inconsistent or unreadable, and may be tried again; -ESRCH; -ENOMEM.
 */
int glist_read(const struct glist *l, uint64_t **v, size_t *n, uint64_t *missing);

#endif
