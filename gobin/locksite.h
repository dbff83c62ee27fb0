/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_LOCKSITE_H
#define CHANREC_GOBIN_LOCKSITE_H

/* At a call: the locks that are held, and what the function can still do that ends the waits of others. */

#include <stdbool.h>
#include <stdint.h>

enum lock_kind {
	LOCK_KIND_MUTEX,
	LOCK_KIND_READ,  /* RWMutex.RLock */
	LOCK_KIND_WRITE, /* RWMutex.Lock */
	LOCK_KIND_N,
};

#define LOCK_PATH_MAX 4

enum lock_from {
	LOCK_FROM_FIXED, /* start is an address in the file */
	LOCK_FROM_SLOT,  /* start is the offset of a word from the frame's top, the address above its return address */
	LOCK_FROM_REG,   /* inside the analysis: start is a register at the function's entry */
};

/*
 * How the address of a lock is found: a word, then nload times the word at this
 * one plus off[i], then add.
 */
struct lock_path {
	uint8_t from, nload;
	int64_t start;
	int64_t off[LOCK_PATH_MAX];
	int64_t add;
};

struct lock_held {
	uint64_t pc;     /* of the acquisition */
	uint8_t kind;    /* enum lock_kind */
	bool is_certain; /* held on every way to the call */
	bool has_path;
	struct lock_path path;
};

/* How a goroutine can end the waits of others for an object. */
enum use_kind {
	USE_KIND_SEND,
	USE_KIND_RECV,
	USE_KIND_CLOSE,
	USE_KIND_DONE,   /* WaitGroup */
	USE_KIND_SIGNAL, /* Cond */
};

/* A call to which a way leads from another one. */
struct code_use {
	uint64_t pc;
	uint8_t kind;          /* enum use_kind */
	struct lock_path path; /* of the object, at the other call */
};

/* A return with a lock that the function took. */
struct lock_left {
	uint64_t ret, taken; /* pcs of the return and of the acquisition */
	uint8_t kind;
	struct lock_path path; /* from the registers at the function's entry */
};

/* A call. */
struct lock_site {
	uint64_t ret;      /* return address */
	uint32_t first, n; /* locks held */
	uint32_t first_use, nuses;
	uint8_t released; /* 1 << kind: locks that were not taken in this function may have been released before */
	bool is_vague;    /* a function that was called may have left a lock held */
};

#endif
