// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report: findings first, then chains and tables; without --full only what fits a screen. */
#include <limits.h>

#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/text/text.h"
#include "report/render/words.h"
#include "util/path.h"

/* What was recorded, unless the report is about one goroutine or channel, and whether events were lost. */
static void put_size(struct text *t)
{
	const struct report_counts *u = &t->r->counts[0];
	uint64_t every = report_sampled_every(t->r);

	if (!model_has_events(t->m)) {
		text_say(t,
		         "{n goroutine} ({n} waiting, {n} running or runnable, {n} in system calls or C)"
		         "{if}; which channels they use is not known{else}; {n channel}{end}.",
		         W_N(u->at_end), W_N(u->state[GO_STATE_WAITING]),
		         W_N(u->state[GO_STATE_RUNNING] + u->state[GO_STATE_RUNNABLE]), W_N(u->state[GO_STATE_SYSCALL]),
		         W_IF(t->m->way == TRACE_WAY_TEXT), W_N(report_channel_count(t->r)));
		text_wrap(t, 0, 2);
		return;
	}
	text_say(t,
	         "{if}{n goroutine} at the end ({n} waiting), {n} created, {n} exited; {n channel}; {end}"
	         "{if}times are accurate to {dur}, and what was shorter can be missing."
	         "{else}{n event}, {if}some{else}none{end} lost.{end}",
	         W_IF(!t->m->opts.goroutine && !t->m->opts.channel), W_N(u->at_end), W_N(u->state[GO_STATE_WAITING]),
	         W_N(u->created), W_N(u->exited + u->missed), W_N(report_channel_count(t->r)), W_IF(every),
	         W_DUR(every), W_N(t->m->events.all), W_IF(report_has_losses(t->r)));
	text_wrap(t, 0, 2);
}

/* "3.00s from ", "3.00s sampled every 100ms from ", "a dump of " */
static void put_way(struct buf *b, const struct model *m, const void *of)
{
	uint64_t every = report_sampled_every(of);

	if (model_has_events(m))
		say(b, m, "{dur}{if} sampled every {dur}{end} from ", W_DUR(report_duration(of)), W_IF(every),
		    W_DUR(every));
	else
		say(b, m, "a {word} of ", W_WORD(m->way == TRACE_WAY_CORE ? "core" : "dump"));
}

void text_put_head(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;

	if (t->m->way == TRACE_WAY_TEXT) {
		text_say(t, "{mark}chanrec report: Go's own dump in {text}, written {utc}{mark}", W_MARK(MARK_STRONG),
		         W_TEXT(path_base(t->r->path)), W_WALL(meta->start_wall), W_MARK(MARK_END));
		text_wrap(t, 0, 2);
		put_size(t);
		return;
	}
	text_say(t, "{mark}chanrec report: {text} (pid {num}{if}, {text}{end}), {part}{utc}{mark}", W_MARK(MARK_STRONG),
	         W_TEXT(*meta->exe ? path_base(meta->exe) : "a Go program"), W_N(meta->pid), W_IF(*meta->go_version),
	         W_TEXT(meta->go_version), W_PART(put_way, t->r), W_WALL(meta->start_wall), W_MARK(MARK_END));
	text_wrap(t, 0, 2);
	put_size(t);
}

/* Few goroutines here do not mean that few of them wait. */
static void put_unread(struct text *t)
{
	const struct snap_info *s = &t->m->snap[model_has_events(t->m) ? 0 : 1];

	if (snap_info_is_cut(s) && !model_has_events(t->m))
		text_warn(
		        t, MARK_BAD,
		        "WARNING: the dump is incomplete{if}, because the program ended meanwhile{end}: it has {n} of "
		        "{n goroutine}.",
		        W_IF(t->r->end && t->r->end->target_exited), W_N(s->goroutines), W_N(s->listed));
	else if (snap_info_is_cut(s))
		text_warn(t, MARK_BAD,
		          "WARNING: the {if}program{else}recording{end} ended before its goroutines were read: {n} of "
		          "the "
		          "{n} that were there at the start are in this trace; of the others, only what they did later "
		          "is known.",
		          W_IF(t->m->proc.exited), W_N(s->goroutines), W_N(s->listed));
}

/* A limit in force for all but this much of the recording was in force throughout. */
#define SHORT_WHOLE_NS 100000000

