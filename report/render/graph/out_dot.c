// SPDX-License-Identifier: GPL-2.0-or-later
/* The topology for Graphviz: who waits on what, and who ended the waits. */
#include <math.h>

#include "report/analyze/graph.h"
#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/words.h"
#include "util/path.h"

/* Columns that a text is cut to. */
#define LABEL_WIDTH 44
#define TOOLTIP_WIDTH 300
#define TITLE_WIDTH 160

#define COLOR_WORST "#c62828"

struct dot {
	FILE *f;
	const struct report *r;
	const struct model *m;
	const struct graph *g;
	struct buf b; /* a line of a label, not escaped yet */
	uint64_t max; /* blocked time of the heaviest node */
};

#define dot_say(d, ...) say(&(d)->b, (d)->m, __VA_ARGS__)

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

/* Pale to warm by the share of the heaviest node; the square root keeps small shares visible. */
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
	bool is_main = group_is_main(m, id);
	uint64_t alive = 0;

	for (int s = 0; s < GO_STATE_EXITED; s++)
		alive += g->at_end[s];
	if (!id || is_main)
		dot_say(d, "{group}", W_GROUP(id));
	else
		dot_say(d, "{func}", W_PLACE(group_name_place(m, g)));
	put_line(d);
	if (group_created_at(g) && !g->system && !is_main) {
		dot_say(d, "created at {line}", W_PLACE(group_created_at(g)));
		put_line(d);
	}
	dot_say(d, "{n goroutine}{if}, {n} waiting{end}", W_N(alive), W_IF(g->at_end[GO_STATE_WAITING]),
	        W_N(g->at_end[GO_STATE_WAITING]));
	put_line(d);
	dot_say(d, "blocked {dur}", W_DUR(g->blocked));
	put_escaped(d, LABEL_WIDTH);
}

static const char *object_kind(const struct objsite *o)
{
	if (o->kind == TRACE_OBJ_SYNC)
		return trace_sync_kind_name(o->sync_kind);
	return o->timer ? "timer channel" : "channel";
}

static void object_label(struct dot *d, const struct graph_node *n)
{
	const struct model *m = d->m;
	const struct objsite *o = &m->objsites.v[n->id];
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->example) : NULL;
	bool is_many = o->objects > 1, has_cap = c && c->capacity_known && o->objects == 1 && !o->timer;

	dot_say(d, "{word}{if} × {n}{end}{if} #{num}{end}{if}, cap {num}{end}", W_WORD(object_kind(o)), W_IF(is_many),
	        W_N(o->objects), W_IF(!is_many && o->kind == TRACE_OBJ_CHAN), W_N(o->example), W_IF(has_cap),
	        W_N(has_cap ? c->capacity : 0));
	put_line(d);
	if (n->dangling) {
		dot_say(d, "{n} never used (dangling)", W_N(n->dangling));
		put_line(d);
	}
	dot_say(d, "{if}{if}made{else}waited for{end} at {line}{else}it is not known where{end}", W_IF(o->place),
	        W_IF(o->made), W_PLACE(o->place));
	put_escaped(d, LABEL_WIDTH);
}

static void put_tooltip(struct dot *d, const struct graph_node *n)
{
	const struct group *g = n->kind == GRAPH_GROUP ? &d->m->groups.v[n->id] : NULL;

	if (g)
		dot_say(d, "{group}; blocked {dur} in {n wait}, the longest {dur}", W_GROUP(n->id), W_DUR(g->blocked),
		        W_N(g->waits), W_DUR(g->max_wait));
	else
		dot_say(d, "{if}{objsite}{else}{word}{end}; waited for {dur} in {n wait}, the longest {dur}",
		        W_IF(n->kind == GRAPH_OBJECT), W_OBJSITE(n->id), W_WORD(words_no_object(n->id)),
		        W_DUR(n->blocked), W_N(n->waits), W_DUR(n->max));
	put_escaped(d, TOOLTIP_WIDTH);
}

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

/* Links to the node's row in the HTML report. */
static void put_url(struct dot *d, const struct graph_node *n)
{
	if (n->kind == GRAPH_NOTHING)
		return;
	fputs(", URL=\"", d->f);
	dot_say(d, "{text}#{if}g{else}o{end}{num}", W_TEXT(d->r->opts.link ? d->r->opts.link : ""),
	        W_IF(n->kind == GRAPH_GROUP), W_N(n->id));
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
		fputs(words_no_object(n->id), d->f);
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
	dot_say(d, "{reason}", W_REASON(e->reason));
	put_line(d);
	if (e->place) {
		fmt_file_line(&d->b, d->m, e->place, 1);
		put_line(d);
	}
	dot_say(d, "{dur} in {n wait}{if}, {n} still waiting{end}", W_DUR(e->blocked), W_N(e->count), W_IF(e->open),
	        W_N(e->open));
	put_escaped(d, LABEL_WIDTH);
}

