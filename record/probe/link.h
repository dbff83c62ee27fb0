/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_LINK_H
#define CHANREC_RECORD_PROBE_LINK_H

/*
 * Attaches a BPF program to places in a file, for one process. There are two
 * kinds of link: a perf event for each place, which every kernel supports, and
 * since Linux 6.6 one link for all places of a program (uprobe_multi), which
 * attaches and detaches faster.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"
#include "util/vec.h"

struct bpf_link;
struct bpf_program;

enum link_kind {
	LINK_PERF,
	LINK_MULTI_BROKEN, /* the kernel has them, but they would see only one thread: LINK_PERF is used */
	LINK_MULTI,
};

struct link {
	struct bpf_link *perf;
	int fd; /* of a LINK_MULTI */
};

struct links {
	enum link_kind kind;
	VEC(struct link) v;
};

/* The best kind that this kernel supports. */
enum link_kind link_kind_here(void);
/* Sets the kind of link that the program will be attached with. Call it before the program is loaded. */
void link_prepare(enum link_kind kind, struct bpf_program *prog);
/* Attaches prog at n offsets in the file at path, for process pid. Returns 0 or -errno. */
int links_add(struct links *l, struct bpf_program *prog, const char *path, const uint64_t *offsets, size_t n,
              pid_t pid);
/*
 * Detaches all links at the same time. Each waits until no hit is in progress,
 * which takes as long for one as for all.
 */
void links_free(struct links *l);

/* Sets the message for an attach at "where" that failed with errno e. Returns -e. */
int link_error(int e, const char *where, struct err *err);

#endif
