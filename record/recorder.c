// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "format/trace.h"
#include "record/encode/encode.h"
#include "record/encode/output.h"
#include "record/goread/layoutcheck.h"
#include "record/header.h"
#include "record/heartbeat.h"
#include "record/limit/deferred.h"
#include "record/limit/limits.h"
#include "record/probe/probes.h"
#include "record/quiesce.h"
#include "record/snapshot.h"
#include "record/target/launch.h"
#include "record/target/target.h"
#include "util/clock.h"

#define TICK_MS 5                        /* how often the ring is drained */
#define DRAIN_BATCH 100000               /* records before other work gets its turn */
#define SIZE_BATCH 128                   /* records before the size of the trace is looked at */
#define SNAPSHOT_LIMIT_NS 10000000000ull /* a last snapshot that takes longer is cut short */

struct recorder {
	const struct recorder_opts *opts;
	struct target target;
	struct gobin *bin;
	uint64_t bias;
	struct probes probes;
	struct output out;
	struct trace_writer *w;
	struct intern intern;
	struct encoder enc;
	struct go_layout layout;
	struct layout_check check;
	struct gread_env env;
	struct snapshot snap;
	struct launch launch;
	int sigfd;
	bool launched, exited;
	bool interrupted;   /* a signal asked for the end */
	bool execed;        /* the process lives on as another program */
	bool is_next;       /* what the ring has from here on is of that */
	uint32_t mains;     /* first goroutines of a program that were created */
	const char *reason; /* why the recording ends; NULL: it does not */
	uint64_t deadline;  /* CLOCK_MONOTONIC ns, 0: none */
	uint64_t batch;
	struct deferred deferred;
	struct heartbeat heartbeat;
	struct limits limits;
	bool full; /* the trace has reached its size: no more events */
	uint64_t first_goroutines;
	struct err err; /* of the drain, whose callback has no other way */
};

