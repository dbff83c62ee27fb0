// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/sampling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/trace.h"
#include "record/alert/alert.h"
#include "record/encode/encode.h"
#include "record/encode/output.h"
#include "record/goread/layoutcheck.h"
#include "record/header.h"
#include "record/heartbeat.h"
#include "record/limit/pace.h"
#include "record/limit/sizelimit.h"
#include "record/sampler.h"
#include "record/snapshot.h"
#include "record/target/target.h"
#include "record/watch.h"
#include "util/clock.h"
#include "util/debug.h"

#define LIMIT_DEFAULT 100000             /* millionths of one CPU: a bystander, however many goroutines there are */
#define WAIT_MS 100                      /* longest wait between two looks at the process */
#define SNAPSHOT_LIMIT_NS 10000000000ull /* a last snapshot that takes longer is cut short */

struct sampling {
	const struct recorder_opts *opts;
	struct sampling_summary *sum;
	struct watch watch;
	struct target target;
	struct gobin *bin;
	uint64_t bias;
	struct go_layout layout;
	struct layout_check check;
	struct trace_output out;
	struct trace_writer *w;
	struct intern intern;
	struct encoder enc;
	struct gread_env env;
	struct sampler *sampler;
	struct snapshot *snap;
	struct heartbeat *heartbeat;
	struct sizelimit *size;
	struct alerts *alerts; /* NULL: none are wanted */
	struct pace pace;
	uint64_t cpu_begin; /* of the recorder, when the recording began */
	bool is_full;       /* no more events fit */
};

static int phase_open(struct sampling *r, struct err *err)
{
	if (watch_open(&r->watch, &r->target, err) ||
	    trace_output_open(&r->out, r->opts->output, r->opts->force, err) ||
	    target_open(&r->target, r->opts->pid, err))
		return err->code;
	if (gobin_open(&r->bin, r->target.exe, err))
		return target_explain(&r->target, err);
	if (target_bias(&r->target, &r->bias, err) || gobin_layout(r->bin, &r->layout, err))
		return err->code;
	layout_check_init(&r->check, &r->target.memory, r->bin, &r->layout, r->bias);
	return r->layout.own ? 0 : layout_check_run(&r->check, err);
}

static int write_header(struct sampling *r, struct err *err)
{
	const struct header_of of = { .opts = r->opts,
		                      .exe = r->target.exe_path,
		                      .command = r->target.command,
		                      .pid = (uint32_t)r->target.pid,
		                      .way = TRACE_WAY_SAMPLES,
		                      .bin = r->bin,
		                      .layout = &r->layout,
		                      .is_checked = r->check.done,
		                      .epoch = r->enc.epoch };

	return header_write(&r->w, r->out.fd, &of, err);
}

static int open_parts(struct sampling *r, struct err *err)
{
	if (intern_init(&r->intern, r->bin, r->bias, NULL, err) ||
	    gread_env_init(&r->env, &r->target.memory, r->bin, &r->intern.layout, r->bias, err))
		return err->code;
	if (r->opts->redact)
		intern_redact(&r->intern);
	encoder_init(&r->enc, &r->intern, mono_ns());
	if (sampler_new(&r->sampler, &r->env, &r->enc, err) || snapshot_new(&r->snap, &r->env, &r->enc, err))
		return err->code;
	if (r->opts->alert.after && alerts_new(&r->alerts, &r->opts->alert, &r->env, (uint32_t)r->target.pid, err))
		return err->code;
	snapshot_tells_all(r->snap);
	snapshot_limit_search(r->snap, r->opts->search_time);
	if (r->opts->labels)
		snapshot_find_labels(r->snap);
	return 0;
}

static int phase_begin(struct sampling *r, struct err *err)
{
	uint64_t deadline;

	if (open_parts(r, err))
		return err->code;
	deadline = r->opts->duration ? r->enc.epoch + r->opts->duration : 0;
	watch_until(&r->watch, deadline);
	r->cpu_begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	r->pace = (struct pace){ .interval = r->opts->sample,
		                 .limit = r->opts->max_overhead ? r->opts->max_overhead : LIMIT_DEFAULT };
	r->size = sizelimit_new(r->opts->max_size, r->enc.epoch, deadline);
	if (!r->size)
		return err_nomem(err);
	if (trace_output_start(&r->out, err) || write_header(r, err))
		return err->code;
	encoder_set_writer(&r->enc, r->w);
	r->heartbeat = heartbeat_new(&(struct heartbeat_of){ .pid = r->target.pid, .enc = &r->enc, .size = r->size });
	return r->heartbeat ? 0 : err_nomem(err);
}

/* The trace is full: true, and *err is cleared. */
static bool is_full(struct sampling *r, struct err *err)
{
	if (err->code != -EFBIG || !r->opts->max_size)
		return false;
	memset(err, 0, sizeof(*err));
	r->is_full = true;
	watch_stop(&r->watch, "the trace has reached its size limit");
	return true;
}

/* There is no ring to be drained, so a scan is completed. */
static int look_for_alerts(struct sampling *r, struct err *err)
{
	do {
		bool fired = false;

		if (r->alerts && alerts_step(r->alerts, heartbeat_halted(r->heartbeat), &fired, err))
			return err->code;
		if (fired && r->opts->alert.exits)
			watch_stop(&r->watch, "a goroutine has waited too long (--alert-exit)");
	} while (alerts_busy(r->alerts));
	return 0;
}

/* Between two parts of a sample: looks whether the recording ends, and keeps the file up to date. */
static int look_around(struct sampling *r, int ms, struct err *err)
{
	int fits;

	watch_wait(&r->watch, ms);
	if (look_for_alerts(r, err))
		return err->code;
	if (heartbeat_step(r->heartbeat, err))
		return err->code;
	sizelimit_expect(r->size, r->w, sampler_goroutines(r->sampler));
	fits = sizelimit_fits(r->size, r->w, err);
	return fits < 0 ? fits : fits ? 0 : err_set(err, EFBIG, "no room");
}

