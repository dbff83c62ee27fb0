// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/command.h"
#include "cli/doctor_text.h"
#include "cli/options_shared.h"
#include "record/doctor.h"
#include "util/vec.h"

struct doctor_args {
	pid_t pid;
	uint32_t events;
	bool verbose;
};

static int set_events(void *opts, const char *s)
{
	return value_events(s, &((struct doctor_args *)opts)->events);
}

static const struct option_row options[] = {
	OPTION_ROW_PID(struct doctor_args, "Check"),
	OPTION_ROW_EVENTS(set_events, "What would be recorded"),
	OPTION_ROW_VERBOSE(struct doctor_args),
};

static const struct option_group groups[] = { { OPTION_GROUP(options) }, { 0 } };

struct verdict {
	VEC(char *) lacks; /* what the last lines repeat */
	size_t findings;
	bool lacking, fails;
};

static void keep(struct verdict *v, const struct doctor_finding *f)
{
	size_t n = strlen(f->what) + strlen(f->text) + 3;
	char *s = malloc(n);

	v->fails |= f->level == DOCTOR_FAILS;
	v->lacking = true;
	if (!s)
		return;
	snprintf(s, n, "%s: %s", f->what, f->text);
	if (vec_push(&v->lacks, s))
		free(s);
}

static void print_finding(void *arg, const struct doctor_finding *f)
{
	struct verdict *v = arg;

	doctor_text(stdout, f);
	v->findings += f->what != NULL;
	if (f->what && f->level >= DOCTOR_LACKS)
		keep(v, f);
}

/* Probes are not always the best way, nor always possible. */
static void recommend(const struct verdict *v)
{
	printf("\nTo see what is stuck, leaks, grows or waits long, without slowing the program down:\n"
	       "  chanrec record --sample 100ms -p PID%s\n"
	       "To see who wakes whom, and for how long exactly each goroutine waits:\n"
	       "  chanrec record -p PID; cheaper with --probes inline, which writes into the program's code%s\n",
	       v->fails ? " (and chanrec dump): needs no BPF, only permission to read memory" : "",
	       v->fails ? " and needs no BPF" : "");
}

/* subject: "this machine", "./server", "process 12". */
static int conclude(struct verdict *v, const char *where, const char *subject)
{
	int ret = v->lacking ? EXIT_FAILED : EXIT_DONE;
	/* Right below the only finding, the same line again says nothing. */
	bool repeats = v->findings > 1;
	const char *end = repeats ? ":" : ".";

	if (v->fails)
		printf("\nchanrec cannot record %s%s%s\n", where, subject, end);
	else if (v->lacking)
		printf("\nA recording %s%s would be incomplete%s\n", *where ? where : "of ", subject, end);
	else
		printf("\nReady to record %s%s.\n", where, subject);
	for (size_t i = 0; i < v->lacks.n; i++) {
		if (repeats)
			printf("  %s\n", v->lacks.v[i]);
		free(v->lacks.v[i]);
	}
	vec_free(&v->lacks);
	return ret;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	const struct doctor_args *a = opts;
	struct verdict v = { 0 };
	struct doctor d = { .say = print_finding, .arg = &v, .events = a->events, .verbose = a->verbose };
	char process[32];
	int ret;

	if (rest->n + (a->pid != 0) > 1) {
		err_set(err, EINVAL, "give a process (-p PID) or one executable, or neither to check the machine");
		return EXIT_USAGE;
	}
	if (rest->n) {
		doctor_program(&d, rest->v[0]);
		return conclude(&v, "", rest->v[0]);
	}
	doctor_machine(&d);
	if (a->pid)
		doctor_process(&d, a->pid);
	snprintf(process, sizeof(process), "process %d", (int)a->pid);
	ret = a->pid ? conclude(&v, "", process) : conclude(&v, "on ", "this machine");
	recommend(&v);
	return ret;
}

const struct command command_doctor = {
	.what = "check what can be recorded here, and how to fix the rest",
	.syntax = { .name = "doctor",
	            .synopsis = "[OPTIONS]\n[OPTIONS] -p PID\n[OPTIONS] BINARY",
	            .about =
	                    "Checks what a recording needs, by trying it, and says how to fix what is missing: on this "
	                    "machine; with -p, for a process, by attaching to it for a moment; with BINARY, for an "
	                    "executable, without running it. Exits with 0 only if a recording would be complete.",
	            .groups = groups },
	.defaults = &(const struct doctor_args){ .events = EVENTS_DEFAULT },
	.opts_size = sizeof(struct doctor_args),
	.run = run,
};