static void put_short_waits(struct text *t)
{
	const struct model *m = t->m;
	const struct short_waits *s = &m->short_waits;
	bool is_part = s->from > SHORT_WHOLE_NS || s->to + SHORT_WHOLE_NS < m->end;

	if (s->any)
		text_warn(t, MARK_WARN,
		          "Only waits of {dur} and longer were recorded{if} at times from {dur} to {dur}{end}: "
		          "{n shorter one}, {dur} in all, and what ended them, are left out.",
		          W_DUR(s->limit), W_IF(is_part), W_DUR(s->from), W_DUR(s->to), W_N(s->count), W_DUR(s->ns));
}

static void put_trust(struct text *t)
{
	const struct report *r = t->r;
	const struct model *m = t->m;

	if (r->damaged)
		text_warn(t, MARK_BAD, "WARNING: the trace is {if}incomplete{else}damaged{end}: {text}.",
		          W_IF(r->truncated), W_TEXT(r->damage));
	if (t->m->way == TRACE_WAY_TEXT && r->end && *r->end->reason)
		text_warn(t, MARK_WARN, "NOTE: the text says: {text}", W_TEXT(r->end->reason));
	put_short_waits(t);
	text_put_loss_warnings(t);
	if (m->defects.missed_exits)
		text_warn(t, MARK_BAD,
		          "WARNING: {n goroutine} disappeared without an event and {is is|are} counted as exited.",
		          W_N(m->defects.missed_exits), W_N(m->defects.missed_exits));
	if (m->end_from_events && m->opts.until == INT64_MAX && model_has_events(m))
		text_warn(t, MARK_WARN,
		          "NOTE: the final state comes from events: "
		          "{if}the program had exited{else}there is no complete end snapshot{end}.",
		          W_IF(m->proc.exited));
}

static void put_window(struct text *t)
{
	struct buf what = { 0 };

	if (words_window(&what, t->r))
		text_warn(t, MARK_WARN, "NOTE: {word}.", W_WORD(buf_str(&what)));
	buf_free(&what);
}

static void put_matching(struct buf *b, const struct model *m, const void *of)
{
	words_filter(b, of);
}

static void put_filter(struct text *t)
{
	if (t->m->filter.active)
		text_warn(t, MARK_WARN,
		          "NOTE: {part}; goroutines and channels without such a wait are left out, from the totals as "
		          "well.",
		          W_PART(put_matching, t->r));
}

void text_put_warnings(struct text *t)
{
	text_put_stops(t);
	put_trust(t);
	put_unread(t);
	put_window(t);
	put_filter(t);
}

static void put_pair(struct text *t, const char *name, const char *value)
{
	if (*value)
		text_entry(t, name, "{text}", W_TEXT(value));
}

static void put_command(struct text *t)
{
	struct buf b = { 0 };
	bool is_cut = words_command(&b, t->r->meta->command, t->r->opts.show_command);

	if (b.len)
		text_entry(t, "command", "{text}{if} … (all of it: --show-command){end}", W_TEXT(buf_str(&b)),
		           W_IF(is_cut));
	buf_free(&b);
}

/* ": go.park 12, go.ready 9" */
static void put_types(struct buf *b, const struct model *m, const void *of)
{
	bool any = false;

	for (int i = TRACE_FIRST_EVENT; i < TRACE_FIRST_SNAP; i++) {
		if (!m->events.by_type[i])
			continue;
		say(b, m, "{if},{else}:{end} {word} {n}", W_IF(any), W_WORD(trace_type_name(i)),
		    W_N(m->events.by_type[i]));
		any = true;
	}
}

/* Data left out because a cap of the model was reached. */
static void put_not_kept(struct text *t)
{
	const struct model *m = t->m;
	const struct {
		uint64_t n, max;
		const char *what;
	} rows[] = {
		{ m->wake_chains.dropped, MODEL_MAX_WAKE_CHAINS,
		  "{n end} of waits: there are more than {n} different chains of them" },
		{ m->uses.dropped, MODEL_MAX_USERS,
		  "{n use} of channels: there are more than {n} pairs of a live channel and a goroutine" },
		{ m->wakes.dropped, MODEL_MAX_WAKES,
		  "{n wake-up}: there are more than {n} pairs of goroutines that wake one another" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].n)
			text_entry(t, "not kept", rows[i].what, W_N(rows[i].n), W_N(rows[i].max));
}

static void put_probes(struct text *t)
{
	for (uint32_t i = 0; i < t->r->meta->nprobes; i++) {
		const struct trace_probe *p = &t->r->meta->probes[i];

		if (p->status == TRACE_PROBE_MISSING)
			text_entry(t, "no probe", "{text} ({text}){if}: {text}{end}", W_TEXT(p->func), W_TEXT(p->event),
			           W_IF(*p->note), W_TEXT(p->note));
	}
}

