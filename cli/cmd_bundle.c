// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/doctor_text.h"
#include "cli/outfile.h"
#include "cli/slicing.h"
#include "cli/tracefile.h"
#include "cli/value.h"
#include "report/analyze/budget.h"
#include "report/render/out.h"
#include "rewrite/redact.h"

#define FOLDER "chanrec-bundle"

struct bundle_args {
	const char *output;
	uint64_t finding; /* from 1; 0: the whole trace */
	bool no_limit;
};

static const struct option_row options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct bundle_args, output),
	  .help = "Write the archive to FILE, whose name ends in .tar.gz, .tar.zst or .tar "
	          "(default: " FOLDER ".tar.gz)." },
	{ .name = "finding",
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  OPTION_AT(struct bundle_args, finding),
	  .help = "Pack only what belongs to this finding of the report; see chanrec slice." },
	{ .name = "no-limit",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct bundle_args, no_limit),
	  .help = "Read everything, whatever that takes." },
};

static const struct option_group groups[] = { { OPTION_GROUP(options) }, { 0 } };

/* A file in memory, by the path under which it can be read. */
struct memory_file {
	int fd;
	char path[64];
};

static int memory_open(struct memory_file *m, struct err *err)
{
	m->fd = memfd_create("chanrec bundle", MFD_CLOEXEC);
	if (m->fd < 0)
		return err_set(err, errno, "cannot create a file in memory: %s", strerror(errno));
	snprintf(m->path, sizeof(m->path), "/proc/self/fd/%d", m->fd);
	return 0;
}

static void memory_close(struct memory_file *m)
{
	if (m->fd >= 0)
		close(m->fd);
}

static int take_slice(const struct bundle_args *a, const char *from, struct memory_file *to, struct err *err)
{
	const struct pass_opts opts = { .from = from, .to = to->fd, .no_limit = a->no_limit };
	struct pass_result result;
	struct slicing s;
	int ret = slicing_begin(&s, from, a->finding, a->no_limit, err);

	if (ret)
		return ret;
	ret = slicing_write(&s, &opts, &result, err);
	slicing_end(&s);
	return ret;
}

static int add_trace(struct bundle *b, const struct memory_file *m, struct err *err)
{
	struct stat st;
	void *data;
	int ret;

	if (fstat(m->fd, &st))
		return err_set(err, errno, "cannot read the trace: %s", strerror(errno));
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, m->fd, 0);
	if (data == MAP_FAILED)
		return err_set(err, errno, "cannot read the trace: %s", strerror(errno));
	ret = bundle_add(b, "trace.zst", data, (size_t)st.st_size, err);
	munmap(data, (size_t)st.st_size);
	return ret;
}

struct output_job {
	const struct output *output;
	const struct report *report;
};

static int write_all(const void *ctx, FILE *f, struct err *err)
{
	const struct output_job *job = ctx;

	return job->output->write(job->report, f, err);
}

static int write_output(const void *ctx, FILE *f, struct err *err)
{
	const struct output_job *job = ctx;
	bool has_own = job->output->limits_itself;

	return outfile_write_up_to(f, has_own ? 0 : budget_output(&job->report->budget, job->report->reader), write_all,
	                           ctx, err);
}

static int add_reports(struct bundle *b, const char *path, bool no_limit, struct err *err)
{
	const struct report_opts opts = { .model = { .since = INT64_MIN, .until = INT64_MAX },
		                          .top = REPORT_TOP_DEFAULT,
		                          .full = true,
		                          .no_limit = no_limit };
	struct report *r;
	int ret = report_load(&r, path, &opts, err);

	if (ret)
		return ret;
	r->path = "trace.zst";
	ret = bundle_add_written(b, "report.txt", write_output, &(struct output_job){ &output_text, r }, err);
	if (!ret)
		ret = bundle_add_written(b, "report.html", write_output, &(struct output_job){ &output_html, r }, err);
	if (!ret)
		ret = bundle_add_written(b, "report.svg", write_output, &(struct output_job){ &output_svg, r }, err);
	/* Without Graphviz. */
	if (ret == -ENOENT) {
		fprintf(stderr, "chanrec: warning: report.svg is left out: %s\n", err->msg);
		*err = (struct err){ 0 };
		ret = 0;
	}
	report_free(r);
	return ret;
}

