/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_CLOSURE_H
#define CHANREC_RECORD_PROBE_CLOSURE_H

/*
 * Where the runtime has systemstack call a closure, and how the stacks look
 * there: decoded from the code, as all in record/probe/site.h. What a wake-up needs
 * so that its waker's stack can be read at once (bpf/waker.h).
 */

#include "gobin/gobin.h"
#include "record/probe/site.h"

struct bpf_config;

/* A closure that is made in the frame and passed to systemstack. */
struct closure_call {
	uint64_t code; /* the closure's */
	uint64_t ret;  /* behind the call */
	int32_t at;    /* the closure, from rsp at the call */
};

/* The next one from *from on, an index of instructions that is moved on. -ENOENT: no more. */
int code_closure_call(const struct code *c, uint64_t systemstack, size_t *from, struct closure_call *out);

/* Behind systemstack's call of what it was passed. pushes: it saves rbp first, as Go 1.21 and later do. */
int code_systemstack(const struct code *c, uint64_t *ret, bool *pushes);

/* Fills cfg's sites of ready, addresses as in memory. What cannot be decoded is left out. */
void closure_plan(struct bpf_config *cfg, const struct gobin *bin, uint64_t bias);

#endif
