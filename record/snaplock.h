/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SNAPLOCK_H
#define CHANREC_RECORD_SNAPLOCK_H

/*
 * Who holds the locks that goroutines wait for, at a snapshot: of each goroutine
 * the locks of its frames (record/goread/gread.h), read again once it is known
 * which of them somebody waits for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/goread/gread.h"
#include "util/map.h"
#include "util/vec.h"

/* A lock of a goroutine. */
struct snaplock {
	uint64_t g, goid; /* g: address of its g */
	struct gread_lock lock;
	uint64_t sema; /* it waits for the readers of this RWMutex, with this semaphore; 0: it holds the lock */
	uint8_t look;  /* enum snaplook_state */
};

/* What a second look has shown. */
enum snaplook_state {
	SNAPLOOK_DUE,    /* it could not be read yet */
	SNAPLOOK_HOLDS,  /* it still holds the lock */
	SNAPLOOK_LET_GO, /* it does not, so the lock changes hands */
};

/* A goroutine that ran or changed, and whose locks are not known yet. */
struct snapopen {
	uint64_t g, goid; /* goid 0: not known, either */
};

struct snaplocks {
	const struct gread_env *env;
	pid_t pid;                    /* of the target, if it runs; set by the owner */
	struct lock_regions *regions; /* NULL: not known for this program */
	VEC(struct snaplock) v;
	VEC(struct snapopen) looks;
	VEC(uint64_t) vague;   /* pcs of frames that may hold locks of their package, which are not in v */
	uint8_t open;          /* 1 << enum lock_kind: goroutines may hold locks of this kind that are not in v */
	uint8_t round, rounds; /* of the second look, and how many there may be */
};

/* How a goroutine holds a lock that others wait for. */
struct snapholder {
	uint64_t goid;
	uint64_t taken, at; /* as in struct gread_lock; 0 in the mode TRACE_LOCK_PENDING */
	uint8_t mode;       /* enum trace_lock_mode */
};

/* Neither fails: without the analysis, no goroutine holds anything. chunk: the one that reads the snapshot. */
void snaplocks_init(struct snaplocks *s, const struct gread_env *env, struct gread_chunk *chunk);
void snaplocks_free(struct snaplocks *s);
/* Forgets an earlier snapshot. The last one takes more time to be sure. */
void snaplocks_clear(struct snaplocks *s, bool is_last);
/* 0 or -ENOMEM. */
int snaplocks_add(struct snaplocks *s, const struct gread *g, uint64_t addr, bool is_system);
/* A goroutine that waits for the RWMutex at lock, perhaps as the writer that comes next. 0 or -ENOMEM. */
int snaplocks_add_writer(struct snaplocks *s, const struct gread *g, uint64_t addr, uint64_t lock);
/* A goroutine that could not be read. 0 or -ENOMEM. */
int snaplocks_add_unread(struct snaplocks *s, uint64_t addr);
/*
 * Once every goroutine was added: keeps the locks of which wanted (a map by
 * address) has one, if their goroutines still hold them, and looks again at the
 * goroutines whose locks were not known. -EAGAIN: there is more to do, in a
 * moment; 0 or -ENOMEM.
 */
int snaplocks_settle(struct snaplocks *s, const struct map *wanted, struct gread_chunk *chunk);
/* Whether a frame may hold a lock that it got from a function of the package of the one at pc. */
bool snaplocks_is_vague(const struct snaplocks *s, uint64_t pc);
/*
 * Where functions return with this lock, which nobody holds: those of the
 * package of the function at pc, where somebody waits for it. The mode is
 * TRACE_LOCK_NONE. At most max.
 */
size_t snaplocks_left(const struct snaplocks *s, uint64_t addr, uint8_t sync_kind, uint64_t pc, struct snapholder *out,
                      size_t max);
/*
 * The holders of one lock, whose state was read just now; at most max. 0: they
 * are not known, or *nobody is set: no goroutine is in a region of the lock.
 */
size_t snaplocks_of(const struct snaplocks *s, uint64_t addr, uint8_t sync_kind, const struct trace_snap_sync *state,
                    struct snapholder *out, size_t max, bool *nobody);

#endif
