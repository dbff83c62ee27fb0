/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_MEMORY_MEMORY_H
#define CHANREC_RECORD_MEMORY_MEMORY_H

/*
 * The memory of a Go program, wherever it is: in a running process
 * (record/target/target.h), in a core file (record/core/core.h) or in an image
 * that a test made. What reads the runtime's structures knows only this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory;

struct memory_piece {
	uint64_t addr;
	void *to;
	size_t len;
	bool ok; /* set by the read: all of it was read */
};

struct memory_ops {
	/* Reads n pieces. 0, or -ESRCH if the memory is gone: its process has exited or executed another program. */
	int (*read)(const struct memory *m, struct memory_piece *v, size_t n);
	bool (*is_gone)(const struct memory *m);
	/* Where a thread is; NULL: not known of any, as they run. */
	bool (*thread_at)(const struct memory *m, uint64_t tid, uint64_t *pc, uint64_t *sp);
	/* Nobody writes to it, so what was read once stays true. */
	bool is_still;
};

/* The first member of whatever has the memory. */
struct memory {
	const struct memory_ops *ops;
};

int memory_read_pieces(const struct memory *m, struct memory_piece *v, size_t n);
/* Reads len bytes. 0, -EFAULT, or -ESRCH as above. */
int memory_read(const struct memory *m, uint64_t addr, void *to, size_t len);
bool memory_is_gone(const struct memory *m);
bool memory_is_still(const struct memory *m);
/* The registers of a thread; false: not known. */
bool memory_thread_at(const struct memory *m, uint64_t tid, uint64_t *pc, uint64_t *sp);

#endif
