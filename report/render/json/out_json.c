// SPDX-License-Identifier: GPL-2.0-or-later
/* docs/report.schema.json is the contract of this output: change both together. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/json/json.h"
#include "report/render/json/out_json.h"
#include "report/render/out.h"
#include "report/render/words.h"

#include "report/analyze/visible.h"
#include "report/model/stops.h"
#include <errno.h>

/* Rises when a reader has to change. */
#define SCHEMA_VERSION 1

/* The part of the recording in which waits were recorded. */
static double recorded_percent(const struct report *r)
{
	int64_t whole = r->end ? r->end->duration : r->m->end, paused = r->m->losses.paused;

	return whole > paused ? (double)(whole - paused) / (double)whole * 100 : 0;
}

/* Shares of the program's CPU time. */
static void put_overhead(struct json *j, const struct report *r)
{
	json_key(j, "overhead");
	if (!r->meta->max_overhead) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_f64(j, "limit_percent", r->meta->max_overhead / 1e4);
	if (r->end && r->end->has_overhead) {
		json_key_f64(j, "percent", r->end->overhead / 1e4);
		json_key_f64(j, "most_percent", r->end->overhead_max / 1e4);
	} else {
		json_key_null(j, "percent");
		json_key_null(j, "most_percent");
	}
	json_key_f64(j, "recorded_percent", recorded_percent(r));
	json_close(j);
}

static void put_stopped(struct json *j, const struct model *m)
{
	json_key(j, "stopped");
	json_open_list(j);
	for (size_t i = 0; i < m->stops.n; i++) {
		const struct stop *s = &m->stops.v[i];

		json_open(j);
		json_key_str(j, "how", stop_name(s));
		json_key_i64(j, "from_ns", s->from);
		json_key_i64(j, "to_ns", s->to);
		json_close(j);
	}
	json_close_list(j);
}

static void put_command(struct json *j, const struct report *r)
{
	struct buf b = { 0 };

	words_command(&b, r->meta->command, r->opts.show_command);
	json_key_str(j, "command", buf_str(&b));
	buf_free(&b);
}

/* Of a recording without probes. */
static void put_sampled(struct json *j, const struct report *r)
{
	json_key(j, "sampled");
	if (!r->meta->sample) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_u64(j, "interval_ns", r->meta->sample);
	json_key_u64_if(j, "samples", r->end, r->end ? r->end->samples : 0);
	json_close(j);
}

static void put_trace(struct json *j, const struct report *r)
{
	const struct trace_meta *meta = r->meta;
	char version[16], start[48];

	snprintf(version, sizeof(version), "%u.%u", meta->major, meta->minor);
	fmt_wall(start, sizeof(start), meta->start_wall);
	json_key(j, "trace");
	json_open(j);
	json_key_str(j, "file", r->path);
	json_key_str(j, "version", version);
	json_key_str(j, "recorder", meta->recorder);
	json_key_str(j, "program", meta->exe);
	put_command(j, r);
	json_key_u64(j, "pid", meta->pid);
	json_key_str(j, "go_version", meta->go_version);
	json_key_str(j, "build_id", meta->build_id);
	json_key_str(j, "kernel", meta->kernel);
	json_key_str(j, "host", meta->host);
	json_key_str(j, "arch", meta->arch);
	json_key_str(j, "start", start);
	json_key_i64(j, "duration_ns", r->m->end > 0 ? r->m->end : 0);
	json_key_i64_if(j, "since_ns", r->m->opts.since != INT64_MIN, r->m->opts.since);
	json_key_i64_if(j, "until_ns", r->m->opts.until != INT64_MAX, r->m->opts.until);
	json_key_bool(j, "complete", r->end && !r->damaged);
	json_key_str_if(j, "damage", r->damaged ? r->damage : NULL);
	json_key_str_if(j, "end_reason", r->end ? r->end->reason : NULL);
	json_key_bool(j, "target_exited", r->m->proc.exited);
	json_key_u64_if(j, "max_size", meta->max_size, meta->max_size);
	put_overhead(j, r);
	json_key_bool(j, "with_ops", model_has_ops(r->m));
	json_key(j, "left_out");
	if (r->m->short_waits.any) {
		json_open(j);
		json_key_u64(j, "shorter_than_ns", r->m->short_waits.limit);
		json_key_u64(j, "waits", r->m->short_waits.count);
		json_key_u64(j, "blocked_ns", r->m->short_waits.ns);
		json_key_i64(j, "from_ns", r->m->short_waits.from);
		json_key_i64(j, "to_ns", r->m->short_waits.to);
		json_close(j);
	} else {
		json_null(j);
	}
	put_stopped(j, r->m);
	json_key_str(j, "made_by", trace_way_name(r->meta->way));
	put_sampled(j, r);
	json_key_str_if(j, "probes", meta->way == TRACE_WAY_PROBES ? trace_probing_name(meta->probing) : NULL);
	json_key_str(j, "final_state_from", r->m->end_from_events ? "events" : "snapshot");
	json_close(j);
}

