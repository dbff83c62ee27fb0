/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_BLOCK_H
#define CHANREC_RECORD_INLINE_BLOCK_H

/*
 * What the recorder maps into the target: a block of code near its program, and
 * the memory that both share. The block begins with a description of itself, so
 * that a later recorder can remove what one that was killed left behind.
 */

#include <stdbool.h>
#include <stdint.h>

#include "inline/shared.h"
#include "record/inline/remote.h"
#include "record/inline/thunk.h"
#include "record/inline/tracee.h"

#define BLOCK_SITES 48

/* At the block's first byte. Written before any site is patched. */
struct block_head {
	char magic[16];
	uint64_t size;     /* of the block */
	uint64_t shm_size; /* of the shared memory, whose address is in conf */
	uint64_t recorder; /* its pid */
	uint64_t started;  /* when the recorder started, as in /proc/PID/stat */
	uint32_t nsites;
	struct block_site {
		uint64_t at; /* in memory */
		uint8_t orig[PATCH_BYTES], patch[PATCH_BYTES];
	} sites[BLOCK_SITES];
};

struct block {
	uint64_t at, size; /* in the target; at 0: there is none */
	uint64_t handler, thunks, list, conf;
	struct remote_room slack; /* unused executable bytes, behind the code of the program or of the vDSO */
	uint64_t slack_off;       /* of the same bytes in the program's file; 0: they are zeros */
	uint64_t shm_at;          /* in the target; 0: not mapped */
	size_t shm_size;
	int memfd;              /* of the shared memory */
	struct inline_shm *shm; /* here */
};

/* Finds a place for the block, with shared memory for a ring of that size. Checks that the target may map both. */
int block_plan(struct block *b, struct tracees *t, uint64_t ring_size, struct err *err);
/* Plans and maps both; nothing executes in them yet. */
int block_map(struct block *b, struct tracees *t, uint64_t ring_size, struct err *err);
/* Removes them, once no thread is in the block. No jump may lead there any more. */
int block_unmap(struct block *b, struct tracees *t, struct err *err);
/* Removes what is mapped here. */
void block_close(struct block *b);
/* Writes conf.on: whether thunks call the handler. */
int block_switch(const struct block *b, const struct tracees *t, bool on);
/* The address of the handler's function in the target. NULL-terminated names as in INLINE_HANDLERS. */
uint64_t block_handler(const struct block *b, const char *name);

/* Makes the bytes behind the program's code those of its file: a recorder may have been killed while calls were there.
 */
int block_restore_slack(const struct block *b, const struct tracees *t);

/*
 * Finds the block that a recorder left in the process, or the shared memory
 * without a block. 1: there is nothing. A recorder that was killed early may have
 * left a block without a head: it has no sites.
 */
int block_find(struct block *b, struct block_head *head, const struct tracees *t, struct err *err);
/* Whether the recorder that made it is alive. */
bool block_is_used(const struct block_head *head);
/* When a process started, as in /proc/PID/stat; 0: there is none. */
uint64_t block_started(uint64_t pid);

#endif
