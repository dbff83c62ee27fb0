/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_SECCOMP_H
#define CHANREC_RECORD_INLINE_SECCOMP_H

/*
 * Whether the seccomp filters of a thread let it make a system call, without
 * making it: the filters are read and executed here.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

/* What the filter returns (SECCOMP_RET_…), and SECCOMP_RET_KILL_PROCESS for one that is not valid. */
uint32_t seccomp_execute(const struct sock_filter *filter, size_t n, const struct seccomp_data *call);

/*
 * Whether the thread, which is stopped by ptrace, may make all n calls; only nr
 * and args of them are used. Reading filters needs CAP_SYS_ADMIN. -EPERM: it may
 * not, or it cannot be told.
 */
int seccomp_allows(pid_t tid, const struct seccomp_data *calls, size_t n, struct err *err);

#endif
