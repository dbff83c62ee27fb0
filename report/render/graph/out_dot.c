// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/analyze/graph.h"
#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/words.h"
#include "util/path.h"

#define LABEL_WIDTH 44
#define COLOR_WORST "#c62828"

struct dot {
	FILE *f;
	const struct report *r;
	const struct model *m;
	const struct graph *g;
	struct buf b; /* a line of a label, not escaped yet */
	uint64_t max; /* blocked time of the heaviest node */
};

/*
 * What is in d->b as part of a quoted string. Graphviz reads escapes (\N, \l)
 * and entities (&lt;) in labels, so backslash and ampersand are escaped, too.
 */
static void put_escaped(struct dot *d, size_t width)
{
	fmt_fit(&d->b, 0, width);
	for (size_t i = 0; i < d->b.len; i++) {
		char c = (char)d->b.data[i];

		if (c == '"' || c == '\\')
			fprintf(d->f, "\\%c", c);
		else if (c == '&')
			fputs("&amp;", d->f);
		else if (c == '<' || c == '>')
			fputs(c == '<' ? "&lt;" : "&gt;", d->f);
		else
			fputc(c, d->f);
	}
	buf_reset(&d->b);
}

static void put_line(struct dot *d)
{
	put_escaped(d, LABEL_WIDTH);
	fputs("\\n", d->f);
}

/* From pale to warm by the share of the heaviest, on a square root so that small shares still show. */
static const char *heat(const struct dot *d, uint64_t blocked)
{
	static const char *const scale[] = { "#f5f5f5", "#fff3e0", "#ffe0b2", "#ffcc80", "#ffab66", "#ff8a65" };
	double share = d->max ? sqrt((double)blocked / (double)d->max) : 0;
	int i = (int)(share * 5 + 0.5);

	return scale[i < 0 ? 0 : i > 5 ? 5 : i];
}

static double pen(const struct dot *d, uint64_t blocked)
{
	return 1 + 4 * (d->max ? sqrt((double)blocked / (double)d->max) : 0);
}

static void group_label(struct dot *d, uint32_t id)
{
	const struct model *m = d->m;
	const struct group *g = &m->groups.v[id];
	uint32_t name = group_name_place(m, g);
	uint64_t alive = 0;

	for (int s = 0; s < GO_STATE_EXITED; s++)
		alive += g->at_end[s];
	if (!id)
		fmt_raw(&d->b, "goroutines of unknown origin");
	else if (group_is_main(m, id))
		fmt_raw(&d->b, "main goroutine");
	else
		fmt_func_short(&d->b, m, name);
	put_line(d);
	if (g->site && !g->system && !group_is_main(m, id)) {
		fmt_raw(&d->b, "go at ");
		fmt_file_line(&d->b, m, g->site, 2);
		put_line(d);
	}
	fmt_count(&d->b, alive);
	fmt_raw(&d->b, alive == 1 ? " goroutine" : " goroutines");
	if (g->at_end[GO_STATE_WAITING]) {
		fmt_raw(&d->b, ", ");
		fmt_count(&d->b, g->at_end[GO_STATE_WAITING]);
		fmt_raw(&d->b, " waiting");
	}
	put_line(d);
	fmt_raw(&d->b, "blocked ");
	fmt_dur(&d->b, g->blocked);
	put_escaped(d, LABEL_WIDTH);
}

static void object_label(struct dot *d, const struct graph_node *n)
{
	const struct model *m = d->m;
	const struct objsite *o = &m->objsites.v[n->id];
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->example) : NULL;

	if (o->kind == TRACE_OBJ_SYNC)
		fmt_raw(&d->b, trace_sync_kind_name(o->sync_kind));
	else
		fmt_raw(&d->b, o->timer ? "timer channel" : "channel");
	if (o->objects > 1) {
		fmt_raw(&d->b, " × ");
		fmt_count(&d->b, o->objects);
	} else if (o->kind == TRACE_OBJ_CHAN) {
		fmt_f(&d->b, " #%u", o->example);
	}
	if (c && c->capacity_known && o->objects == 1 && !o->timer)
		fmt_f(&d->b, ", cap %" PRIu64, c->capacity);
	put_line(d);
	if (n->dangling) {
		fmt_count(&d->b, n->dangling);
		fmt_raw(&d->b, " never used (dangling)");
		put_line(d);
	}
	fmt_raw(&d->b, o->made ? "made at " : o->place ? "waited for at " : "it is not known where");
	if (o->place)
		fmt_file_line(&d->b, m, o->place, 2);
	put_escaped(d, LABEL_WIDTH);
}

static const char *nothing_label(uint32_t wait_class)
{
	switch (wait_class) {
	case TRACE_WAIT_NIL_RECV:
	case TRACE_WAIT_NIL_SEND:
		return "nil channel: never ready";
	case TRACE_WAIT_EMPTY_SELECT:
		return "no cases: never ready";
	default:
		return "object not known";
	}
}