static void put_whole_place(struct buf *b, const struct model *m, const void *of)
{
	fmt_place(b, m, *(const uint32_t *)of, 0);
}

static void edge_tooltip(struct dot *d, const struct graph_edge *e)
{
	bool is_wait = e->kind == GRAPH_WAITS;

	if (e->kind == GRAPH_HELD_BY)
		dot_say(d, "can end the wait: {word}",
		        W_WORD(e->cause ? words_evidence(e->cause) : "part of the chain"));
	else
		dot_say(d,
		        "{if}{part}; {end}{if}{n wait}{else}{n wake-up}{end}, blocked {dur}{if}, the longest "
		        "{dur}{end}",
		        W_IF(is_wait && e->place), W_PART(put_whole_place, &e->place), W_IF(is_wait), W_N(e->count),
		        W_N(e->count), W_DUR(e->blocked), W_IF(e->max), W_DUR(e->max));
}

static void put_edge_tooltips(struct dot *d, const struct graph_edge *e)
{
	static const char *const of[] = { "tooltip", "labeltooltip" };

	for (int i = 0; i < 2; i++) {
		fprintf(d->f, ", %s=\"", of[i]);
		edge_tooltip(d, e);
		put_escaped(d, TOOLTIP_WIDTH);
		fputs("\"", d->f);
	}
}

static void put_edge(struct dot *d, const struct graph_edge *e)
{
	fprintf(d->f, "\tn%u -> n%u [label=\"", e->from, e->to);
	if (e->kind == GRAPH_WAITS) {
		wait_label(d, e);
	} else if (e->kind == GRAPH_WOKEN_BY) {
		dot_say(d, "{word} × {n}", W_WORD(trace_cause_name(e->cause)), W_N(e->count));
		put_escaped(d, LABEL_WIDTH);
	} else {
		fputs("held by?\\n", d->f);
		dot_say(d, "{word}", W_WORD(words_evidence_name(e->cause) ? words_evidence_name(e->cause) : ""));
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

static void end_title_line(struct dot *d)
{
	put_escaped(d, TITLE_WIDTH);
	fputs("\\l", d->f);
}

static void put_chosen(struct dot *d)
{
	if (words_window(&d->b, d->r))
		end_title_line(d);
	if (words_filter(&d->b, d->r))
		end_title_line(d);
}

static void put_not_drawn(struct dot *d)
{
	uint64_t all = d->g->all_blocked, left = all - d->g->shown_blocked;
	/* Digits beyond one tenth of a percent say nothing. */
	double permille = all ? 1e3 * (double)left / (double)all : 0;
	bool is_little = permille > 0 && permille < 1;

	if (d->g->all_edges > d->g->edges.n) {
		dot_say(d,
		        "Drawn: the heaviest {num} of {num} edges; {if}less than 0.1%{else}{percent}{end} of the "
		        "blocked "
		        "time is not drawn.",
		        W_N(d->g->edges.n), W_N(d->g->all_edges), W_IF(is_little),
		        W_PPM((uint64_t)(permille + 0.5) * 1000));
		end_title_line(d);
	}
	if (d->g->dangling > d->g->dangling_shown) {
		dot_say(d, "Not drawn: {n more channel} that nobody used.", W_N(d->g->dangling - d->g->dangling_shown));
		end_title_line(d);
	}
}

static void put_title(struct dot *d)
{
	const struct trace_meta *meta = d->r->meta;

	fputs("\tlabel=\"", d->f);
	dot_say(d, "{text} (pid {num}{if}, {text}{end}): {if}{dur} recorded, {end}{n goroutine}{if} at the end{end}",
	        W_TEXT(path_base(meta->exe)), W_N(meta->pid), W_IF(*meta->go_version), W_TEXT(meta->go_version),
	        W_IF(model_has_events(d->r->m)), W_DUR(report_duration(d->r)), W_N(d->r->counts[0].at_end),
	        W_IF(model_has_events(d->r->m)));
	end_title_line(d);
	fputs("goroutines → what they wait on (solid; width and colour: blocked time) "
	      "⇢ who ended the wait (dashed). Red: the worst blocking chain.\\l",
	      d->f);
	put_chosen(d);
	put_not_drawn(d);
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
	int ret = graph_build(&g, r, &graph_picture, err);

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
