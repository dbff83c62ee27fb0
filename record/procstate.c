// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/procstate.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS 100000000ull

char procstate_in(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512], *end;
	char state = 0;

	if (!f)
		return 0;
	/* The name in parentheses may contain any character. */
	if (fgets(line, sizeof(line), f) && (end = strrchr(line, ')')) && end[1])
		state = end[2];
	fclose(f);
	return state;
}

/* A tracer of system calls (strace) stops one thread at a time, a debugger stops all of them. */
static bool are_all_traced(pid_t pid)
{
	char path[64];
	struct dirent *e;
	bool all = true;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && all && (e = readdir(d))) {
		long tid = strtol(e->d_name, NULL, 10);
		char state;

		if (tid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%ld/stat", pid, tid);
		state = procstate_in(path);
		all = !state || state == 't' || state == 'T';
	}
	if (d)
		closedir(d);
	return d && all;
}

static bool file_says(const char *path, const char *what)
{
	FILE *f = fopen(path, "re");
	char line[128];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strncmp(line, what, strlen(what)) == 0;
	fclose(f);
	return found;
}

/*
 * Whether a cgroup of the process, or a parent of it, is frozen, provided that
 * cgroups are mounted in the usual places.
 */
static bool is_frozen(pid_t pid)
{
	char line[1024], path[1200];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	/* "0::/user.slice", "6:freezer:/docker/…" */
	while (!found && fgets(line, sizeof(line), f)) {
		char *type = strchr(line, ':'), *dir = type ? strchr(type + 1, ':') : NULL;

		if (!dir)
			continue;
		*dir++ = 0;
		dir[strcspn(dir, "\n")] = 0;
		if (!strcmp(type, ":")) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.events", dir);
			found = file_says(path, "frozen 1");
			snprintf(path, sizeof(path), "/sys/fs/cgroup/unified%s/cgroup.events", dir);
			found = found || file_says(path, "frozen 1");
		} else if (!strcmp(type, ":freezer")) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer%s/freezer.state", dir);
			found = file_says(path, "FROZEN");
		}
	}
	fclose(f);
	return found;
}

enum trace_proc_state procstate_of(pid_t pid)
{
	char path[64], state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	state = procstate_in(path);
	if (state == 'T' || (state == 't' && are_all_traced(pid)))
		return TRACE_PROC_STOPPED;
	return is_frozen(pid) ? TRACE_PROC_FROZEN : TRACE_PROC_GOES_ON;
}

void procstate_init(struct procstate *p, pid_t pid, uint64_t now)
{
	*p = (struct procstate){ .pid = pid, .state = procstate_of(pid), .since = now, .looked = now };
}

int procstate_note(struct procstate *p, struct encoder *e, uint64_t now, struct err *err)
{
	struct trace_rec rec = { .type = TRACE_PROC_STATE, .time = (int64_t)(now - e->epoch) };

	rec.proc_look.state = p->state;
	rec.proc_look.from = (int64_t)(p->since - e->epoch);
	if (p->state != TRACE_PROC_GOES_ON)
		p->halted += now - p->since;
	p->since = now;
	return encoder_write(e, &rec, err);
}

int procstate_step(struct procstate *p, struct encoder *e, uint64_t now, struct err *err)
{
	enum trace_proc_state state;

	if (now - p->looked < LOOK_NS)
		return 0;
	p->looked = now;
	state = procstate_of(p->pid);
	if (state == p->state)
		return 0;
	if (procstate_note(p, e, now, err))
		return err->code;
	p->state = state;
	return 0;
}

int procstate_end(struct procstate *p, struct encoder *e, bool has_exited, uint64_t now, struct err *err)
{
	p->looked = 0;
	if (!has_exited && procstate_step(p, e, now, err))
		return err->code;
	return procstate_note(p, e, now, err);
}

uint64_t procstate_halted(const struct procstate *p, uint64_t now)
{
	return p->halted + (p->state != TRACE_PROC_GOES_ON && now > p->since ? now - p->since : 0);
}
