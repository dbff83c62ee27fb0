// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/outfile.h"
#include "cli/seen.h"
#include "cli/vet_baseline.h"
#include "vet/report/report.h"

#define THREADS_MAX 64

struct vet_args {
	struct vet_opts vet;
	struct outfile_opts out;
	int format; /* of vet_output_at() */
	int confidence;
	const char *explain;
	const char *trace;
	const char *baseline, *write_baseline;
	uint32_t threads;
};

static const char *format_at(size_t i, const char **help)
{
	const struct vet_output *o = vet_output_at(i);

	*help = o ? o->help : NULL;
	return o ? o->name : NULL;
}

static const char *confidence_at(size_t i, const char **help)
{
	static const char *const helps[] = { "everything, including what may be intended",
		                             "what is most likely a defect (default)", "only what is certain" };

	*help = i <= CONFIDENCE_CERTAIN ? helps[i] : NULL;
	return i <= CONFIDENCE_CERTAIN ? confidence_name((enum confidence)i) : NULL;
}

static const struct option_row rows[] = {
	{ .name = "explain",
	  .value = "ID",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct vet_args, explain),
	  .help = "Explain a check: what happens, why, and how to repair it. \"all\" lists the checks." },
	{ .name = "confidence",
	  .value = "HOW",
	  .kind = OPTION_CHOICE,
	  .choice = confidence_at,
	  OPTION_AT(struct vet_args, confidence),
	  .help = "What to report:" },
	{ .name = "trace",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct vet_args, trace),
	  .help = "Compare with a trace of the program: findings where goroutines were blocked come first, those "
	          "that it refutes last." },
	{ .name = "baseline",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct vet_args, baseline),
	  .help = "Leave out the findings that FILE lists." },
	{ .name = "write-baseline",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct vet_args, write_baseline),
	  .help = "Write the findings to FILE for --baseline instead of reporting them." },
	{ .name = "tests",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct vet_args, vet.load.tests),
	  .help = "Analyse _test.go files, too." },
	{ .name = "generated",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct vet_args, vet.load.generated),
	  .help = "Report on generated files, too." },
	{ .name = "threads",
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = THREADS_MAX,
	  OPTION_AT(struct vet_args, threads),
	  .help = "Threads to use (default: one per processor)." },
	{ .name = "format",
	  .value = "NAME",
	  .kind = OPTION_CHOICE,
	  .choice = format_at,
	  OPTION_AT(struct vet_args, format),
	  .help = "What to write:" },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(rows) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct vet_args, out) },
	{ 0 },
};

static int explain(const char *id, struct err *err)
{
	const struct check_info *c;

	if (!strcmp(id, "all")) {
		for (size_t i = 0; (c = check_at(i)); i++)
			printf("%-22s %s\n", c->id, c->title);
		return EXIT_DONE;
	}
	c = check_at(check_find(id));
	if (!c) {
		err_set(err, EINVAL, "no check '%s'; --explain all lists them", id);
		return EXIT_USAGE;
	}
	printf("%s: %s (%s, %s)\n\n%s\n", c->id, c->title, c->severity == SEVERITY_ERROR ? "error" : "warning",
	       confidence_name(c->confidence), c->explain);
	return EXIT_DONE;
}

static void warn(void *ctx, const char *msg)
{
	(void)ctx;
	fprintf(stderr, "chanrec: warning: %s\n", msg);
}

struct vet_job {
	const struct vet_output *format;
	const struct vet *v;
};

static int write_vet(const void *ctx, FILE *f, struct err *err)
{
	const struct vet_job *j = ctx;

	(void)err;
	j->format->write(j->v, f);
	return 0;
}

/* What a trace shows about the findings. */
static int match_trace(struct vet *v, const char *path, struct err *err)
{
	struct seen_trace *t = NULL;
	int ret = seen_read(&t, path, err);

	if (!ret && vet_match_trace(v, seen_lines(t)))
		ret = err_nomem(err);
	seen_free(t);
	return ret;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	static char here[] = ".";
	struct vet_args *a = opts;
	char *const none[] = { here, NULL };
	char *const *paths = rest->n ? rest->v : none;
	struct vet v = { 0 };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t found;
	int ret;

	if (a->explain)
		return explain(a->explain, err);
	if (a->baseline && a->write_baseline) {
		err_set(err, EINVAL, "give either --baseline or --write-baseline");
		return EXIT_USAGE;
	}
	a->vet.min = (enum confidence)a->confidence;
	processors = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : processors;
	a->vet.load.threads = a->threads ? a->threads : (unsigned)processors;
	a->out.no_pager |= a->format != 0;
	ret = vet_run(&v, paths, rest->n ? (size_t)rest->n : 1, &a->vet, warn, NULL, err);
	if (!ret && a->baseline)
		ret = vet_baseline_apply(&v, a->baseline, err);
	found = v.sink.findings.n;
	if (!ret && a->write_baseline) {
		ret = vet_baseline_write(&v, a->write_baseline, err);
		vet_free(&v);
		return ret ? EXIT_FAILED : EXIT_DONE;
	}
	if (!ret && a->trace)
		ret = match_trace(&v, a->trace, err);
	if (!ret)
		ret = outfile_write(&a->out, write_vet, &(struct vet_job){ vet_output_at((size_t)a->format), &v }, err);
	vet_free(&v);
	if (ret)
		return EXIT_FAILED;
	return found ? EXIT_FOUND : EXIT_DONE;
}

const struct command command_vet = {
	.what = "find goroutine leaks and deadlocks in Go source",
	.syntax = { .name = "vet",
	            .synopsis = "[OPTIONS] [PATH...]",
	            .about =
	                    "Reads Go source and reports where a goroutine can wait forever: what can never be "
	                    "received, "
	                    "sent, closed or unlocked on some path. PATH is a file or a folder with all below it "
	                    "(default: the current folder). No Go toolchain is needed, and nothing is built or run.\n\n"
	                    "Exit status: 0 nothing found, 3 something found, 1 an error, 2 wrong usage.",
	            .groups = groups },
	.defaults = &(const struct vet_args){ .confidence = CONFIDENCE_LIKELY },
	.opts_size = sizeof(struct vet_args),
	.run = run,
};
