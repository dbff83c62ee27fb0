// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/options_shared.h"
#include "cli/reporting.h"
#include "record/encode/output.h"
#include "record/picture.h"
#include "report/render/fmt.h"
#include "report/render/out.h"

struct dump_args {
	struct report_args report;
	pid_t pid;
	const char *core, *exe;
	const char *output; /* NULL: the trace is not kept */
	bool force, labels, redact;
};

static const struct option_row subject[] = {
	OPTION_ROW_PID(struct dump_args, "Dump"),
	{ .name = "core",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct dump_args, core),
	  .help = "Dump the core file of a program: from the kernel, gcore or systemd-coredump (zstd)." },
	{ .name = "exe",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct dump_args, exe),
	  .help = "The executable of the core, if it is not where the core says." },
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct dump_args, output),
	  .help = "Keep the dump as a trace in FILE (- is stdout), for report, diff and the other commands; print "
	          "nothing unless --format asks for it. An existing trace is renamed to FILE.old." },
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct dump_args, force),
	  .help = "Also replace a FILE that is not a trace." },
	{ .name = "format",
	  .value = "NAME",
	  .kind = OPTION_CHOICE,
	  .choice = report_format_at,
	  OPTION_AT(struct dump_args, report.format),
	  .help = "What to print (default: traceback):" },
	{ .name = "labels",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct dump_args, labels),
	  .help = "Also read goroutine labels (pprof.Do). They are the program's own data." },
	{ .name = "redact",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct dump_args, redact),
	  .help = "Leave out the command line, the host name and directories, so that the dump can be shared." },
	{ .name = "no-pager",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct dump_args, report.out.no_pager),
	  .help = "Do not show text on a terminal through $PAGER." },
};

#define VIEW_BASE .base = offsetof(struct dump_args, report.view)

static const struct option_group groups[] = {
	{ OPTION_GROUP(subject) },
	{ OPTION_GROUP(report_subject), VIEW_BASE, .heading = "What to look at" },
	{ OPTION_GROUP(view_filters), VIEW_BASE },
	{ OPTION_GROUP(view_layout), VIEW_BASE, .heading = "How to show it" },
	{ OPTION_GROUP(report_layout), VIEW_BASE },
	{ 0 },
};

static int format_number(const struct output *wanted)
{
	int i = 0;

	while (output_at((size_t)i) != wanted)
		i++;
	return i;
}

static void warn_of_core(const struct dump_args *a, const struct picture_summary *sum)
{
	struct buf b = { 0 };

	if (sum->missing) {
		fmt_bytes(&b, sum->missing);
		fprintf(stderr,
		        "chanrec: warning: %s is truncated: %s of memory are missing, so it was not searched for what "
		        "is "
		        "unreachable\n",
		        a->core, buf_str(&b));
		buf_free(&b);
	}
	if (sum->unread)
		fprintf(stderr, "chanrec: warning: %s lacks the stack memory of %" PRIu64 " goroutines\n", a->core,
		        sum->unread);
	if (!sum->is_sure)
		fprintf(stderr,
		        "chanrec: warning: %s has no build id, so it is not certain that this is its executable\n",
		        a->core);
}

/* What a complete dump is not. */
static void warn(const struct dump_args *a, const struct picture_summary *sum)
{
	if (a->core)
		warn_of_core(a, sum);
	else if (sum->is_partial)
		fputs("chanrec: warning: the process ended while it was read; the dump has what was read until then\n",
		      stderr);
	else if (sum->unread)
		fprintf(stderr,
		        "chanrec: warning: %" PRIu64 " of %" PRIu64
		        " goroutines changed whenever they were read; only their states are known\n",
		        sum->unread, sum->goroutines);
}

