// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/quiesce.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/procstate.h"

#define STEP_US 500
#define STEPS 200
/* The kernel updates a thread's run time while it runs, so the first change may concern the time before. */
#define CHANGES 2

/* Whether the thread runs or is about to, and its run time. False if the kernel does not count run times. */
static bool is_runnable(pid_t pid, pid_t tid, uint64_t *ran)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (procstate_in(path) != 'R')
		return false;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	*ran = fgets(line, sizeof(line), f) ? strtoull(line, NULL, 10) : 0;
	fclose(f);
	return *ran != 0;
}

/* Whether the thread may still be where it was. */
static bool is_behind(pid_t pid, struct quiesce_thread *t)
{
	uint64_t ran;

	if (!is_runnable(pid, t->tid, &ran))
		return false;
	t->changes += ran != t->ran;
	t->ran = ran;
	return t->changes < CHANGES;
}

void quiesce_begin(struct quiesce *s, pid_t pid)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	*s = (struct quiesce){ .pid = pid };
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		struct quiesce_thread t = { .tid = (pid_t)strtol(e->d_name, NULL, 10) };

		/* Out of memory: these must do. */
		if (t.tid > 0 && is_runnable(pid, t.tid, &t.ran) && vec_push(&s->behind, t))
			break;
	}
	if (d)
		closedir(d);
}

bool quiesce_step(struct quiesce *s)
{
	if (!s->behind.n || s->steps++ == STEPS)
		return true;
	usleep(STEP_US);
	for (size_t i = 0; i < s->behind.n;) {
		if (is_behind(s->pid, &s->behind.v[i]))
			i++;
		else
			s->behind.v[i] = s->behind.v[--s->behind.n];
	}
	return !s->behind.n;
}

void quiesce_end(struct quiesce *s)
{
	vec_free(&s->behind);
}