static void put_filter(struct json *j, const struct report *r)
{
	const struct model_opts *o = &r->m->opts;

	json_key(j, "filter");
	json_open(j);
	json_key_i64_if(j, "since_ns", o->since != INT64_MIN, o->since);
	json_key_i64_if(j, "until_ns", o->until != INT64_MAX, o->until);
	json_key_u64_if(j, "goroutine", o->goroutine, o->goroutine);
	json_key_u64_if(j, "channel", o->channel, o->channel);
	json_key_str_if(j, "function", o->filter.function);
	json_key_str_if(j, "package", o->filter.package);
	json_key_str_if(j, "reason", o->filter.reason);
	json_key_str_if(j, "label", o->filter.label);
	json_key_bool(j, "matched", filter_matched(&r->m->filter));
	json_close(j);
}

static void put_not_kept(struct json *j, const struct report *r, const struct selection *sel)
{
	const struct model *m = r->m;

	json_key(j, "not_kept");
	json_open(j);
	json_key_u64(j, "exited_goroutines", m->goroutines.gone_dropped + sel->gone_left_out);
	json_key_u64(j, "channels", sel->channels_left_out);
	json_key_u64(j, "wakes", m->wakes.dropped);
	json_key_u64(j, "channel_uses", m->uses.dropped);
	json_key_u64(j, "chains", m->wake_chains.dropped + r->chains.dropped);
	json_close(j);
}

static void put_losses(struct json *j, const struct report *r, const struct selection *sel)
{
	const struct model *m = r->m;

	json_key(j, "losses");
	json_open(j);
	json_key_u64(j, "ring_dropped", m->losses.ring);
	json_key_u64(j, "stacks_truncated", report_truncated_stacks(r));
	json_key_u64(j, "stacks_lost", m->losses.stacks);
	json_key_u64(j, "select_cases_lost", m->losses.cases);
	json_key_u64(j, "memory_unread", m->losses.memory);
	json_key_u64(j, "events_left_out", m->losses.left_out);
	json_key_u64(j, "stacks_left_out", m->losses.left_out_stacks);
	json_key_u64(j, "unseen_wakes", m->defects.unseen_wakes);
	json_key_u64(j, "unseen_network_wakes", m->defects.unseen_network);
	json_key_u64(j, "odd_readies", m->defects.odd_readies);
	json_key_u64(j, "missed_exits", m->defects.missed_exits);
	json_key(j, "illegal_transitions");
	json_open(j);
	for (int i = 0; i < ILLEGAL_N; i++)
		json_key_u64(j, words_illegal_name(i), m->defects.illegal[i]);
	json_close(j);
	json_key(j, "ranges");
	json_open_list(j);
	for (size_t i = 0; i < m->losses.n; i++) {
		const struct loss *l = &m->losses.v[i];

		json_open(j);
		json_key_str(j, "cause", trace_loss_name(l->cause));
		json_key_str(j, "type", trace_type_name(l->type));
		json_key_str(j, "part", l->part == TRACE_LOSS_EVENT ? "event" : "stack");
		json_key_i64(j, "from_ns", l->from);
		json_key_i64(j, "to_ns", l->to);
		json_key_u64(j, "count", l->count);
		json_key_bool(j, "counted", !l->uncounted);
		json_close(j);
	}
	json_close_list(j);
	json_key(j, "probes_missing");
	json_open_list(j);
	for (uint32_t i = 0; i < r->meta->nprobes; i++) {
		const struct trace_probe *p = &r->meta->probes[i];

		if (p->status != TRACE_PROBE_MISSING)
			continue;
		json_open(j);
		json_key_str(j, "event", p->event);
		json_key_str(j, "function", p->func);
		json_key_str(j, "note", p->note);
		json_close(j);
	}
	json_close_list(j);
	put_not_kept(j, r, sel);
	json_close(j);
}