static int open_signals(struct recorder *r, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->sigfd < 0)
		return err_set(err, errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

static int open_target(struct recorder *r, struct err *err)
{
	pid_t pid = r->opts->pid;

	if (r->opts->argv) {
		if (launch_start(&r->launch, r->sigfd, r->opts->argv, err))
			return err->code;
		r->launched = true;
		pid = r->launch.pid;
	}
	if (target_open(&r->target, pid, err))
		return err->code;
	if (gobin_open(&r->bin, r->target.exe, err))
		return target_explain(&r->target, err);
	return target_bias(&r->target, &r->bias, err);
}

static int attach(struct recorder *r, struct err *err)
{
	struct probes_opts po = { .events = r->opts->events,
		                  .ring_size = r->opts->ring_size,
		                  .verbose = r->opts->verbose,
		                  .no_ready_stacks = r->opts->no_ready_stacks,
		                  .no_direct_reads = r->opts->no_direct_reads };

	if (gobin_layout(r->bin, &r->layout, err))
		return err->code;
	layout_check_init(&r->check, &r->target, r->bin, &r->layout, r->bias);
	/* One that has not run yet has nothing to look at: later, in record_loop(). */
	if (!r->launched && !r->layout.own && layout_check_run(&r->check, err))
		return err->code;
	if (probes_plan(&r->probes, r->bin, &r->layout, r->opts->events, err) ||
	    probes_attach(&r->probes, &r->target, r->bin, r->bias, &po, err))
		return err->code;
	return overhead_init(&r->limits.overhead, r->opts->max_overhead, &r->probes, r->target.pid, err);
}

static int write_header(struct recorder *r, struct err *err)
{
	const struct header_of of = { .opts = r->opts,
		                      .target = &r->target,
		                      .bin = r->bin,
		                      .probes = &r->probes,
		                      .layout = &r->layout,
		                      .is_checked = r->check.done,
		                      .epoch = r->enc.epoch };

	return header_write(&r->w, r->out.fd, &of, err);
}

/*
 * Whether the process has executed its own file again: the probes are in that
 * too, and what they tell is of other goroutines with the same numbers.
 */
static bool is_next_program(struct recorder *r, const struct ring_hdr *h, size_t len)
{
	const struct ring_create *c = (const void *)h;

	if (h->type == RING_CREATE && len >= sizeof(*c) && c->child == 1)
		r->is_next = !r->launched || r->mains++ > 0;
	return r->is_next;
}

/* Whether err only says that the trace has reached its size, which ends the recording well. */
static bool is_full(struct recorder *r, struct err *err)
{
	if (err->code != -EFBIG || !r->opts->max_size)
		return false;
	memset(err, 0, sizeof(*err));
	r->full = true;
	if (!r->reason)
		r->reason = "the trace has reached its size limit";
	return true;
}

/* One record of the ring into the trace. */
static int write_ring(struct recorder *r, const void *data, size_t len, struct err *err)
{
	const struct ring_hdr *h = data;
	int fits = sizelimit_fits(&r->limits.size, r->w, err);

	if (fits <= 0)
		return fits ? fits : err_set(err, EFBIG, "no room");
	/* What the ring holds may be more than the file. */
	if (r->opts->max_size && r->batch % SIZE_BATCH == 0 && limits_size_step(&r->limits, r->w, err))
		return err->code;
	if (limits_drop(&r->limits, data, len))
		return 0;
	if (len >= sizeof(*h) && h->time && snapshot_pending(&r->snap) && snapshot_flush(&r->snap, h->time, err))
		return err->code;
	return encoder_ring(&r->enc, data, len, err);
}

static int on_ring(void *arg, void *data, size_t len)
{
	struct recorder *r = arg;

	if (len >= sizeof(struct ring_hdr) && is_next_program(r, data, len))
		return 0;
	if (!r->full && write_ring(r, data, len, &r->err) && !is_full(r, &r->err))
		return -EIO;
	if (r->full)
		losses_drop(&r->limits.losses, data, len);
	/* A full ring could keep us here for ever. */
	return ++r->batch % DRAIN_BATCH ? 0 : -EAGAIN;
}

static int drain(struct recorder *r, struct err *err)
{
	uint64_t before = mono_ns();
	int ret = probes_drain(&r->probes);

	if (ret < 0 && ret != -EAGAIN && ret != -EINTR) {
		if (r->err.code)
			*err = r->err;
		else
			err_set(err, -ret, "cannot read the ring buffer: %s", strerror(-ret));
		return err->code;
	}
	/* The ring was empty: what happened before is all written. */
	return ret >= 0 ? snapshot_flush(&r->snap, before, err) : 0;
}

static void on_signal(struct recorder *r)
{
	struct signalfd_siginfo si;

	while (read(r->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			if (r->launched)
				launch_reap(&r->launch);
			continue;
		}
		r->interrupted = true;
		if (!r->reason)
			r->reason = si.ssi_signo == SIGINT    ? "interrupted"
			            : si.ssi_signo == SIGTERM ? "terminated"
			                                      : "hung up";
	}
}

static void wait_tick(struct recorder *r)
{
	struct pollfd p[] = { { .fd = r->sigfd, .events = POLLIN }, { .fd = r->target.pidfd, .events = POLLIN } };

	/* A snapshot in the making is work enough. */
	poll(p, 2, r->snap.done ? TICK_MS : 0);
	if (p[0].revents)
		on_signal(r);
	if (p[1].revents || (r->target.pidfd < 0 && !target_alive(&r->target))) {
		r->exited = true;
		r->reason = r->layout.own || r->check.done ? "the program exited"
		                                           : "the program exited before its offsets could be checked";
	} else if (r->is_next || target_execed(&r->target)) {
		r->execed = r->exited = true;
		r->reason = "the program executed another program";
	}
	if (!r->reason && r->deadline && mono_ns() >= r->deadline)
		r->reason = "the time limit was reached";
}

static uint64_t goroutines_now(const struct recorder *r)
{
	uint64_t all = (r->snap.done ? r->first_goroutines : r->snap.n) + r->enc.count[TRACE_GO_CREATE];
	uint64_t gone = r->enc.count[TRACE_GO_EXIT];

	return all > gone ? all - gone : 0;
}

static int record_step(struct recorder *r, struct err *err)
{
	if (!r->layout.own && !r->check.done && layout_check_step(&r->check, err))
		return err->code;
	if (drain(r, err) || snapshot_step(&r->snap, err) || heartbeat_step(&r->heartbeat, err))
		return err->code;
	if (r->snap.done && !r->first_goroutines) {
		r->first_goroutines = r->snap.goroutines;
		probes_started(&r->probes);
	}
	return limits_step(&r->limits, r->w, goroutines_now(r), err);
}

static int record_loop(struct recorder *r, struct err *err)
{
	while (!r->reason) {
		wait_tick(r);
		if (record_step(r, err) && !is_full(r, err))
			return err->code;
	}
	return 0;
}

/* The waits that were held back and go on. */
static int take_held(struct recorder *r, struct err *err)
{
	int ret;

	if (r->full)
		return 0;
	probes_closing(&r->probes);
	do {
		ret = probes_drain(&r->probes);
	} while (ret == -EAGAIN);
	if (r->err.code) {
		*err = r->err;
		return err->code;
	}
	if (r->exited || !target_alive(&r->target))
		return deferred_take_dead(&r->probes, &r->enc, err);
	return deferred_take(&r->probes, &r->env, &r->enc, err);
}

static int last_snapshot(struct recorder *r, struct err *err)
{
	uint64_t limit = mono_ns() + SNAPSHOT_LIMIT_NS;

	if (!r->first_goroutines)
		r->first_goroutines = r->snap.goroutines;
	if (r->exited || !target_alive(&r->target))
		return 0;
	if (snapshot_begin(&r->snap, 1, err))
		return err->code;
	while (!r->snap.done) {
		sizelimit_expect(&r->limits.size, r->w, r->snap.n - r->snap.at);
		if (snapshot_step(&r->snap, err) || drain(r, err))
			return err->code;
		if (mono_ns() > limit && !r->snap.is_searching) {
			r->snap.unread += r->snap.n - r->snap.at;
			r->snap.at = r->snap.n;
			r->snap.partial = true;
		}
	}
	return 0;
}

static int note_exit(struct recorder *r, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_PROC_EXIT, .time = (int64_t)(mono_ns() - r->enc.epoch) };

	if (r->launched)
		launch_reap(&r->launch);
	rec.proc_exit.known = r->launched && r->launch.ended && r->launch.pid == r->launch.child;
	rec.proc_exit.status = rec.proc_exit.known ? r->launch.status : 0;
	return encoder_write(&r->enc, &rec, err);
}

