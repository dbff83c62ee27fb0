/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TARGET_TARGET_H
#define CHANREC_RECORD_TARGET_TARGET_H

/* The recorded process: its identity, where its program is loaded, its memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "record/memory/memory.h"
#include "util/err.h"

struct target {
	struct memory memory;
	pid_t pid;      /* in the recorder's pid namespace */
	int pidfd;      /* readable once the process is gone */
	int mem;        /* /proc/PID/mem */
	char exe[64];   /* "/proc/PID/exe" */
	char *exe_path; /* target of that link */
	char *command;  /* quoted as for a shell */
	bool in_pidns;  /* the recorder's pid namespace is not the initial one */
	uint64_t pidns_dev, pidns_ino;
	uint64_t entry; /* AT_ENTRY: the program's entry point in memory */
};

/* A target that target_close() may take. */
#define TARGET_CLOSED ((struct target){ .pidfd = -1, .mem = -1 })

/* Errors say what is wrong with the pid and what to do. */
int target_open(struct target *t, pid_t pid, struct err *err);
/* Rewrites an error about its file (t->exe) into one about the process. Returns err->code. */
int target_explain(const struct target *t, struct err *err);
void target_close(struct target *t);
/* The thread group of pid; or -errno. */
pid_t target_tgid(pid_t pid);
/* The load address of the program minus the address in its file. */
int target_bias(const struct target *t, uint64_t *bias, struct err *err);
/* Sets in_pidns, pidns_dev and pidns_ino, which describe the recorder's own namespace. */
void target_pidns(struct target *t);
bool target_alive(const struct target *t);
/* Whether it still runs the same program: false once the process has exited or executed another one. */
bool target_same(const struct target *t);
/* Whether it is alive but runs another program. */
bool target_execed(const struct target *t);

/*
 * The program's memory is t->memory: that of the program for which t was opened, so that reads return -ESRCH once the
 * process has exited or executed another one.
 */
static inline int target_read(const struct target *t, uint64_t addr, void *to, size_t len)
{
	return memory_read(&t->memory, addr, to, len);
}

#endif
