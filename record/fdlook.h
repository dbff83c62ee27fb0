/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_FDLOOK_H
#define CHANREC_RECORD_FDLOOK_H

/* What the descriptors are that goroutines of the target wait for, from /proc. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "format/trace.h"
#include "util/map.h"
#include "util/vec.h"

#define FDLOOK_TEXT 160

struct fd_look {
	uint32_t fd;
	uint8_t kind;   /* enum trace_fd_kind */
	uint8_t state;  /* of a TCP socket: the kernel's number; 0: unknown */
	uint32_t flags; /* TRACE_FD_… */
	uint64_t inode; /* of the socket or pipe */
	bool writes;    /* a pipe's end for writing */
	char local[FDLOOK_TEXT], peer[FDLOOK_TEXT];
};

struct fd_looks {
	VEC(struct fd_look) v;
	struct map by_inode; /* of sockets, and of pipes: index in v, + 1 */
};

/* Looks at n descriptors of pid. What cannot be found out stays unknown. 0 or -ENOMEM. */
int fd_looks_take(struct fd_looks *l, pid_t pid, const uint32_t *fds, size_t n);
void fd_looks_free(struct fd_looks *l);

/* Parses a line of /proc/PID/net/tcp, tcp6, udp or udp6. False: it is none. */
bool fd_parse_inet(const char *line, struct fd_look *out);

#endif