static void say_doctor(void *arg, const struct doctor_finding *f)
{
	doctor_text(arg, f);
}

static int write_doctor(const void *ctx, FILE *f, struct err *err)
{
	const struct doctor d = { .say = say_doctor, .arg = f, .events = EVENTS_DEFAULT };

	doctor_machine(&d);
	return 0;
}

static int write_about(const void *ctx, FILE *f, struct err *err)
{
	struct utsname u = { 0 };

	uname(&u);
	fprintf(f,
	        "Made by chanrec bundle of chanrec " CHANREC_VERSION " on %s %s, %s.\n"
	        "\n"
	        "trace.zst    the trace, redacted: chanrec report trace.zst\n"
	        "report.txt   its report with every section\n"
	        "report.html  the same for a browser\n"
	        "report.svg   the topology (needs Graphviz)\n"
	        "doctor.txt   what chanrec can record on the machine that made this bundle\n"
	        "SHA256SUMS   checksums: sha256sum -c SHA256SUMS\n",
	        u.sysname, u.release, u.machine);
	return 0;
}

static int fill(struct bundle *b, const struct bundle_args *a, const char *from, struct memory_file files[2],
                struct err *err)
{
	struct pass_opts opts = { .from = from, .no_limit = a->no_limit };
	struct pass_result result;
	int ret = 0;

	if (a->finding) {
		ret = memory_open(&files[0], err);
		if (!ret)
			ret = take_slice(a, from, &files[0], err);
		opts.from = files[0].path;
	}
	if (!ret)
		ret = memory_open(&files[1], err);
	opts.to = files[1].fd;
	if (!ret)
		ret = redact_trace(&opts, &result, err);
	if (!ret && result.damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that is in the bundle\n", from,
		        result.damage);
	if (!ret)
		ret = bundle_add_written(b, "README.txt", write_about, NULL, err);
	if (!ret)
		ret = add_trace(b, &files[1], err);
	if (!ret)
		ret = add_reports(b, files[1].path, a->no_limit, err);
	if (!ret)
		ret = bundle_add_written(b, "doctor.txt", write_doctor, NULL, err);
	return ret ? ret : bundle_end(b, err);
}

struct bundle_job {
	const struct bundle *bundle;
	enum bundle_format format;
};

static int write_bundle(const void *ctx, FILE *f, struct err *err)
{
	const struct bundle_job *job = ctx;

	return bundle_write(job->bundle, job->format, f, err);
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	const struct bundle_args *a = opts;
	const struct outfile_opts to = { .path = a->output, .no_pager = true };
	struct memory_file files[2] = { { .fd = -1 }, { .fd = -1 } };
	struct bundle b = { .folder = FOLDER, .mtime = time(NULL) };
	struct bundle_job job = { .bundle = &b };
	const char *from;
	int ret = tracefile_operand(rest, &from, err);

	if (ret)
		return ret;
	if (bundle_format_of(a->output, &job.format, err) || outfile_check(&to, from, err))
		return EXIT_USAGE;
	ret = fill(&b, a, from, files, err);
	if (!ret)
		ret = outfile_write(&to, write_bundle, &job, err);
	memory_close(&files[0]);
	memory_close(&files[1]);
	bundle_free(&b);
	if (!ret)
		fprintf(stderr, "Wrote %s. Check what is in it before you share it: tar -tf %s\n", a->output,
		        a->output);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_bundle = {
	.what = "pack a trace and its reports into an archive for a bug report",
	.syntax = { .name = "bundle",
	            .synopsis = "[OPTIONS] [FILE]",
	            .about = "Writes an archive with the redacted trace, its report as text, HTML and SVG, and what "
	                     "doctor says about this machine. FILE defaults to " TRACEFILE_DEFAULT ".",
	            .groups = groups },
	.defaults = &(const struct bundle_args){ .output = FOLDER ".tar.gz" },
	.opts_size = sizeof(struct bundle_args),
	.run = run,
};
