/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_LINK_H
#define CHANREC_RECORD_PROBE_LINK_H

/*
 * What ties a BPF program to places in a file, for one process. Two kinds: a
 * perf event for each place, which every kernel has, and since Linux 6.6 one
 * link for all places of a program (uprobe_multi), which is set and taken out
 * faster.
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
	LINK_MULTI_BROKEN, /* the kernel has them, but would count one thread of the process only: LINK_PERF is used */
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

/* The best kind that this kernel has. */
enum link_kind link_kind_here(void);
/* Tells the program, before it is loaded, by which kind of link it will be attached. */
void link_prepare(enum link_kind kind, struct bpf_program *prog);
/* n offsets in the file at path, in the process pid. 0 or -errno. */
int links_add(struct links *l, struct bpf_program *prog, const char *path, const uint64_t *offsets, size_t n,
              pid_t pid);
/* Takes all out at once: each waits until no hit is under way any more, which takes as long for one as for all. */
void links_free(struct links *l);

/* The message for an attach at "where" that failed with errno e. Returns -e. */
int link_error(int e, const char *where, struct err *err);

#endif
