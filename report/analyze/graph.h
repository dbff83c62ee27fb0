/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_GRAPH_H
#define CHANREC_REPORT_ANALYZE_GRAPH_H

/*
 * The topology of a trace. Nodes are groups of goroutines and classes of objects
 * (the channels that one place made, the locks of one place). A wait leads from a
 * group to an object, and from there to the group that ends its waits, so a
 * blocking chain reads along the arrows. Only the heaviest edges are kept.
 */

#include "report/analyze/report.h"

/* What is kept of it. */
struct graph_limits {
	size_t edges;    /* the heaviest */
	bool light;      /* also those under a thousandth of the heaviest, beyond the first few */
	size_t dangling; /* places that made channels which nobody used */
};
/* As much as a still picture can show. */
extern const struct graph_limits graph_picture;

/* GRAPH_NOTHING: waits without an object; the id is an enum trace_wait_class. */
enum graph_node_kind { GRAPH_GROUP, GRAPH_OBJECT, GRAPH_NOTHING };

struct graph_node {
	uint8_t kind; /* enum graph_node_kind */
	bool worst;   /* in the worst chain */
	bool shown;
	uint32_t id;      /* group or objsite */
	uint64_t blocked; /* of waits from or at it */
	uint64_t waits, max;
	uint64_t dangling; /* channels that were made, but neither used, closed nor waited on */
};

enum graph_edge_kind { GRAPH_WAITS, GRAPH_WOKEN_BY, GRAPH_HELD_BY };

struct graph_edge {
	uint32_t from, to; /* nodes */
	uint8_t kind;      /* enum graph_edge_kind */
	uint8_t cause;     /* of GRAPH_WOKEN_BY; enum evidence of GRAPH_HELD_BY */
	bool worst;
	uint32_t reason, place; /* of GRAPH_WAITS: of its heaviest part */
	uint64_t part;          /* what that part weighs */
	uint64_t count, blocked, open, max;
};

struct graph {
	VEC(struct graph_node) nodes;
	VEC(struct graph_edge) edges; /* worst chain first, then by weight */
	struct map node_index, edge_index;
	size_t all_edges;
	uint64_t all_blocked, shown_blocked; /* of the waits */
	uint64_t dangling, dangling_shown;   /* channels */
};

int graph_build(struct graph *g, const struct report *r, const struct graph_limits *limits, struct err *err);
void graph_free(struct graph *g);

#endif
