/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_EXPLORE_EXPLORE_H
#define CHANREC_VET_EXPLORE_EXPLORE_H

/*
 * Runs functions with all their goroutines, on values that are partly unknown,
 * and follows the ways through branches, selects and schedules. What then waits
 * for ever, and nothing outside can reach, is found.
 */

#include <pthread.h>

#include "vet/checks/checks.h"
#include "vet/explore/world.h"

struct place {
	uint32_t unit, pos;
};

struct note {
	struct place at;
	char *text;
};

/* What a trace of the program shows about a finding, the strongest first; see vet/seen.h. */
enum seen_kind {
	SEEN_NONE,    /* no trace was read */
	SEEN_BLOCKED, /* a finding of the trace is there */
	SEEN_WAITING, /* waits that began there did not end */
	SEEN_WAITED,  /* waits there ended */
	SEEN_RAN,     /* the function was seen, not a wait there */
	SEEN_NOT_RUN, /* nothing of the function was seen */
	SEEN_REFUTED, /* the channels that it is about were closed */
};

struct seen {
	enum seen_kind kind;
	char verdict[48]; /* SEEN_BLOCKED: what the report calls it */
	uint64_t goroutines, waits, open;
	int64_t longest;       /* of the waits, ns */
	uint64_t made, closed; /* channels made where the finding's was */
};

struct finding {
	enum check check;
	enum confidence confidence;
	struct place at;
	uint32_t func, root; /* where it is, and from where it was found */
	char *text;
	VEC(struct note) notes;
	struct place made; /* the channel that it is about; unit 0: none */
	struct seen seen;
};

/* One lock acquired while another is held. */
struct lock_edge {
	uint64_t from, to; /* classes: type and field, or variable */
	struct place from_at, to_at;
	uint32_t root, func;
	uint64_t gates[4]; /* other locks held */
	bool reads_both;
};

/* What threads find. */
struct explore_sink {
	pthread_mutex_t lock;
	VEC(struct finding) findings;
	VEC(struct lock_edge) edges;
	struct map known; /* check and place → 1: each is reported once */
	bool failed;
};

struct root_closure {
	uint32_t func;
};

/* Explores one function. */
void explore(const struct world *w, struct explore_sink *sink, uint32_t func);
/* Whether the function is worth it. */
bool explore_wants(const struct world *w, uint32_t func);
/* Parameters that are locks, or have one in them. */
void explore_params(const struct world *w, struct explore_sink *sink, uint32_t func);
/* After all: locks that are acquired in opposite orders. */
void explore_lock_order(const struct world *w, struct explore_sink *sink);
/* Adds a finding, unless it is known; it takes text and notes. */
void sink_add(struct explore_sink *sink, struct finding f);
void sink_free(struct explore_sink *sink);

#endif