static void put_snapshots(struct text *t)
{
	for (int i = 0; i < 2; i++) {
		const struct snap_info *s = &t->m->snap[i];

		if (s->ended)
			text_entry(t, i ? "" : "snapshots",
			           "at the {if}end{else}start{end}: {n goroutine}{if}, {n} could not be read{end}"
			           "{if}, not whole{end}",
			           W_IF(i), W_N(s->goroutines), W_IF(s->unread), W_N(s->unread), W_IF(s->partial));
	}
}

void text_put_recorded(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;

	text_title(t, "recorded", NULL);
	put_pair(t, "trace", t->r->path);
	put_pair(t, "slice for", meta->slice);
	put_pair(t, "program", meta->exe);
	put_command(t);
	put_pair(t, "build id", meta->build_id);
	put_pair(t, "kernel", meta->kernel);
	put_pair(t, "by", meta->recorder);
	if (meta->probing == TRACE_PROBING_INLINE)
		put_pair(t, "probes", "inline: jumps in the program's code");
	if (t->r->end)
		put_pair(t, "ended", t->r->end->reason);
	if (model_has_events(t->m))
		text_entry(t, "events", "{n}{part}", W_N(t->m->events.all), W_PART(put_types, NULL));
	else
		put_pair(t, "events",
		         t->m->way == TRACE_WAY_TEXT ? "none: Go's own text about one moment"
		                                     : "none: read from memory at one moment");
	if (model_has_events(t->m) && !model_has_wakers(t->m))
		put_pair(t, "",
		         "what differed between samples of memory; nothing shows who made a change (record without "
		         "--sample for that)");
	else if (model_has_events(t->m) && !model_has_ops(t->m))
		put_pair(t, "", "only channel operations that blocked (record with --events ops for all)");
	put_snapshots(t);
	text_put_limits(t);
	text_put_losses(t);
	put_not_kept(t);
	put_probes(t);
}

static bool is_of_one(const struct text *t)
{
	return t->r->opts.model.goroutine || t->r->opts.model.channel;
}

static void put_normal(struct text *t)
{
	words_waiting_normally(&t->b, t->m, &t->r->findings);
	if (t->b.len)
		text_wrap(t, 2, 2);
}

void text_put_first(struct text *t)
{
	const struct model_opts *o = &t->r->opts.model;

	if (o->goroutine)
		text_put_goroutine(t, o->goroutine);
	if (o->channel)
		text_put_channel(t, o->channel);
	if (!is_of_one(t))
		text_put_findings(t, t->r->opts.top);
}

void text_put_rest(struct text *t)
{
	if (is_of_one(t)) {
		text_put_wait_sites(t);
		text_put_edges(t);
		return;
	}
	put_normal(t);
	text_put_leaks(t);
	text_put_chains(t);
	text_put_groups(t);
	text_put_blocked(t);
	text_put_active(t);
	text_put_wait_sites(t);
	text_put_edges(t);
	text_put_objects(t);
	text_put_channels(t);
	text_put_uses(t);
	text_put_recorded(t);
}

/* The lines of a page that fits a screen: in all, from the wait sites on, and after the wait sites. */
#define SCREEN_LINES 60
#define SCREEN_LINES_HEALTHY 40
#define SITES_LINES 16
#define SUMMARY_LINES 6

static void put_screen(struct text *t)
{
	unsigned lines = findings_has_any(&t->r->findings) ? SCREEN_LINES : SCREEN_LINES_HEALTHY;

	text_put_findings(t, text_rows(t, 10));
	text_put_main_active(t, text_rows(t, 5));
	text_put_main_chains(t, text_rows(t, 5), lines - SITES_LINES);
	text_put_main_wait_sites(t, text_rows(t, 0) ? UINT_MAX : lines - SUMMARY_LINES);
	text_end(t);
	put_normal(t);
	text_say(t, "--full lists chains, goroutines, stacks, channels, locks, wake-ups and losses.");
	text_wrap(t, 2, 2);
}

void text_put_page(struct text *t)
{
	text_put_head(t);
	text_put_warnings(t);
	if (t->r->opts.full || is_of_one(t)) {
		text_put_first(t);
		text_put_rest(t);
	} else {
		put_screen(t);
	}
}

static int write_text(const struct report *r, FILE *f, struct err *err)
{
	struct text t;
	bool failed;

	text_init(&t, f, r);
	text_put_page(&t);
	failed = buf_failed(&t.b);
	text_free(&t);
	return failed ? err_nomem(err) : 0;
}

const struct output output_text = {
	.name = "text",
	.help = "for people: a terminal, a bug report (default)",
	.write = write_text,
};
