// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "record/doctor.h"
#include "util/vec.h"

static const char usage[] = "usage: chanrec doctor [--events LIST]\n"
                            "       chanrec doctor [--events LIST] -p PID\n"
                            "       chanrec doctor [--events LIST] BINARY\n"
                            "\n"
                            "Says what a recording would need, what there is, and what to do about the rest:\n"
                            "of this machine; with -p of a process too, by attaching to it for a moment; of an\n"
                            "executable without running it. Exits 0 only if a recording would be whole.\n"
                            "\n"
                            "  -p, --pid PID        the process (any of its threads)\n"
                            "      --events LIST    what would be recorded, as for chanrec record\n"
                            "  -v, --verbose        what libbpf and the kernel say\n"
                            "  -h, --help           this text\n";

/* What is told again at the end. */
struct verdict {
	VEC(char *) lacks;
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
	static const char *const marks[] = {
		[DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_LACKS] = "LACKS", [DOCTOR_FAILS] = "FAILS"
	};

	if (!f->what) {
		printf("%s\n", f->text);
		return;
	}
	printf("  %-5s  %-14s  %s\n", marks[f->level], f->what, f->text);
	if (f->todo && f->level != DOCTOR_OK)
		printf("  %-5s  %-14s  -> %s\n", "", "", f->todo);
	if (f->level >= DOCTOR_LACKS)
		keep(arg, f);
}

static int conclude(struct verdict *v, const char *subject, const char *whole)
{
	int ret = v->lacking ? EXIT_FAILED : EXIT_DONE;

	if (v->fails)
		printf("\nNothing can be recorded %s:\n", subject);
	else if (v->lacking)
		printf("\nA recording %s would lack:\n", subject);
	else
		printf("\n%s\n", whole);
	for (size_t i = 0; i < v->lacks.n; i++) {
		printf("  %s\n", v->lacks.v[i]);
		free(v->lacks.v[i]);
	}
	vec_free(&v->lacks);
	return ret;
}

struct doctor_args {
	const char *binary;
	pid_t pid;
	uint32_t events;
	bool verbose;
};

static int usage_error(struct err *err, const char *what, const char *arg)
{
	err_set(err, EINVAL, "%s%s%s; see chanrec doctor --help", what, arg ? ": " : "", arg ? arg : "");
	return EXIT_USAGE;
}

static int parse_args(struct doctor_args *a, int argc, char **argv, bool *done, struct err *err)
{
	static const struct option longs[] = { { "pid", required_argument, NULL, 'p' },
		                               { "events", required_argument, NULL, 'e' },
		                               { "verbose", no_argument, NULL, 'v' },
		                               { "help", no_argument, NULL, 'h' },
		                               { 0 } };
	uint64_t pid;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "p:vh", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			if (args_u64(optarg, INT32_MAX, &pid) || !pid)
				return usage_error(err, "not a process id", optarg);
			a->pid = (pid_t)pid;
			break;
		case 'e':
			if (args_events(optarg, &a->events))
				return usage_error(err, "no such events", optarg);
			break;
		case 'v':
			a->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*done = true;
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	a->binary = argv[optind];
	if (argc - optind > 1 || (a->binary && a->pid))
		return usage_error(err, "one of -p PID and BINARY, or neither", NULL);
	return EXIT_DONE;
}

int cmd_doctor(int argc, char **argv, struct err *err)
{
	struct doctor_args a = { .events = ARGS_EVENTS_DEFAULT };
	struct verdict v = { 0 };
	struct doctor d = { .say = print_finding, .arg = &v };
	bool done = false;
	int ret = parse_args(&a, argc, argv, &done, err);

	if (ret || done)
		return ret;
	d.events = a.events;
	d.verbose = a.verbose;
	if (a.binary) {
		doctor_program(&d, a.binary);
		return conclude(&v, "of this program", "A recording of this program would be whole.");
	}
	doctor_machine(&d);
	if (!a.pid)
		return conclude(&v, "on this machine", "This machine has all that a recording needs.");
	doctor_process(&d, a.pid);
	return conclude(&v, "of this process", "A recording of this process would be whole.");
}
