// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/alertline.h"
#include "cli/command.h"
#include "cli/options_shared.h"
#include "cli/summary.h"
#include "cli/tracefile.h"
#include "cli/value.h"
#include "record/alert/alert.h"
#include "record/inline/inline.h"
#include "record/limit/sizelimit.h"
#include "record/recorder.h"
#include "record/sampling.h"

/* rec comes first: the rows of options are written for it. */
struct record_args {
	struct recorder_opts rec;
	bool clean;
};

#define RING_DEFAULT (32u << 20)
#define RING_MIN (64u << 10)
#define RING_MAX (1u << 31)
#define SIZE_MAX_TRACE (1ull << 42)
#define ALERT_LEAST 100000000ull /* ns */
#define SEARCH_DEFAULT_NS 1000000000ull
#define SEARCH_MOST_NS (3600 * 1000000000ull)

static int set_events(void *opts, const char *s)
{
	return value_events(s, &((struct recorder_opts *)opts)->events);
}

/* The kernel wants a power of two. */
static int set_ring(void *opts, const char *s)
{
	struct recorder_opts *o = opts;
	uint64_t wanted = 0;
	size_t size = RING_MIN;
	int ret = value_size(s, &wanted);

	if (ret || wanted < RING_MIN || wanted > RING_MAX)
		return ret ? ret : -ERANGE;
	while (size < wanted)
		size *= 2;
	o->ring_size = size;
	return 0;
}

static const char *probing_at(size_t i, const char **help)
{
	static const struct {
		const char *name, *help;
	} ways[] = {
		[PROBING_UPROBE] = { "uprobe", "by the kernel (default)" },
		[PROBING_INLINE] = { "inline", "jumps written into the program's code: much cheaper; experimental" },
		[PROBING_AUTO] = { "auto", "inline if doctor finds nothing against it, otherwise uprobe" },
	};

	if (i >= sizeof(ways) / sizeof(ways[0]))
		return NULL;
	if (help)
		*help = ways[i].help;
	return ways[i].name;
}

static int set_alert_on(void *opts, const char *s)
{
	return alertline_parse_on(s, &((struct recorder_opts *)opts)->alert.on);
}

static int set_overhead(void *opts, const char *s)
{
	return value_percent(s, &((struct recorder_opts *)opts)->max_overhead);
}

static const struct option_row subject[] = {
	OPTION_ROW_PID(struct recorder_opts, "Record"),
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct recorder_opts, output),
	  .help = "Write the trace to FILE (default: " TRACEFILE_DEFAULT
	          "; - is stdout). An existing trace is renamed to FILE.old." },
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, force),
	  .help = "Also replace a FILE that is not a trace." },
	{ .name = "duration",
	  .letter = 'd',
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  .min = 1,
	  OPTION_AT(struct recorder_opts, duration),
	  .help = "Stop after TIME: seconds, or a number with a unit (1.5, 500ms, 2m). Without it, Ctrl-C stops." },
	{ .name = "sample",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  .min = SAMPLING_LEAST,
	  .max = SAMPLING_MOST,
	  .expected = "a time from 10ms to 60m",
	  OPTION_AT(struct recorder_opts, sample),
	  .help = "Set no probes; read all goroutines every TIME (10ms to 60m). Shows what is stuck, grows or waits "
	          "long, not who woke whom. Needs no BPF." },
	OPTION_ROW_EVENTS(set_events, "What to record"),
	{ .name = "labels",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, labels),
	  .help = "Record goroutine labels (pprof.Do). They are the program's own data." },
	{ .name = "redact",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, redact),
	  .help = "Leave out the command line, the host name, directories and the values of labels, so that the "
	          "trace can be shared." },
};

static const struct option_row cost[] = {
	{ .name = "probes",
	  .value = "HOW",
	  .kind = OPTION_CHOICE,
	  OPTION_AT(struct recorder_opts, probing),
	  .choice = probing_at,
	  .help = "How probes are set:" },
	{ .name = "min-block",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  .min = 1,
	  OPTION_AT(struct recorder_opts, min_block),
	  .help = "Leave out waits shorter than TIME (such as 1ms) and their wake-ups: much cheaper." },
	{ .name = "search-time",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  .max = SEARCH_MOST_NS,
	  OPTION_AT(struct recorder_opts, search_time),
	  .help = "Search the program's memory for unreachable goroutines for at most TIME at the end (default: 1s; "
	          "0: no search)." },
	{ .name = "max-overhead",
	  .value = "PERCENT",
	  .kind = OPTION_SET,
	  .set = set_overhead,
	  .expected = "a percentage from 0.01 to 100",
	  .help = "Record less when probes take more than PERCENT of the program's CPU time. With --sample: take "
	          "samples less often when they need more than PERCENT of one CPU (default: 10)." },
	{ .name = "max-size",
	  .value = "SIZE",
	  .kind = OPTION_SIZE,
	  .min = SIZELIMIT_LEAST,
	  .max = SIZE_MAX_TRACE,
	  .expected = "a size from 64K to 4096G",
	  OPTION_AT(struct recorder_opts, max_size),
	  .help = "Keep the trace below SIZE (64K or more): record less, then stop." },
	{ .name = "ring",
	  .value = "SIZE",
	  .kind = OPTION_SET,
	  .set = set_ring,
	  .expected = "a size from 64K to 2G",
	  .help = "Size of the ring buffer (default: 32M); a larger one survives longer bursts." },
	{ .name = "no-ready-stacks",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, no_ready_stacks),
	  .help = "Record no stacks of wakers and no causes of wake-ups: cheaper." },
	{ .name = "no-direct-reads",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, no_direct_reads),
	  .help = "Read the program's memory through the kernel helper only: slower." },
};

