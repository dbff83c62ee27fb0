// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/trace.h"
#include "record/alert/alert.h"
#include "record/encode/encode.h"
#include "record/encode/output.h"
#include "record/goread/layoutcheck.h"
#include "record/header.h"
#include "record/heartbeat.h"
#include "record/inline/fit.h"
#include "record/inline/inline.h"
#include "record/intake.h"
#include "record/limit/deferred.h"
#include "record/limit/limits.h"
#include "record/probe/uprobe.h"
#include "record/quiesce.h"
#include "record/sandbox.h"
#include "record/snapshot.h"
#include "record/target/launch.h"
#include "record/target/target.h"
#include "record/watch.h"
#include "util/clock.h"
#include "util/debug.h"

#define TICK_MS 5                        /* interval at which the ring is drained */
#define SNAPSHOT_LIMIT_NS 10000000000ull /* a last snapshot that takes longer is cut short */

struct recorder {
	const struct recorder_opts *opts;
	struct recorder_summary *sum;
	struct watch watch;
	struct target target;
	struct gobin *bin;
	uint64_t bias;
	struct go_layout layout;
	struct layout_check check;
	struct probes probes;
	struct trace_output out;
	struct trace_writer *w;
	struct intern intern;
	struct encoder enc;
	struct gread_env env;
	struct snapshot *snap;
	struct intake intake;
	struct deferred deferred;
	struct heartbeat *heartbeat;
	struct limits *limits;
	struct alerts *alerts;     /* NULL: none are wanted */
	uint64_t first_goroutines; /* number in the first snapshot; 0: it is not complete yet */
	uint64_t ended;            /* CLOCK_MONOTONIC ns from which no event is recorded; 0: they go on */
};

static const struct probes_kind *const probes_kinds[] = {
	[PROBING_UPROBE] = &probes_uprobe, [PROBING_INLINE] = &probes_inline, [PROBING_AUTO] = &probes_inline
};

static int open_target(struct recorder *r, struct err *err)
{
	pid_t pid = r->opts->pid;

	if (r->opts->argv) {
		if (launch_start(&r->watch.launch, r->watch.sigfd, r->opts->argv, err))
			return err->code;
		pid = r->watch.launch.pid;
	}
	if (target_open(&r->target, pid, err))
		return err->code;
	if (gobin_open(&r->bin, r->target.exe, err))
		return target_explain(&r->target, err);
	debug(DEBUG_TARGET, "process %d is %s, built by %s", r->target.pid, r->target.exe_path,
	      gobin_go_version(r->bin));
	return target_bias(&r->target, &r->bias, err);
}

static int plan_probes(struct recorder *r, struct err *err)
{
	return probes_plan(&r->probes, r->bin, &r->layout, r->opts->events, err);
}

static int attach(struct recorder *r, const struct probes_opts *po, struct err *err)
{
	return probes_attach(&r->probes, &r->target, r->bin, r->bias, po, err);
}

/* Inline, if a recording is then complete; else by uprobes. */
static int attach_auto(struct recorder *r, struct probes_opts *po, struct err *err)
{
	const struct inline_candidate c = { .pid = r->target.pid,
		                            .stopped = po->stopped,
		                            .bin = r->bin,
		                            .bias = r->bias,
		                            .plan = &r->probes.plan,
		                            .ring_size = po->ring_size };
	struct err *why = &r->sum->why_uprobes;

	if (!inline_fits(&c, why) && !attach(r, po, why))
		return 0;
	debug(DEBUG_PROBE, "uprobes, because %s", why->msg);
	probes_free(&r->probes);
	po->kind = &probes_uprobe;
	return plan_probes(r, err) ? err->code : attach(r, po, err);
}

static int plan_and_attach(struct recorder *r, struct err *err)
{
	struct probes_opts po = { .kind = probes_kinds[r->opts->probing],
		                  .events = r->opts->events,
		                  .ring_size = r->opts->ring_size,
		                  .verbose = r->opts->verbose,
		                  .no_ready_stacks = r->opts->no_ready_stacks,
		                  .no_direct_reads = r->opts->no_direct_reads,
		                  .stopped = watch_launched(&r->watch) ? r->watch.launch.pid : 0 };

	if (gobin_layout(r->bin, &r->layout, err))
		return err->code;
	layout_check_init(&r->check, &r->target.memory, r->bin, &r->layout, r->bias);
	/* A program that has not run yet has nothing to check; live_step() does it later. */
	if (!watch_launched(&r->watch) && !r->layout.own && layout_check_run(&r->check, err))
		return err->code;
	if (plan_probes(r, err) || (r->opts->probing == PROBING_AUTO ? attach_auto(r, &po, err) : attach(r, &po, err)))
		return err->code;
	return limits_new(&r->limits,
	                  &(struct limits_opts){ .max_size = r->opts->max_size,
	                                         .max_overhead = r->opts->max_overhead,
	                                         .events = r->opts->events,
	                                         .min_block = r->opts->min_block },
	                  &r->probes, r->target.pid, err);
}

