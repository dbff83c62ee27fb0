// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/rewriting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/outfile.h"
#include "record/encode/output.h"
#include "util/bytes.h"

const struct option_row rewriting_options[2] = {
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct rewriting, force),
	  .help = "Also replace a file that is not a trace." },
	{ .name = "no-limit",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct rewriting, no_limit),
	  .help = "Read everything, whatever that takes. By default, memory and time are bounded by the size of the "
	          "trace." },
};

static void tell(const struct rewriting *w, const struct trace_output *out, const struct pass_result *result)
{
	char size[BYTES_MAX];

	if (result->damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that is in the copy\n", w->from,
		        result->damage);
	if (result->skipped)
		fprintf(stderr,
		        "chanrec: warning: %s has %" PRIu64
		        " records that this chanrec does not know; they are not in the copy\n",
		        w->from, result->skipped);
	if (!out->is_stdout)
		fprintf(stderr, "Wrote %s (%s). Next: chanrec report %s\n", w->output, bytes_text(size, result->bytes),
		        w->output);
}

int rewriting_run(const struct rewriting *w,
                  int (*write)(void *ctx, const struct pass_opts *opts, struct pass_result *result, struct err *err),
                  void *ctx, struct err *err)
{
	const struct outfile_opts to = { .path = w->output };
	struct pass_opts opts = { .from = w->from, .no_limit = w->no_limit };
	struct pass_result result;
	struct trace_output out;
	int ret;

	if (outfile_check(&to, w->from, err))
		return EXIT_USAGE;
	ret = trace_output_open(&out, w->output, w->force, err);
	if (!ret)
		ret = trace_output_start(&out, err);
	opts.to = out.fd;
	if (!ret) {
		ret = write(ctx, &opts, &result, err);
		/* A device or a pipe was there before. */
		if (ret && (out.created || out.is_file))
			unlink(w->output);
	}
	if (!ret)
		ret = trace_output_commit(&out, err);
	trace_output_close(&out);
	if (ret)
		return EXIT_FAILED;
	tell(w, &out, &result);
	return EXIT_DONE;
}
