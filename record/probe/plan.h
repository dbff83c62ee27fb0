/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PLAN_H
#define CHANREC_RECORD_PROBE_PLAN_H

/*
 * Decides which probes a program gets and what the BPF programs must know about
 * it. A plan depends only on the program's file; probes.h loads and attaches
 * it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "format/trace.h"
#include "gobin/gobin.h"
#include "record/probe/site.h"
#include "util/vec.h"

#define PROG_ANY "go_any"

/* The instruction of the function to probe. */
enum how { HOW_ENTRY, HOW_CALL, HOW_RESULT, HOW_MAKE, HOW_RETS };

/* A kind of probe, the same for every program. */
struct probe_spec {
	enum ring_type type;
	enum how how;
	bool required;                  /* there is no recording without it */
	bool optional;                  /* Go's linker omits the function from a program that never calls it */
	const char *prog;               /* the BPF program; PROG_ANY uses cfg.site to tell which probe was hit */
	const struct probe_spec *early; /* HOW_RETS: spec for RETs before the first argument is stored */
	const char *funcs[3];           /* the first one that exists is probed */
	const char *callee;             /* HOW_CALL, HOW_RESULT */
	const char *without;            /* what the trace lacks if the probe is missing */
};

enum probe_status {
	PROBE_FOUND,
	PROBE_MISSING,    /* the program has or may have the function, but no site was found */
	PROBE_NOT_NEEDED, /* the program does not have the function, so nothing is missed */
};

struct probe {
	const struct probe_spec *spec;
	enum probe_status status;
	char func[64];    /* the function found */
	struct site site; /* addresses in the file */
	char note[160];   /* how the site was found, or why not and what the trace lacks */
};

struct probe_plan {
	struct bpf_config cfg;
	VEC(struct probe) v;
};

/*
 * Finds the sites in the program. A required site that is not found is an
 * error; any other is listed as missing.
 */
int plan_init(struct probe_plan *p, const struct gobin *bin, const struct go_layout *l, uint32_t events,
              struct err *err);
void plan_free(struct probe_plan *p);
/* Whether a probe of that type was found. */
bool plan_has(const struct probe_plan *p, enum ring_type type);
/* Whether a probe was found that uses the BPF program prog. */
bool plan_uses(const struct probe_plan *p, const char *prog);
/* Number of probes with that status. */
size_t plan_count(const struct probe_plan *p, enum probe_status status);
/* Fills in what depends on the load address: bias = address in memory - address in the file. */
void plan_place(struct probe_plan *p, const struct gobin *bin, uint64_t bias);

/* "go.park", … */
const char *probe_event(const struct probe *p);
/* Whether it reports that a goroutine was created or exited, or that a channel was made or closed. */
bool probe_is_of_life(const struct probe *p);

#endif
