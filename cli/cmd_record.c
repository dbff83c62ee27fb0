// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "record/recorder.h"

#define RING_DEFAULT (32u << 20)

static const char usage[] =
        "usage: chanrec record -p PID [-o FILE] [-d SECONDS] [--events LIST]\n"
        "       chanrec record [-o FILE] [-d SECONDS] [--events LIST] -- CMD [ARGS...]\n"
        "\n"
        "Records what the goroutines of a Go program wait for and who wakes them.\n"
        "The program is not changed, restarted or stopped.\n"
        "\n"
        "  -p, --pid PID        the process (any of its threads)\n"
        "  -o, --output FILE    the trace (default: chanrec.trace.zst; -: stdout)\n"
        "  -d, --duration SECS  end after so long (1.5, 500ms, 2m); else at Ctrl-C\n"
        "      --events LIST    of sched,chan,sync,ops,run or default (sched,chan,sync),\n"
        "                       all, blocked (sched,sync). ops: every channel operation; costs much\n"
        "      --min-block DUR  leaves out waits shorter than DUR (1ms) and what ends them: much cheaper\n"
        "      --ring SIZE      of the ring buffer (default: 32M)\n"
        "      --no-ready-stacks  without the stacks of wakers and the causes of wake-ups: cheaper\n"
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

static int parse_size(const char *s, size_t *size)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);
	int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	size_t pow = 4096;

	if (end == s || (shift && end[1]) || (!shift && *end) || v > (1ul << 31) >> shift || !v)
		return -EINVAL;
	while (pow < v << shift)
		pow *= 2;
	*size = pow;
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
			if (parse_size(optarg, &o->ring_size))
				return usage_error(err, "not a size", optarg);
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
	fprintf(stderr, "chanrec: %s: %" PRIu64 " events in %.1f s, ", opts.output, sum.events,
	        (double)sum.duration / 1e9);
	print_bytes(stderr, sum.bytes);
	fprintf(stderr, ", %" PRIu64 " lost, %" PRIu64 " goroutines, %" PRIu64 " channels", sum.lost, sum.goroutines,
	        sum.channels);
	if (sum.missing)
		fprintf(stderr, ", %" PRIu64 " probes missing", sum.missing);
	if (sum.short_waits)
		fprintf(stderr, ", %" PRIu64 " short waits left out", sum.short_waits);
	fprintf(stderr, " (%s)\n", sum.reason);
	return EXIT_DONE;
}
