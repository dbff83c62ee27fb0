/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PROBES_H
#define CHANREC_RECORD_PROBE_PROBES_H

/*
 * The probes of one target: planned from its program's code, armed in one of
 * several ways (struct probes_kind), and drained through the ring.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "gobin/gobin.h"
#include "record/probe/drain.h"
#include "record/probe/meter.h"
#include "record/probe/plan.h"
#include "record/target/target.h"

/* Where the probes are attached. Everything here must outlive them. */
struct probes_place {
	const struct target *t;
	const struct gobin *bin;
	uint64_t bias;
};

struct probes_kind;
struct probes_opts;

struct probes {
	struct probe_plan plan;
	const struct probes_kind *kind;
	struct probes_place place;
	struct drain drain;
	struct bpf_shared *shared;        /* switches and counters of what runs at the sites */
	struct wait_slot *waits_deferred; /* [WAIT_SLOTS] deferred waits, shared with the sites; NULL: none was ever
	                                     deferred */
	void *own;                        /* the kind's */
};

/*
 * A way to arm the sites of a plan, and to get their records into a ring. What
 * the records say does not depend on it.
 */
struct probes_kind {
	enum trace_probing id;
	const struct meter_kind *meter; /* what the sites cost */
	/* Arms all sites, disabled. Sets p->own and p->shared; free() is called even if it fails. */
	int (*attach)(struct probes *p, const struct probes_opts *opts, struct err *err);
	/* The sites that do not report the life of goroutines or channels. */
	void (*waits_detach)(struct probes *p);
	int (*waits_attach)(struct probes *p, struct err *err);
	/* Maps p->waits_deferred. */
	int (*map_waits)(struct probes *p, struct err *err);
	int (*open_ring)(struct probes *p, drain_fn fn, void *arg);
	/* Called before each drain; NULL: nothing to do. */
	void (*beat)(struct probes *p);
	/* Disarms all sites; the ring can still be drained. */
	void (*detach)(struct probes *p);
	void (*free)(struct probes *p);
};

struct probes_opts {
	const struct probes_kind *kind;
	uint32_t events;  /* TRACE_EVENTS_… */
	size_t ring_size; /* bytes, a power of two */
	bool verbose;     /* libbpf's own messages on stderr */
	bool no_ready_stacks;
	bool no_direct_reads;
	pid_t stopped; /* the thread of a process that the recorder started, traces and has stopped; 0: none */
};

/*
 * Finds the sites in the program. A required site that is not found is an
 * error; any other is listed as missing, with what the trace then lacks.
 */
int probes_plan(struct probes *p, const struct gobin *bin, const struct go_layout *l, uint32_t events, struct err *err);
/*
 * Arms the sites in t, whose program is loaded bias above its file's addresses.
 * They are disabled at first.
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

/* Detaches all probes; the ring can still be drained. */
void probes_detach(struct probes *p);
void probes_free(struct probes *p);

/*
 * The code of a probe's site in memory must be that of the file; len bytes of it
 * are compared. is_shared: int3 may be there, of somebody else who probes it.
 */
int probes_check_site(const struct probes *p, const struct probe *pr, size_t len, bool is_shared, struct err *err);

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err);
/* The target has ended, so no record will be completed any more; see drain_orphan(). */
void probes_orphan(struct probes *p);
/* See drain_run(). */
int probes_drain(struct probes *p);

#endif