/* A sample that has begun is completed, except for the first one, which may take long. */
static int take_sample(struct sampling *r, struct err *err)
{
	bool is_first = !sampler_samples(r->sampler);

	if (sampler_begin(r->sampler, err))
		return err->code;
	while (!sampler_done(r->sampler)) {
		if (sampler_step(r->sampler, err) || look_around(r, 0, err))
			return err->code;
		if (is_first && r->watch.reason && sampler_abandon(r->sampler, err))
			return err->code;
	}
	return 0;
}

static int take_samples(struct sampling *r, struct err *err)
{
	uint64_t next = 0;

	while (!r->watch.reason) {
		uint64_t now = mono_ns(), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		bool is_first = !sampler_samples(r->sampler);

		if (now < next) {
			uint64_t ms = (next - now + 999999) / 1000000;

			if (look_around(r, ms < WAIT_MS ? (int)ms : WAIT_MS, err))
				return err->code;
			continue;
		}
		if (take_sample(r, err))
			return err->code;
		cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		/* The first sample reads everything, and later ones do not. */
		if (is_first)
			next = mono_ns() + r->pace.interval;
		else
			next = pace_next(&r->pace, now, mono_ns(), cpu);
	}
	return 0;
}

static int phase_live(struct sampling *r, struct err *err)
{
	return take_samples(r, err) && !is_full(r, err) ? err->code : 0;
}

static bool is_target_gone(const struct sampling *r)
{
	return watch_gone(&r->watch) || !target_alive(&r->target) || !target_same(&r->target);
}

static int take_snapshot(struct sampling *r, struct err *err)
{
	uint64_t limit = mono_ns() + SNAPSHOT_LIMIT_NS;

	if (snapshot_begin(r->snap, 1, err))
		return err->code;
	while (!snapshot_done(r->snap) || snapshot_pending(r->snap)) {
		if (snapshot_step(r->snap, err) || snapshot_flush(r->snap, UINT64_MAX, err))
			return err->code;
		watch_look(&r->watch);
		/* The search has a limit of its own. */
		if ((!snapshot_is_read(r->snap) && mono_ns() > limit) || r->watch.is_urgent)
			snapshot_abandon(r->snap);
	}
	return 0;
}

/*
 * The state at the end, with all that only a whole picture shows. The samples
 * right before and after it tell who came, went or moved meanwhile.
 */
static int last_samples(struct sampling *r, struct err *err)
{
	if (!r->is_full && take_sample(r, err))
		return err->code;
	if (is_target_gone(r))
		return 0;
	if (take_snapshot(r, err))
		return err->code;
	return r->is_full ? 0 : take_sample(r, err);
}

static int phase_snapshot(struct sampling *r, struct err *err)
{
	if (is_target_gone(r) || !last_samples(r, err))
		return 0;
	return is_full(r, err) ? snapshot_cut(r->snap, err) : err->code;
}

static int note_exit(struct sampling *r, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_PROC_EXIT, .time = (int64_t)(mono_ns() - r->enc.epoch) };

	return encoder_write(&r->enc, &rec, err);
}

static void summarize(struct sampling *r, const struct trace_end *end)
{
	*r->sum = (struct sampling_summary){ .samples = end->samples,
		                             .goroutines = sampler_goroutines(r->sampler),
		                             .events = end->events,
		                             .bytes = trace_writer_bytes(r->w),
		                             .duration = end->duration,
		                             .reason = end->reason,
		                             .alerts = alerts_raised(r->alerts),
		                             .halted = heartbeat_halted(r->heartbeat),
		                             .cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - r->cpu_begin,
		                             .limit = r->pace.limit,
		                             .stretched = r->pace.stretched,
		                             .longest = r->pace.longest };
}

static int phase_close(struct sampling *r, struct err *err)
{
	bool is_gone = watch_gone(&r->watch);
	struct trace_end end = { .duration = (int64_t)(mono_ns() - r->enc.epoch),
		                 .target_exited = is_gone,
		                 .reason = r->watch.reason };

	if ((heartbeat_end(r->heartbeat, is_gone, mono_ns(), err) && !is_full(r, err)) ||
	    (is_gone && note_exit(r, err)))
		return err->code;
	end.events = r->enc.events;
	end.samples = sampler_samples(r->sampler);
	if (trace_writer_end(r->w, &end, err))
		return err->code;
	summarize(r, &end);
	return trace_output_commit(&r->out, err);
}

/* They run in this order. A phase that fails ends the recording, and what was written stays. */
static const struct {
	const char *name;
	int (*run)(struct sampling *r, struct err *err);
} phases[] = {
	{ "open", phase_open },         { "begin", phase_begin }, { "live", phase_live },
	{ "snapshot", phase_snapshot }, { "close", phase_close },
};

static void sampling_free(struct sampling *r)
{
	alerts_free(r->alerts);
	heartbeat_free(r->heartbeat);
	sizelimit_free(r->size);
	trace_output_close(&r->out);
	sampler_free(r->sampler);
	snapshot_free(r->snap);
	encoder_free(&r->enc);
	intern_free(&r->intern);
	trace_writer_free(r->w);
	gobin_free(r->bin);
	target_close(&r->target);
	watch_close(&r->watch);
	free(r);
}

int sampling_run(const struct recorder_opts *opts, struct sampling_summary *sum, struct err *err)
{
	struct sampling *r = calloc(1, sizeof(*r));
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
	sampling_free(r);
	return ret;
}