static void summarize(struct recorder *r, const struct trace_end *end, struct recorder_summary *sum)
{
	sum->events = end->events;
	sum->lost = end->lost;
	sum->bytes = trace_writer_bytes(r->w);
	sum->goroutines = r->first_goroutines + r->enc.count[TRACE_GO_CREATE];
	sum->channels = r->intern.nchans;
	sum->duration = end->duration;
	sum->reason = r->reason;
	sum->short_waits = r->deferred.count;
	sum->halted = r->heartbeat.proc.halted;
	sum->left_out = r->limits.losses.left_out;
	memcpy(sum->left_out_from, r->limits.shed.spans, sizeof(sum->left_out_from));
	sum->has_overhead = end->has_overhead;
	sum->overhead = end->overhead;
	sum->overhead_max = end->overhead_max;
	sum->missing = plan_count(&r->probes.plan, PROBE_MISSING);
}

/* The ring's rest, and what of the snapshot waits for it. */
static int drain_rest(struct recorder *r, struct err *err)
{
	int ret;

	do {
		ret = probes_drain(&r->probes);
	} while (ret == -EAGAIN);
	if (r->err.code) {
		*err = r->err;
		return err->code;
	}
	if (!snapshot_flush(&r->snap, UINT64_MAX, err))
		return 0;
	return is_full(r, err) ? snapshot_cut(&r->snap, err) : err->code;
}

