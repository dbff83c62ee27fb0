/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PLAN_H
#define CHANREC_RECORD_PROBE_PLAN_H

/*
 * Which probes a program gets and what the BPF programs have to know about it.
 * A plan is made from the program's file alone; probes.h loads and attaches it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "format/trace.h"
#include "gobin/gobin.h"
#include "record/probe/site.h"
#include "util/vec.h"

#define PROG_ANY "go_any"

/* Which instruction of the function. */
enum how { HOW_ENTRY, HOW_CALL, HOW_RESULT, HOW_MAKE, HOW_RETS };

/* One kind of probe, for every program. */
struct probe_spec {
	enum ring_type type;
	enum how how;
	bool required;                  /* no recording without it */
	bool optional;                  /* Go's linker leaves the function out of a program that never calls it */
	const char *prog;               /* the BPF program; PROG_ANY tells by cfg.site which probe was hit */
	const struct probe_spec *early; /* HOW_RETS: for RETs before the first argument is stored */
	const char *funcs[3];           /* the first that exists */
	const char *callee;             /* HOW_CALL, HOW_RESULT */
	const char *without;            /* what the trace lacks when the probe is missing */
};

enum probe_status {
	PROBE_FOUND,
	PROBE_MISSING,    /* the program has or may have the function, but no site was found */
	PROBE_NOT_NEEDED, /* the program has no such function, so there is nothing to miss */
};

struct probe {
	const struct probe_spec *spec;
	enum probe_status status;
	char func[64];    /* the function that was found */
	struct site site; /* addresses in the file */
	char note[160];   /* how it was found, or why not and what the trace lacks */
};

struct probe_plan {
	struct bpf_config cfg;
	VEC(struct probe) v;
};

/*
 * Finds the sites in the program. A required site that is not found is an
 * error; any other stays in the list as missing.
 */
int plan_init(struct probe_plan *p, const struct gobin *bin, const struct go_layout *l, uint32_t events,
              struct err *err);
void plan_free(struct probe_plan *p);
/* Whether a probe of that type was found. */
bool plan_has(const struct probe_plan *p, enum ring_type type);
/* Whether a probe was found that the BPF program prog serves. */
bool plan_uses(const struct probe_plan *p, const char *prog);
/* How many probes have that status. */
size_t plan_count(const struct probe_plan *p, enum probe_status status);
/* Fills what depends on the load address: bias = address in memory - address in the file. */
void plan_place(struct probe_plan *p, const struct gobin *bin, uint64_t bias);

/* "go.park", … */
const char *probe_event(const struct probe *p);
/* Whether it tells of goroutines' creation or end, or of channels made or closed. */
bool probe_is_of_life(const struct probe *p);

#endif
