// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "record/limit/sizelimit.h"
#include "record/recorder.h"

#define RING_DEFAULT (32u << 20)

static const char usage[] =
        "usage: chanrec record -p PID [-o FILE] [-d SECONDS] [--events LIST]\n"
        "       chanrec record [-o FILE] [-d SECONDS] [--events LIST] -- CMD [ARGS...]\n"
        "\n"
        "Records what the goroutines of a Go program wait for and who wakes them.\n"
        "The program is not changed, restarted or stopped.\n"
        "Ends with the exit status of CMD (128 + signal), when that ends by itself.\n"
        "\n"
        "  -p, --pid PID        the process (any of its threads)\n"
        "  -o, --output FILE    the trace (default: chanrec.trace.zst; -: stdout)\n"
        "  -d, --duration SECS  end after so long (1.5, 500ms, 2m); else at Ctrl-C\n"
        "      --events LIST    of sched,chan,sync,ops,run or default (sched,chan,sync),\n"
        "                       all, blocked (sched,sync). ops: every channel operation; costs much\n"
        "      --min-block DUR  leaves out waits shorter than DUR (1ms) and what ends them: much cheaper\n"
        "      --ring SIZE      of the ring buffer (default: 32M)\n"
        "      --max-size SIZE  the trace does not become larger (64K or more): less is recorded,\n"
        "                       then the recording ends\n"
        "      --max-overhead PERCENT  of the program's CPU time, for probes: else less is recorded\n"
        "      --no-ready-stacks  without the stacks of wakers and the causes of wake-ups: cheaper\n"
        "      --no-direct-reads  reads the program's memory with the kernel's helper alone: slower\n"
        "      --redact         without command line, host name and path prefixes,\n"
        "                       to be shown to strangers\n"
        "  -v, --verbose        what libbpf and the kernel say\n"
        "  -h, --help           this text\n";

static int usage_error(struct err *err, const char *what, const char *arg)
{
	err_set(err, EINVAL, "%s%s%s; see chanrec record --help", what, arg ? ": " : "", arg ? arg : "");
	return EXIT_USAGE;
}

static int parse_duration(const char *s, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 },  { "ms", 1e6 },  { "us", 1e3 },
		      { "ns", 1 }, { "m", 60e9 }, { "h", 3600e9 } };
	char *end;
	double v = strtod(s, &end);

	if (end == s || !(v > 0) || v > 1e9)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0) {
			*ns = (uint64_t)(v * units[i].ns);
			return *ns ? 0 : -EINVAL;
		}
	}
	return -EINVAL;
}

/* Bytes, with K, M or G; at most `max`. */
static int parse_size(const char *s, uint64_t max, uint64_t *size)
{
	char *end;
	uint64_t v = strtoull(s, &end, 10);
	int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (end == s || (shift && end[1]) || (!shift && *end) || v > max >> shift || !v)
		return -EINVAL;
	*size = v << shift;
	return 0;
}

static int parse_ring(const char *s, size_t *size)
{
	uint64_t wanted;
	size_t pow = 4096;

	if (parse_size(s, 1u << 31, &wanted))
		return -EINVAL;
	while (pow < wanted)
		pow *= 2;
	*size = pow;
	return 0;
}

/* "20", "2.5", "20%" to millionths. */
static int parse_percent(const char *s, uint32_t *share)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || (*end && strcmp(end, "%") != 0) || !(v >= 0.01) || v > 100)
		return -EINVAL;
	*share = (uint32_t)(v * 1e4 + 0.5);
	return 0;
}

static int parse_options(int argc, char **argv, struct recorder_opts *o, struct err *err)
{
	static const struct option longs[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{ "duration", required_argument, NULL, 'd' },
		{ "events", required_argument, NULL, 'e' },
		{ "ring", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "redact", no_argument, NULL, 'x' },
		{ "no-ready-stacks", no_argument, NULL, 'R' },
		{ "no-direct-reads", no_argument, NULL, 'D' },
		{ "max-size", required_argument, NULL, 'S' },
		{ "max-overhead", required_argument, NULL, 'O' },
		{ "help", no_argument, NULL, 'h' },
		{ "min-block", required_argument, NULL, 'm' },
		{ 0 },
	};
	char *end;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "+p:o:d:vh", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->pid = (pid_t)strtol(optarg, &end, 10);
			if (*end || o->pid <= 0)
				return usage_error(err, "not a process id", optarg);
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'd':
			if (parse_duration(optarg, &o->duration))
				return usage_error(err, "not a duration", optarg);
			break;
		case 'e':
			if (args_events(optarg, &o->events))
				return usage_error(err, "no such events", optarg);
			break;
		case 'm':
			if (parse_duration(optarg, &o->min_block))
				return usage_error(err, "not a duration", optarg);
			break;
		case 'r':
			if (parse_ring(optarg, &o->ring_size))
				return usage_error(err, "not a size", optarg);
			break;
		case 'S':
			if (parse_size(optarg, 1ull << 42, &o->max_size) || o->max_size < SIZELIMIT_LEAST)
				return usage_error(err, "not a size of at least 64K", optarg);
			break;
		case 'O':
			if (parse_percent(optarg, &o->max_overhead))
				return usage_error(err, "not a share of 0.01 to 100 percent", optarg);
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'x':
			o->redact = true;
			break;
		case 'R':
			o->no_ready_stacks = true;
			break;
		case 'D':
			o->no_direct_reads = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return -1;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		o->argv = &argv[optind];
	if (!o->pid == !o->argv)
		return usage_error(err, "either -p PID or a command is needed, not both", NULL);
	return 0;
}

