/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PROBES_H
#define CHANREC_RECORD_PROBE_PROBES_H

/*
 * The probes of one target: planned from its program's code, loaded and
 * attached with libbpf, and drained through the ring.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "gobin/gobin.h"
#include "record/probe/drain.h"
#include "record/probe/link.h"
#include "record/probe/plan.h"
#include "record/probe/programs.h"
#include "record/target/target.h"

/* Where the probes are attached. Everything here must outlive them. */
struct probes_place {
	const struct target *t;
	const struct gobin *bin;
	uint64_t bias;
};

struct probes {
	struct probe_plan plan;
	struct programs programs;
	struct probes_place place;
	struct links links, waits; /* of probes of life (probe_is_of_life()); of all others */
	struct drain drain;
	struct bpf_shared *shared;        /* switches and counters of the BPF programs */
	struct wait_slot *waits_deferred; /* [WAIT_SLOTS] deferred waits, shared with the BPF programs; NULL: none was
	                                     ever deferred */
};

struct probes_opts {
	uint32_t events;  /* TRACE_EVENTS_… */
	size_t ring_size; /* bytes, a power of two */
	bool verbose;     /* libbpf's own messages on stderr */
	bool no_ready_stacks;
	bool no_direct_reads;
};

/*
 * Finds the sites in the program. A required site that is not found is an
 * error; any other is listed as missing, with what the trace then lacks.
 */
int probes_plan(struct probes *p, const struct gobin *bin, const struct go_layout *l, uint32_t events, struct err *err);
/*
 * Loads the programs for t, whose program is loaded bias above its file's
 * addresses, and attaches them, disabled.
 */
int probes_attach(struct probes *p, const struct target *t, const struct gobin *bin, uint64_t bias,
                  const struct probes_opts *opts, struct err *err);
/* Events flow from here on; takes effect at once for all probes. */
void probes_enable(struct probes *p);
/* The first snapshot is complete: what every goroutine waits on is known. */
void probes_started(struct probes *p);
/*
 * From here on waits shorter than ns are left out; 0: none. Deferred waits that
 * have not ended when the recording ends are in p->waits_deferred, see
 * record/limit/deferred.h.
 */
int probes_set_min_block(struct probes *p, uint64_t ns, struct err *err);
/* From here on no park is deferred and no wait is too short to be sent. */
void probes_closing(struct probes *p);
/* Events end here; takes effect at once for all probes. */
void probes_disable(struct probes *p);
/* Whether the ring lacked room for stacks at any time since the last call. */
bool probes_was_tight(struct probes *p);
/* The least that is left out, however much room the ring has. */
void probes_set_level(struct probes *p, enum ring_level level);
/*
 * Detaches the probes that do not report the life of goroutines or channels
 * (parks, wake-ups, operations, runs), and attaches them again.
 */
void probes_waits_detach(struct probes *p);
int probes_waits_attach(struct probes *p, struct err *err);

/* An attached BPF program. */
struct probes_prog {
	int fd;
	bool single_step; /* one of its sites is single-stepped by the kernel */
};
#define PROBES_PROGS_MAX 16
size_t probes_programs(const struct probes *p, struct probes_prog *out, size_t max);
/* Detaches all probes; the ring can still be drained. */
void probes_detach(struct probes *p);
void probes_free(struct probes *p);

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err);
/* See drain_run(). */
int probes_drain(struct probes *p);

#endif