/* Whatever did not fit belonged to another program. */
static int explain_exec(const struct recorder *r, struct err *err)
{
	if (r->target.pid <= 0 || !target_execed(&r->target))
		return err->code;
	return err_set(err, ESTALE, "process %d executed a program while chanrec was attaching to it; record it again",
	               r->target.pid);
}

/* Writes nothing: only checks that the output is writable. */
static int phase_attach(struct recorder *r, struct err *err)
{
	if (watch_open(&r->watch, &r->target, err) ||
	    trace_output_open(&r->out, r->opts->output, r->opts->force, err) || open_target(r, err))
		return err->code;
	return plan_and_attach(r, err) ? explain_exec(r, err) : 0;
}

static int write_header(struct recorder *r, struct err *err)
{
	const struct header_of of = { .opts = r->opts,
		                      .exe = r->target.exe_path,
		                      .command = r->target.command,
		                      .pid = (uint32_t)r->target.pid,
		                      .way = TRACE_WAY_PROBES,
		                      .bin = r->bin,
		                      .probes = &r->probes,
		                      .layout = &r->layout,
		                      .is_checked = r->check.done,
		                      .epoch = r->enc.epoch };

	return header_write(&r->w, r->out.fd, &of, err);
}

/* Opens what reads the target and writes the trace. */
static int open_parts(struct recorder *r, struct err *err)
{
	if (intern_init(&r->intern, r->bin, r->bias, NULL, err) ||
	    gread_env_init(&r->env, &r->target.memory, r->bin, &r->intern.layout, r->bias, err))
		return err->code;
	if (r->opts->redact)
		intern_redact(&r->intern);
	encoder_init(&r->enc, &r->intern, mono_ns());
	if (snapshot_new(&r->snap, &r->env, &r->enc, err))
		return err->code;
	snapshot_sample_threads(r->snap, r->target.pid);
	snapshot_limit_search(r->snap, r->opts->search_time);
	if (r->opts->labels)
		snapshot_find_labels(r->snap);
	r->intake = (struct intake){ .probes = &r->probes,
		                     .limits = r->limits,
		                     .snap = r->snap,
		                     .enc = &r->enc,
		                     .is_launched = watch_launched(&r->watch) };
	if (r->opts->alert.after && alerts_new(&r->alerts, &r->opts->alert, &r->env, (uint32_t)r->target.pid, err))
		return err->code;
	if (intake_open(&r->intake, err))
		return err->code;
	return probes_set_min_block(&r->probes, r->opts->min_block, err);
}

/* Waits until the probes, which are on now, see everything that happens. */
static int quiesce_target(struct recorder *r, struct err *err)
{
	struct quiesce q;
	int ret = 0;

	quiesce_begin(&q, r->target.pid);
	while (!ret && !quiesce_step(&q))
		ret = intake_drain(&r->intake, err);
	quiesce_end(&q);
	return ret;
}

static int phase_begin(struct recorder *r, struct err *err)
{
	uint64_t deadline = 0;

	if (open_parts(r, err))
		return err->code;
	if (r->opts->duration)
		deadline = r->enc.epoch + r->opts->duration;
	watch_until(&r->watch, deadline);
	if (limits_begin(r->limits, &r->enc, &r->deferred, deadline, err))
		return err->code;
	/* Enable first: once the header is in the file, users may rely on the recording. */
	probes_enable(&r->probes);
	if (trace_output_start(&r->out, err) || write_header(r, err))
		return err->code;
	encoder_set_writer(&r->enc, r->w);
	if (watch_launched(&r->watch) && launch_go(&r->watch.launch, err))
		return err->code;
	r->heartbeat = heartbeat_new(&(struct heartbeat_of){ .pid = r->target.pid,
	                                                     .enc = &r->enc,
	                                                     .deferred = &r->deferred,
	                                                     .probes = &r->probes,
	                                                     .size = limits_size(r->limits) });
	if (!r->heartbeat)
		return err_nomem(err);
	/* A command of the user's inherits what is given up, and may need it. */
	if (!r->opts->alert.exec)
		sandbox_enter(&(struct sandbox_opts){ .attaches = r->opts->max_overhead,
		                                      .is_inline = r->probes.kind->id == TRACE_PROBING_INLINE,
		                                      .traces = watch_launched(&r->watch) });
	if (!watch_launched(&r->watch) && quiesce_target(r, err))
		return err->code;
	return snapshot_begin(r->snap, 0, err);
}