static void print_bytes(FILE *f, uint64_t n)
{
	if (n < 10000)
		fprintf(f, "%" PRIu64 " B", n);
	else if (n < 10000000)
		fprintf(f, "%.1f kB", (double)n / 1e3);
	else
		fprintf(f, "%.1f MB", (double)n / 1e6);
}

/* "for 2.1 s, first at 0.3 s" of what was left out for one limit. */
static void print_left_out(const struct recorder_summary *sum, enum shed_limit by)
{
	static const char *const what[SHED_STEPS] = { [SHED_READY_STACKS] = "stacks of wake-ups",
		                                      [SHED_STACKS] = "stacks of waits",
		                                      [SHED_SHORT] = "waits shorter than 1 ms",
		                                      [SHED_WAITS] = "waits and wake-ups",
		                                      [SHED_PROBES] = "their probes" };
	static const char *const option[SHED_LIMITS] = { [SHED_BY_SIZE] = "--max-size",
		                                         [SHED_BY_OVERHEAD] = "--max-overhead",
		                                         [SHED_BY_RING] = "room in the ring" };
	bool any = false;

	for (int i = 0; i < SHED_STEPS; i++) {
		const struct shed_span *span = &sum->left_out_from[by][i];

		if (!what[i] || !span->total)
			continue;
		fprintf(stderr, "%s%s%s %s for %.1f s from %.1f s on", any ? "" : "chanrec: left out for ",
		        any ? "" : option[by], any ? "," : ":", what[i], (double)span->total / 1e9,
		        (double)span->first / 1e9);
		any = true;
	}
	if (any)
		fputc('\n', stderr);
}

static void print_command_end(const struct recorder_summary *sum)
{
	if (!sum->has_status)
		return;
	if (WIFSIGNALED(sum->status))
		fprintf(stderr, "; the command was ended by signal %d, %s", WTERMSIG(sum->status),
		        strsignal(WTERMSIG(sum->status)));
	else
		fprintf(stderr, "; the command's exit status is %d", WEXITSTATUS(sum->status));
}

/* That of a command that ended by itself, as a shell tells it. */
static int exit_code(const struct recorder_summary *sum)
{
	if (!sum->has_status)
		return EXIT_DONE;
	return WIFSIGNALED(sum->status) ? 128 + WTERMSIG(sum->status) : WEXITSTATUS(sum->status);
}

static void print_summary(const struct recorder_opts *opts, const struct recorder_summary *sum)
{
	for (int by = 0; by < SHED_LIMITS; by++)
		print_left_out(sum, by);
	fprintf(stderr, "chanrec: %s: %" PRIu64 " events in %.1f s, ", opts->output, sum->events,
	        (double)sum->duration / 1e9);
	print_bytes(stderr, sum->bytes);
	fprintf(stderr, ", %" PRIu64 " lost, ", sum->lost);
	if (sum->left_out)
		fprintf(stderr, "%" PRIu64 " left out, ", sum->left_out);
	fprintf(stderr, "%" PRIu64 " goroutines, %" PRIu64 " channels", sum->goroutines, sum->channels);
	if (sum->missing)
		fprintf(stderr, ", %" PRIu64 " probes missing", sum->missing);
	if (sum->short_waits)
		fprintf(stderr, ", %" PRIu64 " short waits left out", sum->short_waits);
	if (sum->has_overhead)
		fprintf(stderr, ", probes took %.1f %% of its CPU time (at most %.1f %%)", sum->overhead / 1e4,
		        sum->overhead_max / 1e4);
	if (sum->halted)
		fprintf(stderr, ", stopped or frozen for %.1f s", (double)sum->halted / 1e9);
	fprintf(stderr, " (%s", sum->reason);
	print_command_end(sum);
	fputs(")\n", stderr);
}

int cmd_record(int argc, char **argv, struct err *err)
{
	struct recorder_opts opts = { .output = "chanrec.trace.zst",
		                      .events = ARGS_EVENTS_DEFAULT,
		                      .ring_size = RING_DEFAULT };
	struct recorder_summary sum;
	int ret = parse_options(argc, argv, &opts, err);

	if (ret)
		return ret < 0 ? EXIT_DONE : ret;
	if (recorder_run(&opts, &sum, err))
		return EXIT_FAILED;
	print_summary(&opts, &sum);
	return exit_code(&sum);
}
