/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_PARK_H
#define CHANREC_BPF_PARK_H

/* Sends the record of a goroutine that parks. */

#include "bpf/goid.h"
#include "bpf/stack.h"

/* Where a goroutine waits, and on what. */
struct park {
	__u64 goid, lock, reason;
	__u64 bp;    /* of gopark's caller */
	__u64 time;  /* when a deferred park began; else 0 */
	__u64 moved; /* bytes by which the stack has moved since then */
	__u64 room;  /* bytes from bp to the end of the stack */
};

static __always_inline void park_begin(struct ring_hdr *hdr, const struct park *p)
{
	hdr->aux = p->reason;
	if (p->time) {
		hdr->aux |= RING_DEFERRED;
		hdr->time = p->time;
	}
}

static __always_inline int park_plain(const struct park *p, __u64 stack, __u32 flags)
{
	struct ring_park *rec;
	__u64 arg[2] = { 0, 0 };

	if (flags & REASON_ARG) {
		if (!read_u64(&arg[0], p->bp + 16))
			count(shared.faults, RING_PARK);
	} else if ((flags & REASON_FD) && p->lock) {
		/* rg and wg are adjacent: one read serves both cases. */
		if (!read_pair(arg, p->lock - cfg.pd_wg + cfg.pd_fd))
			count(shared.faults, RING_PARK);
	}
	rec = reserve(RING_PARK, sizeof(*rec));
	if (!rec)
		return 0;
	park_begin(&rec->hdr, p);
	rec->goid = p->goid;
	rec->stack = stack;
	rec->lock = p->lock;
	rec->arg = arg[0];
	rec->arg2 = arg[1];
	submit(rec);
	return 0;
}

static __always_inline void select_fill(struct ring_select *rec, const struct park *p, __u64 stack, __u64 ncases,
                                        __u64 nsends, __u64 cas0, const __u32 limit)
{
	__u64 kept = ncases;

	/* Keep the compiler from optimising the bound away before the verifier sees it. */
	barrier_var(kept);
	if (kept > limit)
		kept = limit;
	park_begin(&rec->hdr, p);
	rec->hdr.aux32 = kept;
	rec->goid = p->goid;
	rec->stack = stack;
	rec->ncases = ncases;
	rec->nsends = nsends;
	if (kept && !ring_read_cases(rec, kept, cas0, limit)) {
		rec->hdr.aux32 = 0;
		count(shared.faults, RING_SELECT);
	}
	submit(rec);
}

/*
 * The array of cases is on the goroutine's stack, and the slot that points to it
 * is dead during the wait. If the stack moved, the runtime may not have adjusted
 * the pointer. Returns the array's address; 0: it cannot be told.
 */
static __always_inline __u64 select_moved(const struct park *p, __u64 cas0)
{
	__u64 old_bp = p->bp - p->moved;
	bool is_new = cas0 - p->bp < p->room, is_old = cas0 - old_bp < p->room;

	if (!p->moved)
		return cas0;
	if (is_new == is_old)
		return 0;
	return is_new ? cas0 : cas0 + p->moved;
}

static __always_inline int park_select(const struct park *p, __u64 stack)
{
	__u64 cas0 = 0, nsends = 0, ncases = 0;
	struct ring_select *rec;

	if (!read_u64(&cas0, p->bp + cfg.select_cas0) || !read_u64(&nsends, p->bp + cfg.select_nsends) ||
	    !read_u64(&ncases, p->bp + cfg.select_ncases) || ncases > 65536 || nsends > ncases) {
		count(shared.faults, RING_SELECT);
		ncases = nsends = 0;
	}
	cas0 = select_moved(p, cas0);
	if (ncases <= RING_CASES_S) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_S * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, p, stack, ncases, nsends, cas0, RING_CASES_S);
	} else if (ncases <= RING_CASES_M) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_M * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, p, stack, ncases, nsends, cas0, RING_CASES_M);
	} else {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_L * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, p, stack, ncases, nsends, cas0, RING_CASES_L);
	}
	return 0;
}

static __always_inline int park_send(const struct park *p, __u64 stack)
{
	__u32 flags = cfg.reason_flags[p->reason & (REASON_MAX - 1)];

	return flags & REASON_SELECT ? park_select(p, stack) : park_plain(p, stack, flags);
}

#endif