static void put_tooltip(struct dot *d, const struct graph_node *n)
{
	const struct group *g = n->kind == GRAPH_GROUP ? &d->m->groups.v[n->id] : NULL;

	if (g)
		fmt_group(&d->b, d->m, n->id);
	else if (n->kind == GRAPH_OBJECT)
		fmt_objsite(&d->b, d->m, n->id);
	else
		fmt_raw(&d->b, nothing_label(n->id));
	fmt_raw(&d->b, g ? "; blocked " : "; waited for ");
	fmt_dur(&d->b, g ? g->blocked : n->blocked);
	fmt_raw(&d->b, " in ");
	fmt_plural(&d->b, g ? g->waits : n->waits, "wait");
	fmt_raw(&d->b, ", the longest ");
	fmt_dur(&d->b, g ? g->max_wait : n->max);
	put_escaped(d, 300);
}

/* Attributes by what a node is. */
static const char *node_look(const struct dot *d, const struct graph_node *n)
{
	if (n->kind == GRAPH_GROUP)
		return "shape=box, style=\"filled,rounded\"";
	if (n->kind == GRAPH_NOTHING)
		return "shape=box, style=\"filled,dashed\", fillcolor=\"#ffffff\"";
	if (d->m->objsites.v[n->id].kind == TRACE_OBJ_SYNC)
		return "shape=octagon, style=filled, fillcolor=\"#ede7f6\", margin=\"0.1,0.05\"";
	if (n->dangling && n->dangling >= d->m->objsites.v[n->id].objects)
		return "shape=cds, style=\"filled,dashed\", fillcolor=\"#ffffff\", margin=\"0.2,0.14\"";
	return "shape=cds, style=filled, fillcolor=\"#e3f2fd\", margin=\"0.2,0.14\"";
}

/* To the row of the node in the HTML report. */
static void put_url(struct dot *d, const struct graph_node *n)
{
	if (n->kind == GRAPH_NOTHING)
		return;
	fputs(", URL=\"", d->f);
	fmt_text(&d->b, d->r->opts.link ? d->r->opts.link : "");
	fmt_f(&d->b, "#%c%u", n->kind == GRAPH_GROUP ? 'g' : 'o', n->id);
	put_escaped(d, 0);
	fputs("\"", d->f);
}

static void put_node(struct dot *d, size_t i)
{
	const struct graph_node *n = &d->g->nodes.v[i];

	if (!n->shown)
		return;
	fprintf(d->f, "\tn%zu [label=\"", i);
	if (n->kind == GRAPH_GROUP)
		group_label(d, n->id);
	else if (n->kind == GRAPH_OBJECT)
		object_label(d, n);
	else
		fputs(nothing_label(n->id), d->f);
	fputs("\", tooltip=\"", d->f);
	put_tooltip(d, n);
	fprintf(d->f, "\", %s", node_look(d, n));
	put_url(d, n);
	if (n->kind == GRAPH_GROUP)
		fprintf(d->f, ", fillcolor=\"%s\"", heat(d, n->blocked));
	if (n->worst)
		fprintf(d->f, ", color=\"" COLOR_WORST "\", penwidth=2.5");
	fputs("];\n", d->f);
}

static void wait_label(struct dot *d, const struct graph_edge *e)
{
	fmt_text(&d->b, reason_name(d->m, e->reason));
	put_line(d);
	if (e->place) {
		fmt_file_line(&d->b, d->m, e->place, 1);
		put_line(d);
	}
	fmt_dur(&d->b, e->blocked);
	fmt_raw(&d->b, " in ");
	fmt_plural(&d->b, e->count, "wait");
	if (e->open) {
		fmt_raw(&d->b, ", ");
		fmt_count(&d->b, e->open);
		fmt_raw(&d->b, " still waiting");
	}
	put_escaped(d, LABEL_WIDTH);
}

static void edge_tooltip(struct dot *d, const struct graph_edge *e)
{
	if (e->kind == GRAPH_HELD_BY) {
		fmt_raw(&d->b, "can end the wait: ");
		fmt_raw(&d->b, e->cause ? words_evidence(e->cause) : "part of the chain");
		return;
	}
	if (e->kind == GRAPH_WAITS && e->place) {
		fmt_place(&d->b, d->m, e->place, 0);
		fmt_raw(&d->b, "; ");
	}
	fmt_plural(&d->b, e->count, e->kind == GRAPH_WAITS ? "wait" : "wake-up");
	fmt_raw(&d->b, ", blocked ");
	fmt_dur(&d->b, e->blocked);
	if (!e->max)
		return;
	fmt_raw(&d->b, ", the longest ");
	fmt_dur(&d->b, e->max);
}

static void put_edge_tooltips(struct dot *d, const struct graph_edge *e)
{
	static const char *const of[] = { "tooltip", "labeltooltip" };

	for (int i = 0; i < 2; i++) {
		fprintf(d->f, ", %s=\"", of[i]);
		edge_tooltip(d, e);
		put_escaped(d, 300);
		fputs("\"", d->f);
	}
}

