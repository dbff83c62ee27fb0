/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_GO_LAYOUT_H
#define CHANREC_GOBIN_GO_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Offsets in bytes in the runtime's structures; GO_NO_FIELD if this version lacks
 * the field.
 */
#define GO_NO_FIELD (-1)

/* One line per field: X(member, "type", "dotted path"). The table generator and the DWARF reader expand it. */
#define GO_LAYOUT_FIELDS(X) \
	X(g_stack_lo, "runtime.g", "stack.lo") \
	X(g_stack_hi, "runtime.g", "stack.hi") \
	X(g_m, "runtime.g", "m") \
	X(g_sched_sp, "runtime.g", "sched.sp") \
	X(g_sched_pc, "runtime.g", "sched.pc") \
	X(g_sched_bp, "runtime.g", "sched.bp") \
	X(g_syscallsp, "runtime.g", "syscallsp") \
	X(g_syscallpc, "runtime.g", "syscallpc") \
	X(g_syscallbp, "runtime.g", "syscallbp") \
	X(g_param, "runtime.g", "param") \
	X(g_atomicstatus, "runtime.g", "atomicstatus") \
	X(g_goid, "runtime.g", "goid") \
	X(g_waitsince, "runtime.g", "waitsince") \
	X(g_waitreason, "runtime.g", "waitreason") \
	X(g_parentgoid, "runtime.g", "parentGoid") \
	X(g_gopc, "runtime.g", "gopc") \
	X(g_startpc, "runtime.g", "startpc") \
	X(g_waiting, "runtime.g", "waiting") \
	X(g_labels, "runtime.g", "labels") \
	X(g_trackingseq, "runtime.g", "trackingSeq") \
	X(m_g0, "runtime.m", "g0") \
	X(m_curg, "runtime.m", "curg") \
	X(m_procid, "runtime.m", "procid") \
	X(hchan_qcount, "runtime.hchan", "qcount") \
	X(hchan_dataqsiz, "runtime.hchan", "dataqsiz") \
	X(hchan_elemsize, "runtime.hchan", "elemsize") \
	X(hchan_closed, "runtime.hchan", "closed") \
	X(hchan_timer, "runtime.hchan", "timer") \
	X(hchan_recvq, "runtime.hchan", "recvq") \
	X(hchan_sendq, "runtime.hchan", "sendq") \
	X(hchan_lock, "runtime.hchan", "lock") \
	X(sudog_g, "runtime.sudog", "g") \
	X(sudog_next, "runtime.sudog", "next") \
	X(sudog_prev, "runtime.sudog", "prev") \
	X(sudog_elem, "runtime.sudog", "elem") /* of a {vp,vu} pair: vu */ \
	X(sudog_isselect, "runtime.sudog", "isSelect") \
	X(sudog_success, "runtime.sudog", "success") \
	X(sudog_waitlink, "runtime.sudog", "waitlink") \
	X(sudog_c, "runtime.sudog", "c") /* of a {vp,vu} pair: vu */ \
	X(polldesc_fd, "runtime.pollDesc", "fd") \
	X(polldesc_rg, "runtime.pollDesc", "rg") \
	X(polldesc_wg, "runtime.pollDesc", "wg") \
	X(semaroot_treap, "runtime.semaRoot", "treap") \
	X(mheap_arenas, "runtime.mheap", "arenas") \
	X(arena_spans, "runtime.heapArena", "spans") \
	X(mspan_base, "runtime.mspan", "startAddr") \
	X(mspan_npages, "runtime.mspan", "npages") \
	X(mspan_elemsize, "runtime.mspan", "elemsize") \
	X(mspan_class, "runtime.mspan", "spanclass") \
	X(mspan_state, "runtime.mspan", "state") \
	X(moduledata_text, "runtime.moduledata", "text") \
	X(moduledata_etext, "runtime.moduledata", "etext") \
	X(moduledata_gofunc, "runtime.moduledata", "gofunc") \
	X(wg_state, "sync.WaitGroup", "state|state1") \
	X(wg_sema, "sync.WaitGroup", "sema|state2") \
	X(rwmutex_w, "sync.RWMutex", "w") \
	X(rwmutex_writersem, "sync.RWMutex", "writerSem") \
	X(rwmutex_readersem, "sync.RWMutex", "readerSem") \
	X(rwmutex_readercount, "sync.RWMutex", "readerCount") \
	X(mutex_state, "sync.Mutex", "state|mu.state") \
	X(mutex_sema, "sync.Mutex", "sema|mu.sema") \
	X(cond_notify, "sync.Cond", "notify")

#define GO_LAYOUT_SIZES(X) \
	X(g_size, "runtime.g") \
	X(hchan_size, "runtime.hchan") \
	X(sudog_size, "runtime.sudog") \
	X(semtable_stride, "runtime.semtable[]") /* size of one element of the array */ \
	X(semtable_len, "runtime.semtable[*]")   /* number of elements */ \
	X(polldesc_size, "runtime.pollDesc") \
	X(mspan_size, "runtime.mspan")

struct go_layout {
#define X(member, ...) int32_t member;
	GO_LAYOUT_FIELDS(X)
	GO_LAYOUT_SIZES(X)
#undef X
	/* "the program's DWARF", "table entry for go1.23", …; static */
	const char *from;
	bool own;     /* from the program itself: nothing to validate */
	bool guessed; /* the version is not in the table */
};

#endif