/* Everything stops at one moment; then what is in the ring is written. */
static int close_recording(struct recorder *r, struct recorder_summary *sum, struct err *err)
{
	struct trace_end end = { 0 };

	/* What comes after events for which there was no room would be out of order. */
	if (r->full) {
		probes_disable(&r->probes);
		if (drain_rest(r, err))
			return err->code;
	}
	if (((!r->full && take_held(r, err)) || last_snapshot(r, err)) &&
	    (!is_full(r, err) || snapshot_cut(&r->snap, err)))
		return err->code;
	probes_disable(&r->probes);
	end.duration = (int64_t)(mono_ns() - r->enc.epoch);
	if (drain_rest(r, err) || losses_note(&r->limits.losses, err) ||
	    (heartbeat_end(&r->heartbeat, r->exited, err) && !is_full(r, err)))
		return err->code;
	if (r->exited && note_exit(r, err))
		return err->code;
	shed_account(&r->limits.shed);
	end.events = r->enc.events;
	end.lost = r->limits.losses.lost;
	end.target_exited = r->exited;
	end.reason = r->reason;
	end.has_overhead = r->opts->max_overhead != 0;
	end.overhead = overhead_share(&r->limits.overhead);
	end.overhead_max = r->limits.overhead.most;
	if (trace_writer_end(r->w, &end, err))
		return err->code;
	summarize(r, &end, sum);
	return output_commit(&r->out, err);
}

/* The probes are on, and all that happens from here on is told of by them. */
static int quiesce_target(struct recorder *r, struct err *err)
{
	struct quiesce s;
	int ret = 0;

	quiesce_begin(&s, r->target.pid);
	while (!ret && !quiesce_step(&s))
		ret = drain(r, err);
	quiesce_end(&s);
	return ret;
}

static int begin_recording(struct recorder *r, struct err *err)
{
	if (intern_init(&r->intern, r->bin, r->bias, NULL, err) ||
	    gread_env_init(&r->env, &r->target, r->bin, &r->intern.layout, r->bias, err))
		return err->code;
	r->intern.redact = r->opts->redact;
	if (probes_open_ring(&r->probes, on_ring, r, err))
		return err->code;
	encoder_init(&r->enc, &r->intern, mono_ns());
	if (snapshot_init(&r->snap, &r->env, &r->enc, err))
		return err->code;
	if (probes_set_min_block(&r->probes, r->opts->min_block, err))
		return err->code;
	if (r->opts->duration)
		r->deadline = r->enc.epoch + r->opts->duration;
	limits_begin(&r->limits,
	             &(struct limits_opts){ r->opts->max_size, r->opts->max_overhead, r->deadline, r->opts->events,
	                                    r->opts->min_block },
	             &r->probes, &r->enc, &r->deferred);
	/* Whoever sees the header in the file may rely on the recording. */
	probes_enable(&r->probes);
	if (output_start(&r->out, err) || write_header(r, err))
		return err->code;
	r->intern.w = r->enc.w = r->w;
	if (r->launched && launch_go(&r->launch, err))
		return err->code;
	heartbeat_begin(&r->heartbeat, r->target.pid, &r->enc, &r->deferred, &r->probes, &r->limits.size);
	if (!r->launched && quiesce_target(r, err))
		return err->code;
	return snapshot_begin(&r->snap, 0, err);
}

/* A command whose program is gone runs to its end, whose status is the user's; else it ends with the recording. */
static void end_command(struct recorder *r, struct recorder_summary *sum)
{
	if (!r->exited) {
		launch_end(&r->launch);
	} else if (!r->interrupted) {
		/* The number may be another process's by now. */
		if (!r->execed)
			r->launch.pid = 0;
		sum->has_status = launch_wait(&r->launch);
		sum->status = r->launch.status;
	}
}

int recorder_run(const struct recorder_opts *opts, struct recorder_summary *sum, struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return err_nomem(err);
	memset(sum, 0, sizeof(*sum));
	r->opts = opts;
	r->sigfd = r->target.pidfd = r->target.mem = r->out.fd = -1;
	ret = open_signals(r, err);
	if (!ret)
		ret = output_open(&r->out, opts->output, err);
	if (!ret)
		ret = open_target(r, err);
	if (!ret)
		ret = attach(r, err);
	if (!ret)
		ret = begin_recording(r, err);
	if (!ret)
		ret = record_loop(r, err);
	if (!ret)
		ret = close_recording(r, sum, err);
	limits_free(&r->limits);
	probes_free(&r->probes);
	output_close(&r->out);
	if (r->launch.child > 0)
		end_command(r, sum);
	snapshot_free(&r->snap);
	encoder_free(&r->enc);
	intern_free(&r->intern);
	trace_writer_free(r->w);
	gobin_free(r->bin);
	target_close(&r->target);
	if (r->sigfd >= 0)
		close(r->sigfd);
	free(r);
	return ret;
}
