/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TARGET_TARGET_H
#define CHANREC_RECORD_TARGET_TARGET_H

/* The process that is recorded: its identity, where its program is loaded, its memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/err.h"

struct target {
	pid_t pid;      /* as the recorder sees it */
	int pidfd;      /* readable when the process is gone */
	int mem;        /* /proc/PID/mem */
	char exe[64];   /* "/proc/PID/exe" */
	char *exe_path; /* what it links to */
	char *command;  /* quoted as for a shell */
	bool in_pidns;  /* the recorder's pid namespace is not the first one */
	uint64_t pidns_dev, pidns_ino;
	uint64_t entry; /* AT_ENTRY: the program's entry point in memory */
};

/* Errors say what is wrong with the pid and what to do. */
int target_open(struct target *t, pid_t pid, struct err *err);
/* Makes the message about its file (t->exe) one about the process. Returns err->code. */
int target_explain(const struct target *t, struct err *err);
void target_close(struct target *t);
/* The thread group that pid belongs to; -errno. */
pid_t target_tgid(pid_t pid);
/* Where the program is loaded, less where its file says. */
int target_bias(const struct target *t, uint64_t *bias, struct err *err);
/* Sets in_pidns, pidns_dev and pidns_ino, which are the recorder's own. */
void target_pidns(struct target *t);
bool target_alive(const struct target *t);
/* It is the program that it was: false once the process has ended or executed another one. */
bool target_same(const struct target *t);
/* It lives and runs another program than it did. */
bool target_execed(const struct target *t);

/* Reads len bytes. 0, -EFAULT, -ESRCH when the process is gone or has executed another program. */
int target_read(const struct target *t, uint64_t addr, void *to, size_t len);
/*
 * Reads n pieces; ok[i] tells of each whether it was read whole. 0, or -ESRCH
 * when it is gone, as above.
 */
struct target_piece {
	uint64_t addr;
	void *to;
	size_t len;
	bool ok;
};
int target_read_pieces(const struct target *t, struct target_piece *v, size_t n);

#endif