static uint64_t goroutines_now(const struct recorder *r)
{
	uint64_t all = (snapshot_done(r->snap) ? r->first_goroutines : snapshot_listed(r->snap)) +
	               r->enc.count[TRACE_GO_CREATE];
	uint64_t gone = r->enc.count[TRACE_GO_EXIT];

	return all > gone ? all - gone : 0;
}

/* Once the offsets are known to be right, and the snapshot does not need the time. */
static int alert_step(struct recorder *r, struct err *err)
{
	bool fired;

	if (!r->alerts || !snapshot_done(r->snap) || (!r->layout.own && !r->check.done))
		return 0;
	if (alerts_step(r->alerts, heartbeat_halted(r->heartbeat), &fired, err))
		return err->code;
	if (fired && r->opts->alert.exits)
		watch_stop(&r->watch, "a goroutine has waited too long (--alert-exit)");
	return 0;
}

static int live_step(struct recorder *r, struct err *err)
{
	if (!r->layout.own && !r->check.done && layout_check_step(&r->check, err))
		return err->code;
	if (intake_drain(&r->intake, err) || snapshot_step(r->snap, err) || heartbeat_step(r->heartbeat, err))
		return err->code;
	if (snapshot_done(r->snap) && !r->first_goroutines) {
		r->first_goroutines = snapshot_goroutines(r->snap);
		probes_started(&r->probes);
	}
	if (alert_step(r, err))
		return err->code;
	return limits_step(r->limits, r->w, goroutines_now(r), err);
}

static int phase_live(struct recorder *r, struct err *err)
{
	while (!r->watch.reason) {
		/* Do not wait while there is a snapshot to work on. */
		watch_wait(&r->watch, snapshot_done(r->snap) ? TICK_MS : 0);
		if (r->intake.is_next && !watch_gone(&r->watch))
			watch_execed(&r->watch);
		if (live_step(r, err) && !intake_full(&r->intake, err))
			return err->code;
		if (r->intake.is_full)
			watch_stop(&r->watch, "the trace has reached its size limit");
	}
	return 0;
}

static bool is_target_gone(const struct recorder *r)
{
	return watch_gone(&r->watch) || !target_alive(&r->target);
}

static int drain_all(struct recorder *r, struct err *err)
{
	if (is_target_gone(r))
		probes_orphan(&r->probes);
	return intake_drain_all(&r->intake, err);
}

/* Drains the ring, and writes the snapshot records that were waiting for it. */
static int drain_rest(struct recorder *r, struct err *err)
{
	if (drain_all(r, err))
		return err->code;
	if (!snapshot_flush(r->snap, UINT64_MAX, err))
		return 0;
	return intake_full(&r->intake, err) ? snapshot_cut(r->snap, err) : err->code;
}

/* A full trace takes no more events: those after the first one without room would be out of order. */
static int phase_drain(struct recorder *r, struct err *err)
{
	if (!r->intake.is_full)
		return 0;
	probes_disable(&r->probes);
	return drain_rest(r, err);
}

/* Writes the deferred waits that have not ended. */
static int take_deferred(struct recorder *r, struct err *err)
{
	if (r->intake.is_full)
		return 0;
	probes_closing(&r->probes);
	if (drain_all(r, err))
		return err->code;
	if (is_target_gone(r))
		return deferred_take_dead(&r->probes, &r->enc, err);
	return deferred_take(&r->probes, &r->env, &r->enc, err);
}

/* From here on, nothing is recorded; what is in the ring, and what was left out until now, is written. */
static int stop_events(struct recorder *r, struct err *err)
{
	if (r->ended)
		return 0;
	probes_disable(&r->probes);
	r->ended = mono_ns();
	snapshot_events_ended(r->snap, r->ended);
	return drain_rest(r, err) ? err->code : limits_stop(r->limits, err);
}

/*
 * The search needs no events, and would share its time with them. What it finds
 * it checks against the memory itself.
 */
static int before_search(struct recorder *r, struct err *err)
{
	return stop_events(r, err) ? err->code : trace_writer_flush(r->w, err);
}

static int last_snapshot(struct recorder *r, struct err *err)
{
	uint64_t limit = mono_ns() + SNAPSHOT_LIMIT_NS;

	if (!r->first_goroutines)
		r->first_goroutines = snapshot_goroutines(r->snap);
	if (is_target_gone(r) || r->watch.is_urgent)
		return 0;
	if (snapshot_begin(r->snap, 1, err))
		return err->code;
	while (!snapshot_done(r->snap)) {
		limits_expect(r->limits, r->w, snapshot_left(r->snap));
		if (snapshot_step(r->snap, err) || intake_drain(&r->intake, err))
			return err->code;
		if (snapshot_is_read(r->snap) && !r->ended && before_search(r, err))
			return err->code;
		watch_look(&r->watch);
		/* The search has a limit of its own. */
		if ((!snapshot_is_read(r->snap) && mono_ns() > limit) || r->watch.is_urgent)
			snapshot_abandon(r->snap);
	}
	return 0;
}

