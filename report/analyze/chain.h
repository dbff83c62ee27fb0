/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_CHAIN_H
#define CHANREC_REPORT_ANALYZE_CHAIN_H

/*
 * Chains of waits. An open chain joins waits that are not over at the end: a
 * goroutine, what it waits for, its blocker (report/analyze/blocker.h), what
 * that one waits for, … A past chain joins waits that are over: a wait, the
 * goroutine that ended it, that goroutine's own overlapping wait, … Chains
 * with the same groups at the same places are one, with a count.
 */

#include "report/analyze/blocker.h"
#include "report/model/model.h"

struct chain_link {
	uint64_t goid; /* of the longest such chain */
	uint32_t group;
	uint32_t wsite_stack, reason;
	struct trace_obj obj; /* open chains: what it waits on; of a select the first */
	uint32_t nobjs;
	uint32_t objsite; /* past chains: the class of what it waited on */
	uint64_t held_by; /* open: the blocker; past: who ended the wait; 0: not known, or none */
	uint32_t held_group;
	uint32_t among;     /* open: live goroutines known to be able to end it */
	uint8_t evidence;   /* open: enum evidence */
	bool stuck, all;    /* open: as in struct blocker */
	uint32_t taken, at; /* as in struct blocker */
	uint8_t cause;      /* past: enum trace_cause */
	bool before;        /* open: it began before the recording, so blocked is a lower bound */
	uint64_t blocked;
	uint32_t repeats; /* past: number of identical links in a row that this one replaces */
};

enum chain_class {
	CHAIN_WHOLE,
	CHAIN_PART,    /* an open chain that a longer one contains */
	CHAIN_LONE,    /* a single wait of which nothing more is known */
	CHAIN_FINDING, /* a single wait that a finding describes */
};

struct chain {
	bool past;
	uint8_t class;     /* enum chain_class; by chains_classify() */
	uint32_t first, n; /* in chains.links */
	uint64_t count;    /* open: goroutines at its head; past: waits */
	uint64_t blocked;  /* of the heads' waits in the recording, summed */
	uint64_t max;      /* the longest; open: including the time before the recording */
	uint64_t root;     /* goroutine at the end; 0 none */
	uint32_t root_group;
	uint8_t root_state; /* open: the state of root */
	uint8_t root_cause; /* enum root_cause */
};

struct chains {
	VEC(struct chain) v; /* heaviest first: the open ones, then the past ones */
	VEC(struct chain_link) links;
	VEC(struct chain) cycles; /* every cycle that an open chain ends in, from its root on; equal ones apart */
	uint64_t dropped;         /* past chains beyond CHAINS_MAX_PAST, all lighter than those kept */
};

#define CHAINS_MAX_PAST 200

/*
 * Whether only held_by can end the wait of an open chain's link, or is among
 * those who can and none of them will. before: the link that leads here.
 */
bool chain_link_is_closed(const struct model *m, const struct chain_link *before, const struct chain_link *l);
int chains_find(struct chains *c, const struct model *m, struct blockers *h, struct err *err);
void chains_free(struct chains *c);

#endif
