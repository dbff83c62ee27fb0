/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PROBES_H
#define CHANREC_RECORD_PROBE_PROBES_H

/*
 * The probes of one target: planned from its program's code, loaded and
 * attached through libbpf, drained through the ring.
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

/* Where they are attached; all of it outlives the probes. */
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
	struct bpf_shared *shared; /* switches and counters of the BPF programs */
	struct wait_slot
	        *waits_deferred; /* [WAIT_SLOTS] deferred waits, shared with them; NULL: none was ever deferred */
};

struct probes_opts {
	uint32_t events;  /* TRACE_EVENTS_… */
	size_t ring_size; /* bytes, a power of two */
	bool verbose;     /* libbpf's own words on stderr */
	bool no_ready_stacks;
	bool no_direct_reads;
};

/*
 * Finds the sites in the program. A site that is required and not found is an
 * error; another one stays in the list as missing, with what the trace lacks.
 */
int probes_plan(struct probes *p, const struct gobin *bin, const struct go_layout *l, uint32_t events, struct err *err);
/* Loads the programs for t, loaded bias bytes above its file's addresses, and attaches them, switched off. */
int probes_attach(struct probes *p, const struct target *t, const struct gobin *bin, uint64_t bias,
                  const struct probes_opts *opts, struct err *err);
/* From here on events flow, all at once. */
void probes_enable(struct probes *p);
/* The first snapshot is whole: what every goroutine waits on is known. */
void probes_started(struct probes *p);
/*
 * From here on a wait that is shorter than ns is left out, 0: none. Those that
 * go on when the recording ends are in p->waits_deferred, see record/limit/deferred.h.
 */
int probes_set_min_block(struct probes *p, uint64_t ns, struct err *err);
/* Parks are no longer held back, and no wait is too short to be sent. */
void probes_closing(struct probes *p);
/* And here they end, all at once. */
void probes_disable(struct probes *p);
/* Whether the ring had no room for stacks at some time since the last call. */
bool probes_was_tight(struct probes *p);
/* How much is left out at least, whatever room the ring has. */
void probes_set_level(struct probes *p, enum ring_level level);
/*
 * Takes out the breakpoints of what is no part of a goroutine's or a channel's
 * life (parks, wake-ups, operations, runs), and puts them back.
 */
void probes_waits_detach(struct probes *p);
int probes_waits_attach(struct probes *p, struct err *err);

/* A BPF program that is attached. */
struct probes_prog {
	int fd;
	bool single_step; /* at a site that the kernel single-steps */
};
#define PROBES_PROGS_MAX 16
size_t probes_programs(const struct probes *p, struct probes_prog *out, size_t max);
/* Takes the breakpoints out; the ring can still be drained. */
void probes_detach(struct probes *p);
void probes_free(struct probes *p);

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err);
/* See drain_run(). */
int probes_drain(struct probes *p);

#endif
