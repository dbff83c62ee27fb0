// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report: findings first, then chains and tables; without --full only what fits a screen. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/text/text.h"
#include "report/render/words.h"
#include "util/path.h"

static void put_counts(struct text *t)
{
	const struct report_counts *u = &t->r->counts[0];

	fmt_plural(&t->b, u->at_end, "goroutine");
	fmt_raw(&t->b, " at the end (");
	fmt_count(&t->b, u->state[GO_STATE_WAITING]);
	fmt_raw(&t->b, " waiting), ");
	fmt_count(&t->b, u->created);
	fmt_raw(&t->b, " created, ");
	fmt_count(&t->b, u->exited + u->missed);
	fmt_raw(&t->b, " exited; ");
	fmt_plural(&t->b, report_channel_count(t->r), "channel");
	fmt_raw(&t->b, "; ");
}

/* What was recorded, unless the report is about one goroutine or channel, and whether events were lost. */
static void put_size(struct text *t)
{
	if (!t->m->opts.goroutine && !t->m->opts.channel)
		put_counts(t);
	fmt_plural(&t->b, t->m->events.all, "event");
	fmt_raw(&t->b, report_has_losses(t->r) ? ", some lost." : ", none lost.");
	text_wrap(t, 0, 2);
}

void text_put_head(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;
	char wall[48];

	fmt_wall(wall, sizeof(wall), meta->start_wall);
	wall[19] = 0;
	wall[10] = ' ';
	text_mark(t, MARK_STRONG);
	fmt_raw(&t->b, "chanrec report: ");
	fmt_text(&t->b, *meta->exe ? path_base(meta->exe) : "a Go program");
	fmt_f(&t->b, " (pid %u", meta->pid);
	if (*meta->go_version) {
		fmt_raw(&t->b, ", ");
		fmt_text(&t->b, meta->go_version);
	}
	fmt_raw(&t->b, "), ");
	fmt_dur(&t->b, report_duration(t->r));
	fmt_f(&t->b, " from %s UTC", wall);
	text_mark(t, MARK_END);
	text_wrap(t, 0, 2);
	put_size(t);
}

static void warn(struct text *t)
{
	fmt_raw(&t->b, ".");
	text_mark(t, MARK_END);
	text_wrap(t, 0, 9);
}

/* Not to be taken for a program in which nothing waits. */
static void put_unread(struct text *t)
{
	const struct snap_info *s = &t->m->snap[0];

	if (!snap_info_is_cut(s))
		return;
	text_mark(t, MARK_BAD);
	fmt_f(&t->b,
	      "WARNING: the %s ended before its goroutines were read: ", t->m->proc.exited ? "program" : "recording");
	fmt_count(&t->b, s->goroutines);
	fmt_raw(&t->b, " of the ");
	fmt_count(&t->b, s->listed);
	fmt_raw(&t->b, " that were there at the start are in this trace; of the others only what they still did");
	warn(t);
}

/* A limit in force for all but this much of the recording was in force throughout. */
#define SHORT_WHOLE_NS 100000000

static void put_trust(struct text *t)
{
	const struct report *r = t->r;
	const struct model *m = t->m;

	if (r->damaged) {
		text_mark(t, MARK_BAD);
		fmt_raw(&t->b, r->truncated ? "WARNING: the trace is incomplete: " : "WARNING: the trace is damaged: ");
		fmt_text(&t->b, r->damage);
		warn(t);
	}
	if (m->short_waits.any) {
		text_mark(t, MARK_WARN);
		fmt_raw(&t->b, "Only waits of ");
		fmt_dur(&t->b, (int64_t)m->short_waits.limit);
		fmt_raw(&t->b, " and longer were recorded");
		if (m->short_waits.from > SHORT_WHOLE_NS || m->short_waits.to + SHORT_WHOLE_NS < m->end) {
			fmt_raw(&t->b, " at times from ");
			fmt_dur(&t->b, m->short_waits.from);
			fmt_raw(&t->b, " to ");
			fmt_dur(&t->b, m->short_waits.to);
		}
		fmt_raw(&t->b, ": ");
		fmt_plural(&t->b, m->short_waits.count, "shorter one");
		fmt_raw(&t->b, ", ");
		fmt_dur(&t->b, (int64_t)m->short_waits.ns);
		fmt_raw(&t->b, " in all, and what ended them, are left out");
		warn(t);
	}
	text_put_loss_warnings(t);
	if (m->defects.missed_exits) {
		text_mark(t, MARK_BAD);
		fmt_raw(&t->b, "WARNING: ");
		fmt_plural(&t->b, m->defects.missed_exits, "goroutine");
		fmt_raw(&t->b, " went away without an event; counted as exited");
		warn(t);
	}
	if (m->end_from_events && m->opts.until == INT64_MAX) {
		text_mark(t, MARK_WARN);
		fmt_raw(&t->b, m->proc.exited
		                       ? "NOTE: the final state comes from events: the program had exited"
		                       : "NOTE: the final state comes from events: there is no complete end snapshot");
		warn(t);
	}
}

static void put_window(struct text *t)
{
	struct buf what = { 0 };

	if (words_window(&what, t->r)) {
		text_mark(t, MARK_WARN);
		fmt_f(&t->b, "NOTE: %s", buf_str(&what));
		warn(t);
	}
	buf_free(&what);
}

