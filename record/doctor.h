/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_DOCTOR_H
#define CHANREC_RECORD_DOCTOR_H

/*
 * What a recording would need and have here: the machine, a program, a
 * process. By trying it, through the same functions as the recorder's.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE,  /* good to know; nothing is lost by it */
	DOCTOR_LACKS, /* a recording would lack something */
	DOCTOR_FAILS, /* there would be no recording */
};

struct doctor_finding {
	enum doctor_level level;
	const char *what; /* "kernel", "go.park"; NULL: text is the heading of those that follow */
	const char *text;
	const char *todo; /* what the user can do about it; NULL nothing */
};

struct doctor {
	void (*say)(void *arg, const struct doctor_finding *f);
	void *arg;
	uint32_t events; /* TRACE_EVENTS_… that would be recorded */
	bool verbose;
};

/* Strings of a finding live only during the call of say. */
void doctor_say(const struct doctor *d, enum doctor_level level, const char *what, const char *todo, const char *fmt,
                ...) __attribute__((format(printf, 5, 6)));

void doctor_machine(const struct doctor *d);
/* An executable file. */
void doctor_program(const struct doctor *d, const char *path);
/* A process, and its program. */
void doctor_process(const struct doctor *d, pid_t pid);

#endif
