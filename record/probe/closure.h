/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_CLOSURE_H
#define CHANREC_RECORD_PROBE_CLOSURE_H

/*
 * Finds where the runtime passes a closure to systemstack, and what the stacks
 * look like there. All of it is decoded from the code, as in
 * record/probe/site.h. A wake-up needs this so that its waker's stack can be
 * read at once (bpf/waker.h).
 */

#include "gobin/gobin.h"
#include "record/probe/site.h"

struct bpf_config;

/* A closure that is built in the frame and passed to systemstack. */
struct closure_call {
	uint64_t code; /* code of the closure */
	uint64_t ret;  /* return address of the call */
	int32_t at;    /* offset of the closure from rsp at the call */
};

/* Finds the next one from instruction *from on, and advances *from. -ENOENT: no more. */
int code_closure_call(const struct code *c, uint64_t systemstack, size_t *from, struct closure_call *out);

/* The return address of systemstack's call to its argument. pushes: it saves rbp first, as since Go 1.21. */
int code_systemstack(const struct code *c, uint64_t *ret, bool *pushes);

/* Fills cfg's sites of ready with addresses in memory. Sites that cannot be decoded are left out. */
void closure_plan(struct bpf_config *cfg, const struct gobin *bin, uint64_t bias);

#endif
