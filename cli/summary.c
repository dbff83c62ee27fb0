// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/summary.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/tracefile.h"
#include "util/bytes.h"

/* "255,022" */
static void put_count(FILE *f, uint64_t n)
{
	if (n >= 1000) {
		put_count(f, n / 1000);
		fprintf(f, ",%03u", (unsigned)(n % 1000));
	} else {
		fprintf(f, "%u", (unsigned)n);
	}
}

static void put_bytes(FILE *f, uint64_t n)
{
	char text[BYTES_MAX];

	fputs(bytes_text(text, n), f);
}

/* "Left out to stay within --max-size: stacks of waits for 2.1 s from 0.3 s on." */
static void put_left_out(const struct recorder_summary *sum, enum shed_limit by, FILE *f)
{
	static const char *const what[SHED_STEPS] = { [SHED_READY_STACKS] = "stacks of wake-ups",
		                                      [SHED_STACKS] = "stacks of waits",
		                                      [SHED_SHORT] = "waits shorter than 1 ms",
		                                      [SHED_WAITS] = "waits and wake-ups",
		                                      [SHED_PROBES] = "their probes" };
	static const char *const reason[SHED_LIMITS] = { [SHED_BY_SIZE] = "to stay within --max-size",
		                                         [SHED_BY_OVERHEAD] = "to stay within --max-overhead",
		                                         [SHED_BY_RING] = "because the ring buffer was filling up" };
	const char *lead = "";

	for (int i = 0; i < SHED_STEPS; i++) {
		const struct shed_span *span = &sum->left_out_from[by][i];

		if (!what[i] || !span->total)
			continue;
		if (!*lead)
			fprintf(f, "Left out %s: ", reason[by]);
		fprintf(f, "%s%s for %.1f s from %.1f s on", lead, what[i], (double)span->total / 1e9,
		        (double)span->first / 1e9);
		lead = ", ";
	}
	if (*lead)
		fputs(".\n", f);
}

/* Why the recording ended, and how a command did. */
static void put_reason(const struct recorder_summary *sum, FILE *f)
{
	fprintf(f, "Recording ended: %s", sum->reason);
	if (sum->has_status && WIFSIGNALED(sum->status))
		fprintf(f, "; the command was killed by signal %d (%s)", WTERMSIG(sum->status),
		        strsignal(WTERMSIG(sum->status)));
	else if (sum->has_status)
		fprintf(f, "; the command exited with status %d", WEXITSTATUS(sum->status));
	fputs(".\n", f);
}

static void put_counted(uint64_t n, const char *rest, FILE *f)
{
	if (!n)
		return;
	put_count(f, n);
	fprintf(f, " %s\n", rest);
}

static void put_alerts(const struct recorder_opts *opts, uint64_t n, FILE *f)
{
	if (opts->alert.after)
		fprintf(f, "%" PRIu64 " alert%s: waits of more than %.3g s.\n", n, n == 1 ? "" : "s",
		        (double)opts->alert.after / 1e9);
}

static void put_notes(const struct recorder_opts *opts, const struct recorder_summary *sum, FILE *f)
{
	for (int by = 0; by < SHED_LIMITS; by++)
		put_left_out(sum, by, f);
	put_counted(sum->left_out, "events were left out to stay within these limits.", f);
	put_counted(sum->short_waits, "short waits were counted but not recorded.", f);
	if (opts->probing == PROBING_AUTO && sum->why_uprobes.code)
		fprintf(f, "Recorded with uprobes. Inline probes do not fit: %s.\n", sum->why_uprobes.msg);
	else if (opts->probing == PROBING_AUTO)
		fputs("Recorded with inline probes.\n", f);
	if (sum->has_overhead)
		fprintf(f, "Probes took %.1f%% of the program's CPU time (peak %.1f%%).\n", sum->overhead / 1e4,
		        sum->overhead_max / 1e4);
	put_alerts(opts, sum->alerts, f);
	if (sum->halted)
		fprintf(f, "The program was stopped or frozen for %.1f s.\n", (double)sum->halted / 1e9);
	if (sum->search_cut)
		fputs("The search of the program's memory did not finish in time; give it more with --search-time.\n",
		      f);
	if (sum->missing)
		fprintf(f, "%" PRIu64 " probe%s missing; 'chanrec info' says which.\n", sum->missing,
		        sum->missing == 1 ? " is" : "s are");
}

static void put_next(const char *output, FILE *f)
{
	bool is_default = !strcmp(output, TRACEFILE_DEFAULT);

	if (strcmp(output, "-"))
		fprintf(f, " Next: chanrec report%s%s", is_default ? "" : " ", is_default ? "" : output);
	fputc('\n', f);
}

void summary_print(const struct recorder_opts *opts, const struct recorder_summary *sum, FILE *f)
{
	bool to_stdout = !strcmp(opts->output, "-");

	put_notes(opts, sum, f);
	put_reason(sum, f);
	fputs("Wrote ", f);
	fprintf(f, "%s (", to_stdout ? "the trace" : opts->output);
	put_bytes(f, sum->bytes);
	fputs("): ", f);
	put_count(f, sum->events);
	fprintf(f, " events in %.1f s, ", (double)sum->duration / 1e9);
	if (sum->lost) {
		put_count(f, sum->lost);
		fputs(" lost.", f);
	} else {
		fputs("none lost.", f);
	}
	put_next(opts->output, f);
}

/* "Took 50 samples; 3 of them late …" */
static void put_pace(const struct sampling_summary *sum, FILE *f)
{
	put_count(f, sum->samples);
	fprintf(f, " sample%s took %.2f%% of one CPU.\n", sum->samples == 1 ? "" : "s",
	        sum->duration > 0 ? 100.0 * (double)sum->cpu / (double)sum->duration : 0);
	if (!sum->stretched)
		return;
	put_count(f, sum->stretched);
	fprintf(f,
	        " of them came late, up to %.2f s after the one before: samples may take %.4g%% of one CPU "
	        "(--max-overhead).\n",
	        (double)sum->longest / 1e9, sum->limit / 1e4);
}

void summary_print_samples(const struct recorder_opts *opts, const struct sampling_summary *sum, FILE *f)
{
	bool to_stdout = !strcmp(opts->output, "-");

	put_pace(sum, f);
	put_alerts(opts, sum->alerts, f);
	if (sum->halted)
		fprintf(f, "The program was stopped or frozen for %.1f s.\n", (double)sum->halted / 1e9);
	fprintf(f, "Recording ended: %s.\nWrote %s (", sum->reason, to_stdout ? "the trace" : opts->output);
	put_bytes(f, sum->bytes);
	fputs("): ", f);
	put_count(f, sum->goroutines);
	fprintf(f, " goroutine%s, ", sum->goroutines == 1 ? "" : "s");
	put_count(f, sum->events);
	fprintf(f, " changes in %.1f s.", (double)sum->duration / 1e9);
	put_next(opts->output, f);
}

int summary_exit_code(const struct recorder_summary *sum)
{
	if (!sum->has_status)
		return 0;
	return WIFSIGNALED(sum->status) ? 128 + WTERMSIG(sum->status) : WEXITSTATUS(sum->status);
}