static void put_filter(struct text *t)
{
	if (!t->m->filter.active)
		return;
	text_mark(t, MARK_WARN);
	fmt_raw(&t->b, "NOTE: ");
	words_filter(&t->b, t->r);
	fmt_raw(&t->b, "; goroutines and channels without such a wait are left out, from the totals as well");
	warn(t);
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
	if (!*value)
		return;
	fmt_f(&t->b, "%-9s ", name);
	fmt_text(&t->b, value);
	text_wrap(t, 2, 12);
}

static void put_event_counts(struct text *t)
{
	const struct model *m = t->m;
	bool first = true;

	fmt_f(&t->b, "%-9s ", "events");
	fmt_count(&t->b, m->events.all);
	for (int i = TRACE_FIRST_EVENT; i < TRACE_FIRST_SNAP; i++) {
		if (!m->events.by_type[i])
			continue;
		fmt_f(&t->b, "%s%s ", first ? ": " : ", ", trace_type_name(i));
		fmt_count(&t->b, m->events.by_type[i]);
		first = false;
	}
	text_wrap(t, 2, 12);
}

/* Caps that were met. */
static void put_not_kept(struct text *t)
{
	const struct model *m = t->m;
	const struct {
		uint64_t n, max;
		const char *what;
	} rows[] = {
		{ m->wake_chains.dropped, MODEL_MAX_WAKE_CHAINS,
		  "ends of waits: there are more different chains of them than" },
		{ m->uses.dropped, MODEL_MAX_USERS,
		  "uses of channels: more pairs of a channel and a goroutine live than" },
		{ m->wakes.dropped, MODEL_MAX_WAKES, "wake-ups: there are more pairs of goroutines than" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].n)
			continue;
		fmt_f(&t->b, "%-9s ", "not kept");
		fmt_count(&t->b, rows[i].n);
		fmt_f(&t->b, " %s ", rows[i].what);
		fmt_count(&t->b, rows[i].max);
		text_wrap(t, 2, 12);
	}
}

static void put_probes(struct text *t)
{
	for (uint32_t i = 0; i < t->r->meta->nprobes; i++) {
		const struct trace_probe *p = &t->r->meta->probes[i];

		if (p->status != TRACE_PROBE_MISSING)
			continue;
		fmt_f(&t->b, "%-9s ", "no probe");
		fmt_text(&t->b, p->func);
		fmt_raw(&t->b, " (");
		fmt_text(&t->b, p->event);
		fmt_raw(&t->b, ")");
		if (*p->note) {
			fmt_raw(&t->b, ": ");
			fmt_text(&t->b, p->note);
		}
		text_wrap(t, 2, 12);
	}
}

static void put_snapshots(struct text *t)
{
	for (int i = 0; i < 2; i++) {
		const struct snap_info *s = &t->m->snap[i];

		if (!s->ended)
			continue;
		fmt_f(&t->b, "%-9s %s: ", i ? "" : "snapshots", i ? "at the end" : "at the start");
		fmt_plural(&t->b, s->goroutines, "goroutine");
		if (s->unread) {
			fmt_raw(&t->b, ", ");
			fmt_count(&t->b, s->unread);
			fmt_raw(&t->b, " could not be read");
		}
		if (s->partial)
			fmt_raw(&t->b, ", not whole");
		text_wrap(t, 2, 12);
	}
}

void text_put_recorded(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;

	text_title(t, "recorded", NULL);
	put_pair(t, "trace", t->r->path);
	put_pair(t, "program", meta->exe);
	put_pair(t, "command", meta->command);
	put_pair(t, "build id", meta->build_id);
	put_pair(t, "kernel", meta->kernel);
	put_pair(t, "by", meta->recorder);
	if (t->r->end)
		put_pair(t, "ended", t->r->end->reason);
	put_event_counts(t);
	if (!model_has_ops(t->m))
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
	text_put_wait_sites(t);
	text_put_edges(t);
	text_put_objects(t);
	text_put_channels(t);
	text_put_uses(t);
	text_put_recorded(t);
}

/* Lines of the page that has to fit a screen; of these the wait sites and what follows, and what follows those. */
#define SCREEN_LINES 60
#define SCREEN_LINES_HEALTHY 40
#define SITES_LINES 16
#define SUMMARY_LINES 6

static void put_screen(struct text *t)
{
	unsigned lines = t->r->findings.v.n ? SCREEN_LINES : SCREEN_LINES_HEALTHY;

	text_put_findings(t, text_rows(t, 10));
	text_put_main_chains(t, text_rows(t, 5), lines - SITES_LINES);
	text_put_main_wait_sites(t, text_rows(t, 0) ? UINT_MAX : lines - SUMMARY_LINES);
	text_end(t);
	put_normal(t);
	fmt_raw(&t->b, "--full lists chains, goroutines, stacks, channels, locks, wake-ups and losses.");
	text_wrap(t, 2, 2);
}

static int write_text(const struct report *r, FILE *f, struct err *err)
{
	struct text t;
	bool failed;

	text_init(&t, f, r);
	text_put_head(&t);
	text_put_warnings(&t);
	if (r->opts.full || is_of_one(&t)) {
		text_put_first(&t);
		text_put_rest(&t);
	} else {
		put_screen(&t);
	}
	failed = buf_failed(&t.b);
	text_free(&t);
	return failed ? err_nomem(err) : 0;
}

const struct output output_text = {
	.name = "text",
	.help = "for people: a terminal, a bug report (default)",
	.write = write_text,
};
