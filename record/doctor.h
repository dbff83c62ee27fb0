/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_DOCTOR_H
#define CHANREC_RECORD_DOCTOR_H

/*
 * Finds out what a recording would need and have here, for the machine, a
 * program or a process. It tries everything with the recorder's own functions.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE,  /* good to know; costs nothing */
	DOCTOR_LACKS, /* a recording would lack something */
	DOCTOR_FAILS, /* recording would be impossible */
};

struct doctor_finding {
	enum doctor_level level;
	const char *what; /* "kernel", "go.park"; NULL: text is a heading for the findings that follow */
	const char *text;
	const char *todo; /* what the user can do about it; NULL: nothing */
};

struct doctor {
	void (*say)(void *arg, const struct doctor_finding *f);
	void *arg;
	uint32_t events; /* TRACE_EVENTS_… to be recorded */
	bool verbose;
};

/* The strings of a finding are valid only during the call of say. */
void doctor_say(const struct doctor *d, enum doctor_level level, const char *what, const char *todo, const char *fmt,
                ...) __attribute__((format(printf, 5, 6)));

void doctor_machine(const struct doctor *d);
/* Examines an executable file. */
void doctor_program(const struct doctor *d, const char *path);
/* Examines a process and its program. */
void doctor_process(const struct doctor *d, pid_t pid);

#endif