static void put_edge(struct dot *d, const struct graph_edge *e)
{
	fprintf(d->f, "\tn%u -> n%u [label=\"", e->from, e->to);
	if (e->kind == GRAPH_WAITS) {
		wait_label(d, e);
	} else if (e->kind == GRAPH_WOKEN_BY) {
		fprintf(d->f, "%s × ", trace_cause_name(e->cause));
		fmt_count(&d->b, e->count);
		put_escaped(d, LABEL_WIDTH);
	} else {
		fputs("held by?\\n", d->f);
		fmt_raw(&d->b, words_evidence_name(e->cause) ? words_evidence_name(e->cause) : "");
		put_escaped(d, LABEL_WIDTH);
	}
	fputs("\"", d->f);
	put_edge_tooltips(d, e);
	fprintf(d->f, ", penwidth=%.1f", pen(d, e->kind == GRAPH_WAITS ? e->blocked : 0));
	if (e->kind != GRAPH_WAITS)
		fputs(", style=dashed, arrowhead=vee", d->f);
	if (e->worst)
		fputs(", color=\"" COLOR_WORST "\", fontcolor=\"" COLOR_WORST "\"", d->f);
	else
		fprintf(d->f, ", color=\"%s\"", e->kind == GRAPH_WAITS ? "#616161" : "#9e9e9e");
	fputs("];\n", d->f);
}

/* What was chosen with options, a line each. */
static void put_chosen(struct dot *d)
{
	if (words_window(&d->b, d->r)) {
		put_escaped(d, 160);
		fputs("\\l", d->f);
	}
	if (words_filter(&d->b, d->r)) {
		put_escaped(d, 160);
		fputs("\\l", d->f);
	}
}

static void put_title(struct dot *d)
{
	const struct trace_meta *meta = d->r->meta;
	uint64_t cut = d->g->all_blocked - d->g->shown_blocked;

	fputs("\tlabel=\"", d->f);
	fmt_text(&d->b, path_base(meta->exe));
	fmt_f(&d->b, " (pid %u", meta->pid);
	if (*meta->go_version) {
		fmt_raw(&d->b, ", ");
		fmt_text(&d->b, meta->go_version);
	}
	fmt_raw(&d->b, "): ");
	fmt_dur(&d->b, report_duration(d->r));
	fmt_raw(&d->b, " recorded, ");
	fmt_plural(&d->b, d->r->counts[0].at_end, "goroutine");
	fmt_raw(&d->b, " at the end");
	put_escaped(d, 160);
	fputs("\\lgoroutines → what they wait on (solid; width and colour: blocked time) "
	      "⇢ who ended the wait (dashed). Red: the worst blocking chain.\\l",
	      d->f);
	put_chosen(d);
	if (d->g->all_edges > d->g->edges.n) {
		double share = d->g->all_blocked ? 100.0 * (double)cut / (double)d->g->all_blocked : 0;

		fmt_f(&d->b, "Drawn: the heaviest %zu of %zu edges; ", d->g->edges.n, d->g->all_edges);
		if (share > 0 && share < 0.1)
			fmt_raw(&d->b, "less than 0.1%");
		else
			fmt_f(&d->b, "%.1f%%", share);
		fmt_raw(&d->b, " of the blocked time is not drawn.");
		put_escaped(d, 160);
		fputs("\\l", d->f);
	}
	if (d->g->dangling > d->g->dangling_shown) {
		fmt_raw(&d->b, "Not drawn: ");
		fmt_count(&d->b, d->g->dangling - d->g->dangling_shown);
		fmt_raw(&d->b, " more channels that nobody used.");
		put_escaped(d, 160);
		fputs("\\l", d->f);
	}
	if (!d->g->edges.n)
		fputs("Nothing waited on a channel or lock.\\l", d->f);
	fputs("\";\n", d->f);
}

static void put_graph(struct dot *d)
{
	fputs("digraph chanrec {\n"
	      "\trankdir=LR; labelloc=t; labeljust=l; nodesep=0.35; ranksep=0.9;\n"
	      "\tgraph [fontname=\"Helvetica\", fontsize=13, pad=0.4, bgcolor=\"#ffffff\"];\n"
	      "\tnode [fontname=\"Helvetica\", fontsize=11, color=\"#757575\", margin=\"0.16,0.09\"];\n"
	      "\tedge [fontname=\"Helvetica\", fontsize=9, fontcolor=\"#424242\"];\n",
	      d->f);
	put_title(d);
	for (size_t i = 0; i < d->g->nodes.n; i++)
		put_node(d, i);
	for (size_t i = 0; i < d->g->edges.n; i++)
		put_edge(d, &d->g->edges.v[i]);
	fputs("}\n", d->f);
}

int out_dot_write(const struct report *r, FILE *f, struct err *err)
{
	struct graph g;
	struct dot d = { .f = f, .r = r, .m = r->m, .g = &g };
	int ret = graph_build(&g, r, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < g.nodes.n; i++)
		if (g.nodes.v[i].blocked > d.max)
			d.max = g.nodes.v[i].blocked;
	put_graph(&d);
	if (buf_failed(&d.b))
		ret = err_nomem(err);
	buf_free(&d.b);
	graph_free(&g);
	return ret;
}

const struct output output_dot = {
	.name = "dot",
	.help = "the topology as a graph for Graphviz",
	.write = out_dot_write,
};