static void put_events(struct json *j, const struct report *r)
{
	json_key(j, "events");
	json_open(j);
	for (int t = TRACE_FIRST_EVENT; t < TRACE_FIRST_SNAP; t++)
		if (trace_type_kind(t) != TRACE_KIND_NONE)
			json_key_u64(j, trace_type_name(t), r->m->events.by_type[t]);
	json_close(j);
}

static void put_snapshots(struct json *j, const struct report *r)
{
	json_key(j, "snapshots");
	json_open(j);
	for (int i = 0; i < 2; i++) {
		const struct snap_info *s = &r->m->snap[i];

		json_key(j, i ? "end" : "start");
		if (!s->seen) {
			json_null(j);
			continue;
		}
		json_open(j);
		json_key_i64(j, "from_ns", s->begin);
		json_key_i64_if(j, "to_ns", s->ended, s->end);
		json_key_u64(j, "goroutines", s->goroutines);
		json_key_u64(j, "unread", s->unread);
		json_key_bool(j, "complete", s->ended && !s->partial && !s->unread);
		json_close(j);
	}
	json_close(j);
}

static void put_counts(struct json *j, const char *key, const struct report_counts *c)
{
	json_key(j, key);
	json_open(j);
	json_key_u64(j, "at_start", c->at_start);
	json_key_u64(j, "created", c->created);
	json_key_u64(j, "exited", c->exited);
	json_key_u64(j, "exits_missed", c->missed);
	json_key_u64(j, "at_end", c->at_end);
	for (int s = 0; s < GO_STATE_EXITED; s++)
		json_key_u64(j, go_state_name((uint8_t)s), c->state[s]);
	json_close(j);
}

static void put_summary(struct json *j, const struct report *r)
{
	uint64_t waits = 0, blocked = 0;

	for (size_t i = 0; i < r->m->groups.n; i++) {
		if (r->m->groups.v[i].system || !report_shows_group(r, (uint32_t)i))
			continue;
		waits += r->m->groups.v[i].waits;
		blocked += r->m->groups.v[i].blocked;
	}
	json_key(j, "summary");
	json_open(j);
	put_counts(j, "user", &r->counts[0]);
	put_counts(j, "system", &r->counts[1]);
	json_key_u64(j, "waits", waits);
	json_key_u64(j, "blocked_ns", blocked);
	json_key_u64(j, "channels", report_channel_count(r));
	json_key_u64(j, "sync_objects", report_sync_count(r));
	json_close(j);
}

void json_put_summary(struct json *j, const struct report *r, const struct selection *sel)
{
	json_key_u64(j, "schema_version", SCHEMA_VERSION);
	put_trace(j, r);
	put_filter(j, r);
	put_losses(j, r, sel);
	put_events(j, r);
	put_snapshots(j, r);
	put_summary(j, r);
	/* What matters most comes first, so that it is not left out of a document that grows too long. */
	json_put_findings(j, r);
	json_put_leaks(j, r);
	json_put_chains(j, r);
	json_put_groups(j, r);
	json_put_blocked(j, r);
	json_put_active(j, r);
	json_put_wait_sites(j, r);
	json_put_channel_rows(j, r);
	json_put_edges(j, r);
}

static int write_json(const struct report *r, FILE *f, struct err *err)
{
	struct selection l;
	struct json *j;
	int ret;

	if (selection_make(&l, r)) {
		selection_free(&l);
		return err_nomem(err);
	}
	ret = json_new(&j, f, budget_output(&r->budget, r->reader), err);
	if (ret) {
		selection_free(&l);
		return ret;
	}
	json_open(j);
	json_put_summary(j, r, &l);
	json_put_uses(j, r, &l);
	json_put_syncs(j, r);
	json_put_owners(j, r);
	json_put_objects(j, r);
	json_put_wakes(j, r);
	json_put_channels(j, r, &l);
	json_put_goroutines(j, r, &l);
	json_key_cuts(j, "cut");
	json_close(j);
	ret = json_end(j, err);
	json_free(j);
	selection_free(&l);
	return ret;
}

static const char json_schema[] =
#include "report/render/json/report.schema.inc"
        ;

const struct output output_json = {
	.schema = json_schema,
	.name = "json",
	.help = "one document for programs; its schema is docs/report.schema.json",
	.wants_each = true,
	.limits_itself = true,
	.write = write_json,
};