static const struct option_row alerts[] = {
	{ .name = "alert",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  .min = ALERT_LEAST,
	  .expected = "a time of 100ms or more",
	  OPTION_AT(struct recorder_opts, alert.after),
	  .help = "Print a line when a goroutine has waited for a channel or a lock for longer than TIME. Normal "
	          "waits are left out: for the network and timers, and those of idle workers." },
	{ .name = "alert-on",
	  .value = "REASONS",
	  .kind = OPTION_SET,
	  .set = set_alert_on,
	  .choice = alertline_on_at,
	  .help = "Alert only for these waits, separated by commas (default: channel,lock):" },
	{ .name = "alert-exec",
	  .value = "CMD",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct recorder_opts, alert.exec),
	  .help = "Run the program CMD at each alert; the variables CHANREC_ALERT_... describe the alert." },
	{ .name = "alert-exit",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct recorder_opts, alert.exits),
	  .help = "Stop at the first alert." },
};

static const struct option_row talk[] = {
	{ .name = "clean",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct record_args, clean),
	  .help = "Record nothing; remove what a recorder with --probes inline left in PID when it was killed." },
	OPTION_ROW_VERBOSE(struct recorder_opts),
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(subject) },
	{ OPTION_GROUP(cost), .heading = "Cost and limits" },
	{ OPTION_GROUP(alerts), .heading = "Alerts" },
	{ OPTION_GROUP(talk), .heading = "Other options" },
	{ 0 },
};

static int clean(pid_t pid, struct err *err)
{
	struct inline_left left;

	if (inline_clean(&left, pid, err))
		return EXIT_FAILED;
	if (left.is_found)
		fprintf(stderr, "Removed what a recorder had left: %u jumps, its code and its memory.\n", left.nsites);
	else
		fprintf(stderr, "Nothing to remove.\n");
	return EXIT_DONE;
}

/* The first option given that needs probes; NULL: none. */
static const char *needs_probes(const struct record_args *args)
{
	const struct recorder_opts *o = &args->rec;
	const struct {
		bool is_given;
		const char *name;
	} v[] = {
		{ args->clean, "--clean" },
		{ o->argv != NULL, "CMD" },
		{ o->events != EVENTS_DEFAULT, "--events" },
		{ o->probing != PROBING_UPROBE, "--probes" },
		{ o->min_block, "--min-block" },
		{ o->ring_size != RING_DEFAULT, "--ring" },
		{ o->no_ready_stacks, "--no-ready-stacks" },
		{ o->no_direct_reads, "--no-direct-reads" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i].is_given)
			return v[i].name;
	return NULL;
}

static int sample(const struct recorder_opts *o, struct err *err)
{
	struct sampling_summary sum;

	if (sampling_run(o, &sum, err))
		return EXIT_FAILED;
	summary_print_samples(o, &sum, stderr);
	return EXIT_DONE;
}

/* False: an option that needs --alert was given without --alert. */
static bool is_alert_whole(struct alert_opts *a, struct err *err)
{
	if (!a->after && (a->on || a->exec || a->exits)) {
		err_set(err, EINVAL, "%s needs --alert TIME",
		        a->on     ? "--alert-on"
		        : a->exec ? "--alert-exec"
		                  : "--alert-exit");
		return false;
	}
	if (!a->on)
		a->on = alert_classes();
	a->say = alertline_say;
	return true;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct record_args *args = opts;
	struct recorder_opts *o = &args->rec;
	struct recorder_summary sum;

	o->argv = rest->n ? rest->v : NULL;
	if (!o->pid == !o->argv) {
		err_set(err, EINVAL, "give a process (-p PID) or a command (-- CMD)%s", o->pid ? ", not both" : "");
		return EXIT_USAGE;
	}
	if (!is_alert_whole(&o->alert, err))
		return EXIT_USAGE;
	if (args->clean && !o->pid) {
		err_set(err, EINVAL, "--clean needs a process (-p PID)");
		return EXIT_USAGE;
	}
	if (o->sample && needs_probes(args)) {
		err_set(err, EINVAL, "--sample sets no probes, so %s makes no sense with it%s", needs_probes(args),
		        o->argv ? "; start the command first, then give its pid with -p" : "");
		return EXIT_USAGE;
	}
	if (args->clean)
		return clean(o->pid, err);
	if (o->sample)
		return sample(o, err);
	if (recorder_run(o, &sum, err))
		return EXIT_FAILED;
	summary_print(o, &sum, stderr);
	return summary_exit_code(&sum);
}

const struct command command_record = {
	.what = "record a running Go program, or start one and record it",
	.syntax = { .name = "record",
	            .synopsis = "[OPTIONS] -p PID\n[OPTIONS] -- CMD [ARGS...]",
	            .about = "Records what the goroutines of a Go program wait for and who wakes them. The program is "
	                     "not restarted, nor, without --probes inline, changed or stopped.\n\n"
	                     "With CMD, exits with the status of CMD (128 + signal) if CMD ends by itself.",
	            .groups = groups,
	            .stops_at_operand = true },
	.defaults = &(const struct record_args){ .rec = { .output = TRACEFILE_DEFAULT,
	                                                  .events = EVENTS_DEFAULT,
	                                                  .ring_size = RING_DEFAULT,
	                                                  .search_time = SEARCH_DEFAULT_NS } },
	.opts_size = sizeof(struct record_args),
	.run = run,
};