static void say_written(const struct dump_args *a, const struct picture_summary *sum)
{
	struct buf b = { 0 };

	fmt_text(&b, a->output);
	fmt_raw(&b, " (");
	fmt_bytes(&b, sum->bytes);
	fmt_raw(&b, "): ");
	fmt_plural(&b, sum->goroutines, "goroutine");
	fmt_raw(&b, " in ");
	fmt_dur(&b, sum->duration);
	fprintf(stderr, "Wrote %s. Next: chanrec report %s\n", buf_str(&b), a->output);
	buf_free(&b);
}

static int take(const struct dump_args *a, int fd, struct picture_summary *sum, struct err *err)
{
	const struct picture_opts po = { .pid = a->pid,
		                         .core = a->core,
		                         .exe = a->exe,
		                         .labels = a->labels,
		                         .redact = a->redact,
		                         .search = a->output ||
		                                   output_at((size_t)a->report.format) != &output_traceback };

	if (picture_take(&po, fd, sum, err))
		return err->code;
	warn(a, sum);
	return 0;
}

/* -o: the trace is what was asked for. */
static int dump_to_file(struct dump_args *a, struct err *err)
{
	struct trace_output out;
	struct picture_summary sum;
	int ret = trace_output_open(&out, a->output, a->force, err);

	if (!ret)
		ret = trace_output_start(&out, err);
	if (!ret)
		ret = take(a, out.fd, &sum, err);
	if (!ret)
		ret = trace_output_commit(&out, err);
	trace_output_close(&out);
	if (ret)
		return EXIT_FAILED;
	if (!out.is_stdout)
		say_written(a, &sum);
	return a->report.format < 0 ? EXIT_DONE : report_file(&a->report, a->output, err);
}

static int dump_to_memory(struct dump_args *a, struct err *err)
{
	int fd = memfd_create("chanrec dump", MFD_CLOEXEC), ret = EXIT_FAILED;
	struct picture_summary sum;
	char path[64];

	if (fd < 0) {
		err_set(err, errno, "cannot create a file in memory: %s", strerror(errno));
		return EXIT_FAILED;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	a->report.name = "not kept (-o FILE keeps it)";
	if (!take(a, fd, &sum, err))
		ret = report_file(&a->report, path, err);
	close(fd);
	return ret;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct dump_args *a = opts;

	/* The trace is its own: the memory read bounds it. */
	a->report.view.opts.no_limit = true;
	if (rest->n) {
		err_set(err, EINVAL, "give a process with -p PID or a core file with --core FILE, not '%s'",
		        rest->v[0]);
		return EXIT_USAGE;
	}
	if (!a->pid == !a->core) {
		err_set(err, EINVAL, "give a process (-p PID) or a core file (--core FILE)%s",
		        a->pid ? ", not both" : "");
		return EXIT_USAGE;
	}
	if (a->exe && !a->core) {
		err_set(err, EINVAL, "--exe needs --core; with -p the executable is known");
		return EXIT_USAGE;
	}
	if (a->output && !strcmp(a->output, "-") && a->report.format >= 0) {
		err_set(err, EINVAL, "the trace goes to stdout (-o -), so nothing else can; leave out --format");
		return EXIT_USAGE;
	}
	if (a->output)
		return dump_to_file(a, err);
	if (a->report.format < 0)
		a->report.format = format_number(&output_traceback);
	return dump_to_memory(a, err);
}

const struct command command_dump = {
	.what = "show the goroutines of a running program or a core file as they are",
	.syntax = { .name = "dump",
	            .synopsis = "[OPTIONS] -p PID\n[OPTIONS] --core FILE [--exe FILE]",
	            .about =
	                    "Reads the goroutines of a running Go program from its memory: their stacks, what each "
	                    "waits for and since when. The program is not stopped, nothing in it is changed and no BPF "
	                    "is needed, only the permission to read its memory.",
	            .groups = groups },
	.defaults = &(const struct dump_args){ .report = { .view = VIEW_DEFAULTS, .format = -1 } },
	.opts_size = sizeof(struct dump_args),
	.run = run,
};
