/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_FDINFO_H
#define CHANREC_REPORT_MODEL_FDINFO_H

/* What the descriptors are that goroutines wait for at the end, as the last snapshot tells. */

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_FDS (1u << 20)

struct fd_infos {
	VEC(struct trace_snap_fd) v; /* after the replay by .fd */
};

/* Copies the record; beyond MODEL_MAX_FDS it is dropped. 0 or -ENOMEM. */
int fd_infos_add(struct fd_infos *f, const struct trace_rec *rec);
void fd_infos_sort(struct fd_infos *f);
/* After that; NULL: nothing is known of it. */
const struct trace_snap_fd *fd_infos_of(const struct fd_infos *f, uint32_t fd);
void fd_infos_free(struct fd_infos *f);
/* "TCP", "pipe", … */
const char *fd_kind_name(uint8_t kind);
/* "ESTABLISHED", as ss and netstat print it; NULL: unknown. */
const char *fd_tcp_state_name(uint8_t state);

#endif