static int phase_snapshot(struct recorder *r, struct err *err)
{
	if (!take_deferred(r, err) && !last_snapshot(r, err))
		return 0;
	return intake_full(&r->intake, err) ? snapshot_cut(r->snap, err) : err->code;
}

static int note_exit(struct recorder *r, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_PROC_EXIT, .time = (int64_t)(mono_ns() - r->enc.epoch) };
	struct launch *l = &r->watch.launch;

	if (watch_launched(&r->watch)) {
		launch_reap(l);
		rec.proc_exit.known = l->ended && l->pid == l->child;
		rec.proc_exit.status = rec.proc_exit.known ? l->status : 0;
	}
	return encoder_write(&r->enc, &rec, err);
}

static const char *end_reason(const struct recorder *r)
{
	if (r->watch.fate == TARGET_EXITED && !r->layout.own && !r->check.done)
		return "the program exited before its offsets could be checked";
	return r->watch.reason;
}

static void summarize(struct recorder *r, const struct trace_end *end)
{
	struct recorder_summary *sum = r->sum;

	sum->events = end->events;
	sum->lost = end->lost;
	sum->bytes = trace_writer_bytes(r->w);
	sum->duration = end->duration;
	sum->reason = end->reason;
	sum->short_waits = deferred_count(&r->deferred);
	sum->halted = heartbeat_halted(r->heartbeat);
	sum->left_out = limits_left_out(r->limits);
	for (int by = 0; by < SHED_LIMITS; by++)
		for (int step = 0; step < SHED_STEPS; step++)
			sum->left_out_from[by][step] =
			        limits_span(r->limits, (enum shed_limit)by, (enum shed_step)step);
	sum->has_overhead = end->has_overhead;
	sum->overhead = end->overhead;
	sum->overhead_max = end->overhead_max;
	sum->alerts = alerts_raised(r->alerts);
	sum->search_cut = snapshot_search_cut(r->snap);
	sum->missing = plan_count(&r->probes.plan, PROBE_MISSING);
}

/* Stops everything at one moment, then writes what is in the ring. */
static int phase_close(struct recorder *r, struct err *err)
{
	bool is_gone = watch_gone(&r->watch);
	struct trace_end end = { .target_exited = is_gone, .reason = end_reason(r) };

	if (stop_events(r, err))
		return err->code;
	end.duration = (int64_t)(r->ended - r->enc.epoch);
	if (drain_rest(r, err) ||
	    (heartbeat_end(r->heartbeat, is_gone, r->ended, err) && !intake_full(&r->intake, err)))
		return err->code;
	if (is_gone && note_exit(r, err))
		return err->code;
	end.events = r->enc.events;
	limits_end(r->limits, &end);
	if (trace_writer_end(r->w, &end, err))
		return err->code;
	summarize(r, &end);
	return trace_output_commit(&r->out, err);
}

/* They run in this order. A phase that fails ends the recording, and what was written stays. */
static const struct {
	const char *name;
	int (*run)(struct recorder *r, struct err *err);
} phases[] = {
	{ "attach", phase_attach }, { "begin", phase_begin },       { "live", phase_live },
	{ "drain", phase_drain },   { "snapshot", phase_snapshot }, { "close", phase_close },
};

static void recorder_free(struct recorder *r)
{
	limits_free(r->limits);
	heartbeat_free(r->heartbeat);
	probes_free(&r->probes);
	trace_output_close(&r->out);
	alerts_free(r->alerts); /* waits for a program that still runs; nothing is in the target by now */
	r->sum->has_status = watch_end_command(&r->watch, &r->sum->status);
	snapshot_free(r->snap);
	encoder_free(&r->enc);
	intern_free(&r->intern);
	trace_writer_free(r->w);
	gobin_free(r->bin);
	target_close(&r->target);
	watch_close(&r->watch);
	free(r);
}

int recorder_run(const struct recorder_opts *opts, struct recorder_summary *sum, struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int ret = 0;

	if (!r)
		return err_nomem(err);
	memset(sum, 0, sizeof(*sum));
	r->opts = opts;
	r->sum = sum;
	r->watch = WATCH_CLOSED;
	r->target = TARGET_CLOSED;
	r->out = TRACE_OUTPUT_CLOSED;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]) && !ret; i++) {
		debug(DEBUG_TARGET, "phase: %s", phases[i].name);
		ret = phases[i].run(r, err);
	}
	recorder_free(r);
	return ret;
}
