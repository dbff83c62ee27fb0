/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GREAD_H
#define CHANREC_RECORD_GOREAD_GREAD_H

/*
 * Reads goroutines from the memory of a Go program. Nothing read is
 * trusted: a goroutine counts only if it is the same before and after
 * everything that it refers to was read, and if its stack is plausible.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "gobin/gobin.h"
#include "gobin/lockregion.h"
#include "record/goread/gglance.h"
#include "record/memory/memory.h"
#include "record/probe/gocode.h"
#include "record/probe/reasons.h"

#define GREAD_CHUNK 128
#define GREAD_WINDOW 8192 /* bytes of a stack read at once */

/* What is needed to read the goroutines of one process: its program, and where its runtime keeps the data. */
struct gread_env {
	const struct memory *mem;
	const struct gobin *bin;
	const struct go_layout *l;
	struct wait_reason reasons[WAIT_REASONS_MAX];
	int nreasons;
	uint64_t bias;
	struct gread_range {
		uint64_t lo, hi;
	} gopark, semacquire, notify_wait, selectgo, poll_wait, stack_switch, sigpanic, cond_wait, sigreturn, goexit;
	struct gread_range unwinds[3]; /* run deferred calls of the frames above */
	struct select_slots select;
	bool semacquire_arg, notify_arg, poll_arg, cond_arg; /* the first argument is in its spill slot */
};

/*
 * Finds everything in the program. mem, bin and l must outlive env. -ENOTSUP: the
 * layout of runtime.g is unknown.
 */
int gread_env_init(struct gread_env *env, const struct memory *mem, const struct gobin *bin, const struct go_layout *l,
                   uint64_t bias, struct err *err);

enum gread_verdict {
	GREAD_OK,
	GREAD_NONE,  /* no goroutine: dead, or not started */
	GREAD_MOVED, /* changed during the read */
};

struct gread_obj {
	uint8_t kind, dir; /* enum trace_obj_kind, trace_dir */
	uint64_t addr;     /* channel; semaphore or notifyList; fd */
};

#define GREAD_LOCKS_MAX 8
#define GREAD_LABELS_MAX 32   /* of one goroutine */
#define GREAD_LABEL_BYTES 256 /* kept of a key or value */

/* A lock that a frame of the goroutine holds, or may hold. */
struct gread_lock {
	uint64_t addr;  /* of the Mutex or RWMutex; 0: not known */
	uint64_t taken; /* pc of the instruction that took it */
	uint64_t
	        at; /* return address of the call in which the frame is, or one above the pc where it was interrupted */
	uint8_t kind; /* enum lock_kind */
	bool is_certain;
};

#define GREAD_USES_MAX 24
#define GREAD_VAGUE_MAX 4

/* How a frame of the goroutine can end waits of others, once it goes on. */
struct gread_use {
	uint64_t addr; /* of the channel, WaitGroup or Cond */
	uint64_t pc;   /* of the call that does it */
	uint8_t kind;  /* enum use_kind */
};

struct gread {
	enum gread_verdict verdict;
	bool is_known; /* id, state and creation are good even if it moved */
	uint64_t goid, parent, gopc, startpc;
	uint64_t waitsince; /* CLOCK_MONOTONIC ns; 0: unknown */
	uint8_t state;      /* enum trace_go_state */
	uint8_t reason;
	uint32_t nframes;
	bool cut, exact_leaf;
	uint64_t pcs[TRACE_MAX_FRAMES];
	uint32_t nobjs, nobjs_all;
	struct gread_obj *objs;
	/* Only if the chunk looks for them. */
	uint32_t nlocks;
	bool locks_open; /* it may hold others */
	/* pcs of frames that may hold others, of their own package: a function that was called may have left them. */
	uint32_t nvague;
	uint64_t vague[GREAD_VAGUE_MAX];
	struct gread_lock locks[GREAD_LOCKS_MAX];
	uint32_t nuses;
	struct gread_use uses[GREAD_USES_MAX];
	/* Only if the chunk looks for labels; sorted by key. */
	uint32_t nlabels;
	char *label[GREAD_LABELS_MAX][2]; /* key and value, in .labels */
	char *labels;
};

struct gread_chunk;

struct gread_chunk *gread_chunk_new(const struct gread_env *env);
void gread_chunk_free(struct gread_chunk *c);
/* Also look for the locks that goroutines hold, and for what they can do for others. regions must outlive the chunk. */
void gread_chunk_find_locks(struct gread_chunk *c, struct lock_regions *regions);
/* Also read the labels of goroutines. */
void gread_chunk_find_labels(struct gread_chunk *c);
/*
 * Reads n ≤ GREAD_CHUNK goroutines at the given addresses. Returns 0, -ENOMEM,
 * or -ESRCH if the target is gone. *time: CLOCK_MONOTONIC ns at which the
 * result was valid. The result is valid until the next call.
 */
int gread_chunk_read(struct gread_chunk *c, const uint64_t *addrs, size_t n, struct gread **out, uint64_t *time);

/* A glance at goroutine i of the chunk, as of the same time. */
struct gglance gread_chunk_glance(const struct gread_chunk *c, size_t i);
/* The id of the thread that runs goroutine i of the chunk, as Go knows it; 0: unknown. */
uint64_t gread_chunk_thread(struct gread_chunk *c, size_t i);
/*
 * Gives goroutine i of the chunk, which was running, the stack that its thread
 * had at pc, of which the len bytes from sp on are known. addr: of its g. False
 * if that is not its stack, or if it does not run any more.
 */
bool gread_chunk_sampled(struct gread_chunk *c, size_t i, uint64_t addr, uint64_t pc, uint64_t sp, const void *stack,
                         size_t len);
/* Reads the labels that g.labels, at, refers to. 0, -ENOMEM or -EFAULT; g then has none. */
int gread_labels(const struct gread_env *env, uint64_t at, struct gread *g);
/* Fills the fields that memory shows. Returns 0, or -EFAULT: unreadable, or not a channel. */
int gread_chan(const struct gread_env *env, uint64_t addr, struct trace_snap_chan *out);
int gread_sync(const struct gread_env *env, uint8_t kind, uint64_t addr, struct trace_snap_sync *out);

#endif
