/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PROGRAMS_H
#define CHANREC_RECORD_PROBE_PROGRAMS_H

/* The BPF programs: the build that this kernel can load, its maps and its variables. */

#include <stdbool.h>

#include "bpf/ring.h"
#include "record/probe/link.h"
#include "record/probe/plan.h"
#include "util/err.h"

/*
 * The oldest supported kernel: make check-kernels records on it. 5.8 has
 * everything that the BPF programs need (CAP_BPF, the ring buffer), but is not
 * tested.
 */
#define OLDEST_KERNEL "5.10"

struct bpf_object;
struct bpf_program;

/* The same programs for different kernels, best first. */
enum bpf_build {
	BUILD_DIRECT, /* reads the target's memory without a helper */
	BUILD_PLAIN,
	BUILD_OLD, /* before Linux 5.12 */
	BUILDS,
};

struct programs {
	struct bpf_object *obj;
	enum bpf_build build;
	struct bpf_vars *vars; /* mapped: both sides see it */
};

struct programs_opts {
	bool verbose;         /* libbpf's messages on stderr */
	bool no_direct_reads; /* skip BUILD_DIRECT */
};

/*
 * Loads the programs that the plan uses, to be attached by that kind of link.
 * Completes plan->cfg with what was found out about the kernel.
 */
int programs_load(struct programs *p, struct probe_plan *plan, enum link_kind kind, const struct programs_opts *opts,
                  struct err *err);
void programs_free(struct programs *p);
/* File descriptor of a map; < 0: there is no such map. */
int programs_map(const struct programs *p, const char *name);
/* NULL: there is no such program. */
struct bpf_program *programs_get(const struct programs *p, const char *name);

/* Whether libbpf writes its messages to stderr, for the whole process. */
void programs_set_verbose(bool verbose);
/* The message for a load that failed with -errno. Returns ret. */
int programs_load_error(int ret, struct err *err);

#endif
