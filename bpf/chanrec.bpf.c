// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes. Every site is an instruction before or at which the arguments
 * are still in the registers of Go's ABIInternal; record/site.c decides where.
 *
 * A uprobe program can be preempted and another can run on the same CPU in
 * between, so nothing is kept in per-CPU scratch: records are filled in place
 * in the ring.
 */
#include "bpf/ring.h"

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <stdbool.h>

char LICENSE[] SEC("license") = "GPL";

/* The kernel's struct pt_regs on x86-64 (arch/x86/include/asm/ptrace.h). */
struct x86_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#ifndef barrier_var
#define barrier_var(v) asm volatile("" : "+r"(v))
#endif

#define FLAG_CF 0x01
#define FLAG_ZF 0x40

const volatile struct bpf_config cfg;
struct bpf_shared shared;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/*
 * Stacks whose frames were sent: the hash, at the place of its low bits. Two
 * that fall on one place are sent again now and then, which costs little and
 * needs no lock.
 */
#define SEEN_SLOTS 65536
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SEEN_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/*
 * Goids by g, so that they need not be read again: a read of the target's
 * memory is the dearest thing here. A g keeps its goid until gdestroy, whose
 * probe takes it out; only goroutines that cannot end meanwhile are put in.
 * Two CPUs may write one slot at once: what is torn does not pass its check.
 */
#define GOID_SLOTS 8192
#define MS_SLOTS 512
struct cached {
	__u64 check; /* key ^ value */
	__u64 value;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GOID_SLOTS);
	__type(key, __u32);
	__type(value, struct cached);
} goids SEC(".maps");

/* m by its g0; whether it still holds is seen when it is read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MS_SLOTS);
	__type(key, __u32);
	__type(value, struct cached);
} ms SEC(".maps");

struct frame {
	__u64 bp, pc;
};

static __always_inline bool read_u64(__u64 *to, __u64 addr)
{
	return bpf_probe_read_user(to, sizeof(*to), (void *)addr) == 0;
}

static __always_inline bool wanted(const struct x86_regs *regs, enum ring_type type)
{
	struct bpf_pidns_info ns;

	if (!shared.enabled)
		return false;
	if (cfg.use_pidns) {
		if (bpf_get_ns_current_pid_tgid(cfg.pidns_dev, cfg.pidns_ino, &ns, sizeof(ns)) || ns.tgid != cfg.tgid)
			return false;
	} else if (bpf_get_current_pid_tgid() >> 32 != cfg.tgid) {
		return false;
	}
	/* The same jump runs again after the stack has grown. */
	if (cfg.at_jbe & (1u << type))
		return !(regs->flags & (FLAG_CF | FLAG_ZF));
	return true;
}

static __always_inline void count(__u64 *counters, enum ring_type type)
{
	__sync_fetch_and_add(&counters[type], 1);
}

/* How much is left out for want of room in the ring, see enum ring_level. */
static __always_inline __u32 level(void)
{
	__u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	__u32 by_ring = used > cfg.ring_size / 8 * 7   ? RING_LEVEL_LIFE
	                : used > cfg.ring_size / 8 * 6 ? RING_LEVEL_NO_STACKS
	                : used > cfg.ring_size / 8 * 4 ? RING_LEVEL_NO_READY_STACKS
	                                               : RING_LEVEL_ALL;

	return by_ring > shared.level ? by_ring : shared.level;
}

/* Whether there is room for a park's or a ready's stack (*stack) and for itself. */
static __always_inline bool room(enum ring_type type, bool *stack)
{
	__u32 now = level();

	*stack = now < (type == RING_READY ? RING_LEVEL_NO_READY_STACKS : RING_LEVEL_NO_STACKS);
	if (now >= RING_LEVEL_LIFE) {
		count(shared.lost, type);
		return false;
	}
	if (!*stack)
		count(shared.stackless, type);
	return true;
}

static __always_inline void *reserve(enum ring_type type, __u64 size)
{
	struct ring_hdr *hdr = bpf_ringbuf_reserve(&ring, size, 0);

	if (!hdr) {
		count(shared.lost, type);
		return NULL;
	}
	hdr->type = type;
	hdr->aux = 0;
	hdr->aux32 = 0;
	hdr->time = bpf_ktime_get_ns();
	return hdr;
}

static __always_inline void submit(void *rec)
{
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline bool in_text(__u64 pc)
{
	return pc - cfg.text_lo < cfg.text_hi - cfg.text_lo;
}

static __always_inline __u64 hash_step(__u64 h, __u64 pc)
{
	h ^= pc;
	h *= 0x9e3779b97f4a7c15ull;
	return h ^ (h >> 29);
}

/* Words of a stack that are read at once: a read costs some 70 ns, be it of 8 bytes or of 320. */
#define WINDOW 40
#define FRAME_WORDS 2
#define M_WORDS 32 /* of struct m, up to curg */

/*
 * bp: of the next frame; pc: known already, so that it is not read from there;
 * last: the return address before, which tells whether the next frame was
 * called or had a fault. The window has the words from base on.
 */
struct walk {
	__u64 bp, pc, last, base;
};

/*
 * Puts the window, of words, a constant, at addr. Where the page behind it is
 * not there, it has one frame in its last two words, and zeros before.
 */
static __always_inline bool walk_read(struct walk *w, __u64 *win, const __u32 words, __u64 addr)
{
	__u64 *end = &win[words - FRAME_WORDS];

	w->base = addr;
	if (!bpf_probe_read_user(win, words * sizeof(*win), (void *)addr))
		return true;
	if (words == FRAME_WORDS)
		return false;
	w->base = addr - (words - FRAME_WORDS) * sizeof(*win);
	return !bpf_probe_read_user(end, sizeof(struct frame), (void *)addr);
}

/* Puts the window where bp's frame is in it; the frame's place in words. */
static __always_inline bool walk_see(struct walk *w, __u64 *win, const __u32 words, __u64 *at)
{
	if (w->bp - w->base > (words - FRAME_WORDS) * sizeof(*win) && !walk_read(w, win, words, w->bp))
		return false;
	*at = (w->bp - w->base) / sizeof(*win);
	barrier_var(*at);
	return *at <= words - FRAME_WORDS;
}

/*
 * bp's frame returns into cgocallback, whose saved rbp is that of the thread's
 * stack. It made room for a frame as large as its own on the goroutine's stack
 * and pushed there g.sched.pc, below g.sched.sp, as asmcgocall had left them
 * when it switched to C: they stand for asmcgocall's own frame, which returns
 * into cgocall (runtime/asm_amd64.s, cgocallback and gosave_systemstack_switch,
 * Go 1.19 ... 1.27). A callback on a thread of C's has goexit there.
 */
static __always_inline void walk_cross(struct walk *w)
{
	__u64 sp = w->bp + sizeof(struct frame) + cfg.cb_frame, pc;

	w->bp = 0;
	if (!read_u64(&pc, sp - 8))
		return;
	if (pc - cfg.switch_lo >= cfg.switch_len) {
		w->pc = pc;
		return;
	}
	if (pc != cfg.switch_lo)
		sp += cfg.switch_delta;
	if (read_u64(&w->pc, sp))
		w->bp = sp + cfg.cgocall_delta;
}

/* The next frame's return address, 0 when there is none. */
static __always_inline __u64 walk_next(struct walk *w, __u64 *win, const __u32 words)
{
	__u64 at, pc;

	if (w->pc) {
		pc = w->pc;
		w->pc = 0;
		return in_text(pc) ? pc : 0;
	}
	if (!w->bp || !walk_see(w, win, words, &at))
		return 0;
	pc = win[at + 1];
	if (!in_text(pc))
		return 0;
	if (w->last - cfg.sigpanic_lo < cfg.sigpanic_len &&
	    (!read_u64(&w->pc, w->bp + sizeof(struct frame)) || !in_text(w->pc)))
		w->pc = cfg.text_lo;
	w->last = pc;
	if (pc - cfg.cb_lo < cfg.cb_len)
		walk_cross(w);
	else
		w->bp = win[at];
	return pc;
}

/* sp: of the first return address, at a function's entry; 0: the stack begins at bp. */
static __always_inline void walk_begin(struct walk *w, __u64 *win, const __u32 words, __u64 sp)
{
	__u64 pc0;

	/* So far from bp that the window is not taken for read. */
	w->base = w->bp + sizeof(*win);
	if (!sp)
		return;
	if (words == FRAME_WORDS) {
		if (read_u64(&pc0, sp) && in_text(pc0))
			w->pc = pc0;
	} else if (walk_read(w, win, words, sp)) {
		pc0 = w->base == sp ? win[0] : win[words - FRAME_WORDS];
		w->pc = in_text(pc0) ? pc0 : 0;
	} else {
		w->base = w->bp + sizeof(*win);
	}
}

/*
 * Reserves a record for limit frames, a constant, and walks once more into it.
 * 1: the stack is deeper, and nothing was sent.
 */
static __always_inline int send_frames(__u64 hash, __u64 sp, __u64 bp, const __u32 limit)
{
	struct ring_stack *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec) + limit * sizeof(__u64), 0);
	__u32 n = 0, slot = hash % SEEN_SLOTS;
	struct walk w = { .bp = bp };
	__u64 win[FRAME_WORDS];

	if (!rec) {
		__sync_fetch_and_add(&shared.stack_lost, 1);
		return 0;
	}
	walk_begin(&w, win, FRAME_WORDS, sp);
	for (__u32 i = 0; i < limit; i++) {
		__u64 pc = walk_next(&w, win, FRAME_WORDS);

		if (!pc)
			break;
		rec->pcs[i] = pc;
		n = i + 1;
	}
	if (limit < RING_MAX_FRAMES && n == limit) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		return 1;
	}
	rec->hdr.type = RING_STACK;
	rec->hdr.aux = n;
	rec->hdr.aux32 = n == RING_MAX_FRAMES && (w.bp || w.pc);
	rec->hdr.time = 0;
	rec->hash = hash;
	submit(rec);
	/* Only now: an event that counts on the frames comes after them in the ring. */
	bpf_map_update_elem(&seen, &slot, &hash, BPF_ANY);
	return 0;
}

/*
 * These are not static so that the verifier looks at them once, and not on
 * every way that leads to them, which takes seconds.
 */
int send_short(__u64 hash, __u64 sp, __u64 bp);
__noinline int send_short(__u64 hash, __u64 sp, __u64 bp)
{
	return send_frames(hash, sp, bp, RING_SHORT_FRAMES);
}

int send_long(__u64 hash, __u64 sp, __u64 bp);
__noinline int send_long(__u64 hash, __u64 sp, __u64 bp)
{
	return send_frames(hash, sp, bp, RING_MAX_FRAMES);
}

static __always_inline __u64 hash_stack(__u64 sp, __u64 bp, const __u32 words)
{
	struct walk w = { .bp = bp };
	__u64 win[WINDOW], hash = 0;

	walk_begin(&w, win, words, sp);
	for (int i = 0; i < RING_MAX_FRAMES; i++) {
		__u64 pc = walk_next(&w, win, words);

		if (!pc)
			break;
		hash = hash_step(hash, pc);
	}
	return hash ? hash : 1;
}

__u64 stack_hash(__u64 sp, __u64 bp);
__noinline __u64 stack_hash(__u64 sp, __u64 bp)
{
	/* cfg is constant to the verifier, which does not look at the other way. */
	if (cfg.wide)
		return hash_stack(sp, bp, WINDOW);
	return hash_stack(sp, bp, FRAME_WORDS);
}

/* The hash of a stack; its frames are sent when they were not before. */
static __always_inline __u64 stack_of(__u64 sp, __u64 bp)
{
	__u64 hash = stack_hash(sp, bp), *known;
	__u32 slot = hash % SEEN_SLOTS;

	known = bpf_map_lookup_elem(&seen, &slot);
	if (known && *known == hash)
		return hash;
	if (send_short(hash, sp, bp))
		send_long(hash, sp, bp);
	return hash;
}

/* At a function's entry, or right after its frame check, the return address is at rsp. */
static __always_inline __u64 entry_stack(const struct x86_regs *regs)
{
	return stack_of(regs->sp, regs->bp);
}

static __always_inline __u64 goid_of(__u64 g)
{
	__u64 goid = 0;

	if (!g || !read_u64(&goid, g + cfg.g_goid))
		return 0;
	return goid;
}

static __always_inline struct cached *cache_at(void *map, __u64 key, const __u32 slots)
{
	__u32 slot = (key * 0x9e3779b97f4a7c15ull >> 32) % slots;

	return bpf_map_lookup_elem(map, &slot);
}

static __always_inline void cache_put(struct cached *c, __u64 key, __u64 value)
{
	if (c) {
		c->value = value;
		c->check = key ^ value;
	}
}

static __always_inline __u64 cache_get(const struct cached *c, __u64 key)
{
	__u64 value;

	if (!c)
		return 0;
	value = c->value;
	return (c->check ^ value) == key ? value : 0;
}

/* goid * 2 + 1 when it parked in a select, of a goroutine that cannot end while the probe runs; 0: not known. */
static __always_inline __u64 goid_cached(__u64 g)
{
	return cfg.cache_goids ? cache_get(cache_at(&goids, g, GOID_SLOTS), g) : 0;
}

static __always_inline void goid_keep(__u64 g, __u64 goid, bool in_select)
{
	if (cfg.cache_goids && goid)
		cache_put(cache_at(&goids, g, GOID_SLOTS), g, goid * 2 + in_select);
}

/* Of the goroutine that parks. */
static __always_inline __u64 parking_goid(__u64 g, bool in_select)
{
	__u64 had = goid_cached(g), goid = had ? had / 2 : goid_of(g);

	if (had != goid * 2 + in_select)
		goid_keep(g, goid, in_select);
	return goid;
}

/* g0's m, and in the same read whether it is that still. */
static __always_inline __u64 curg_cached(__u64 g0)
{
	__u64 m = cache_get(cache_at(&ms, g0, MS_SLOTS), g0), buf[M_WORDS];
	__u32 at = (__u32)cfg.m_curg / sizeof(buf[0]);

	if (!m || at >= M_WORDS || bpf_probe_read_user(buf, sizeof(buf), (void *)m) || buf[0] != g0)
		return 0;
	return buf[at];
}

/* On g0 the user's goroutine is g.m.curg. */
__u64 curg_goid(__u64 g0);
__noinline __u64 curg_goid(__u64 g0)
{
	__u64 m, curg = curg_cached(g0), goid;

	if (!curg) {
		if (!read_u64(&m, g0 + cfg.g_m) || !m || !read_u64(&curg, m + cfg.m_curg) || !curg)
			return 0;
		cache_put(cache_at(&ms, g0, MS_SLOTS), g0, m);
	}
	goid = goid_cached(curg) / 2;
	if (!goid) {
		goid = goid_of(curg);
		goid_keep(curg, goid, false);
	}
	return goid;
}

static __always_inline int park_plain(const struct x86_regs *regs, __u32 reason, __u32 flags)
{
	__u64 stack, goid = parking_goid(regs->r14, false), arg[2] = { 0, 0 };
	struct ring_park *rec;
	bool walk;

	if (!room(RING_PARK, &walk))
		return 0;
	stack = walk ? entry_stack(regs) : 0;
	if (flags & REASON_ARG) {
		if (!read_u64(&arg[0], regs->bp + 16))
			count(shared.faults, RING_PARK);
	} else if ((flags & REASON_FD) && regs->bx) {
		/* rg and wg are neighbours: one read serves both cases. */
		if (bpf_probe_read_user(arg, sizeof(arg), (void *)(regs->bx - cfg.pd_wg + cfg.pd_fd)))
			count(shared.faults, RING_PARK);
	}
	rec = reserve(RING_PARK, sizeof(*rec));
	if (!rec)
		return 0;
	rec->hdr.aux = reason;
	rec->goid = goid;
	rec->stack = stack;
	rec->lock = regs->bx;
	rec->arg = arg[0];
	rec->arg2 = arg[1];
	submit(rec);
	return 0;
}

static __always_inline void select_fill(struct ring_select *rec, __u32 reason, __u64 goid, __u64 stack, __u64 ncases,
                                        __u64 nsends, __u64 cas0, __u64 limit)
{
	__u64 kept = ncases;

	/* Keeps the compiler from proving the bound away before the verifier sees it. */
	barrier_var(kept);
	if (kept > limit)
		kept = limit;
	rec->hdr.aux = reason;
	rec->hdr.aux32 = kept;
	rec->goid = goid;
	rec->stack = stack;
	rec->ncases = ncases;
	rec->nsends = nsends;
	if (kept && bpf_probe_read_user(rec->cases, kept * sizeof(struct ring_case), (void *)cas0)) {
		rec->hdr.aux32 = 0;
		count(shared.faults, RING_SELECT);
	}
	submit(rec);
}

static __always_inline int park_select(const struct x86_regs *regs, __u32 reason)
{
	__u64 stack, goid = parking_goid(regs->r14, true);
	__u64 cas0 = 0, nsends = 0, ncases = 0;
	struct ring_select *rec;
	bool walk;

	if (!room(RING_SELECT, &walk))
		return 0;
	stack = walk ? entry_stack(regs) : 0;
	if (!read_u64(&cas0, regs->bp + cfg.select_cas0) || !read_u64(&nsends, regs->bp + cfg.select_nsends) ||
	    !read_u64(&ncases, regs->bp + cfg.select_ncases) || ncases > 65536 || nsends > ncases) {
		count(shared.faults, RING_SELECT);
		ncases = nsends = 0;
	}
	if (ncases <= RING_CASES_S) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_S * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_S);
	} else if (ncases <= RING_CASES_M) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_M * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_M);
	} else {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_L * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_L);
	}
	return 0;
}

/* gopark(unlockf, lock, reason, traceReason, skip) */
SEC("uprobe")
int go_park(struct x86_regs *regs)
{
	__u32 reason = regs->cx & 0xff, flags;

	if (!wanted(regs, RING_PARK))
		return 0;
	flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
	if (flags & REASON_SELECT)
		return park_select(regs, reason);
	return park_plain(regs, reason, flags);
}

/* What a goroutine that is being woken tells: goid, and of a select the channel that fired. */
struct woken {
	__u64 goid, chan;
};

static __always_inline void woken_read(struct woken *w, __u64 gp)
{
	__u64 had = shared.starting ? 0 : goid_cached(gp), param;
	__u8 reason = 0;
	__u32 flags;

	w->chan = 0;
	if (had) {
		w->goid = had / 2;
		flags = had & 1 ? REASON_SELECT : 0;
	} else {
		w->goid = goid_of(gp);
		bpf_probe_read_user(&reason, 1, (void *)(gp + cfg.g_waitreason));
		flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
		goid_keep(gp, w->goid, flags & REASON_SELECT);
	}
	if ((flags & REASON_SELECT) || (shared.starting && (flags & REASON_CHAN))) {
		/* param is the sudog that fired. */
		if (read_u64(&param, gp + cfg.g_param) && param)
			read_u64(&w->chan, param + cfg.sudog_c);
	}
}

/* ready(gp, traceskip, next), on g0 */
SEC("uprobe")
int go_ready(struct x86_regs *regs)
{
	__u64 stack, waker;
	struct ring_ready *rec;
	struct woken woken;
	bool walk;

	if (!wanted(regs, RING_READY) || !room(RING_READY, &walk))
		return 0;
	woken_read(&woken, regs->ax);
	waker = curg_goid(regs->r14);
	stack = walk && cfg.ready_stacks ? entry_stack(regs) : 0;
	rec = reserve(RING_READY, sizeof(*rec));
	if (!rec)
		return 0;
	rec->hdr.aux = woken.chan != 0;
	rec->waker = waker;
	rec->woken = woken.goid;
	rec->stack = stack;
	rec->chan = woken.chan;
	submit(rec);
	return 0;
}

static __always_inline void netready(__u64 gpp, __u8 mode)
{
	struct ring_netready *rec;
	__u64 gp;

	/* 0 nobody waits, 1 pdReady, 2 pdWait: about to park (runtime/netpoll.go). */
	if (!read_u64(&gp, gpp) || gp < 2)
		return;
	rec = reserve(RING_NETREADY, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = mode;
	rec->gpp = gpp;
	rec->goid = gp == 2 ? 0 : goid_of(gp);
	submit(rec);
}

/* netpollready(toRun, pd, mode): these wake-ups pass ready() by. */
SEC("uprobe")
int go_netready(struct x86_regs *regs)
{
	__s32 mode = (__s32)regs->cx;
	__u64 pd = regs->bx;

	if (!wanted(regs, RING_NETREADY))
		return 0;
	if (mode == 'r' || mode == 'r' + 'w')
		netready(pd + cfg.pd_rg, 'r');
	if (mode == 'w' || mode == 'r' + 'w')
		netready(pd + cfg.pd_wg, 'w');
	return 0;
}

/* call runqput(pp, newg, next) in newproc.func1, on g0, with its frame set up */
SEC("uprobe")
int go_create(struct x86_regs *regs)
{
	__u64 newg = regs->bx, creator, stack, child, gopc = 0, startpc = 0;
	struct ring_create *rec;

	if (!wanted(regs, RING_CREATE))
		return 0;
	stack = stack_of(0, regs->bp);
	creator = curg_goid(regs->r14);
	child = goid_of(newg);
	read_u64(&gopc, newg + cfg.g_gopc);
	read_u64(&startpc, newg + cfg.g_startpc);
	rec = reserve(RING_CREATE, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = creator;
	rec->child = child;
	rec->gopc = gopc;
	rec->startpc = startpc;
	rec->stack = stack;
	submit(rec);
	return 0;
}

/* gdestroy(gp), before 1.22 goexit0(gp) */
SEC("uprobe")
int go_exit(struct x86_regs *regs)
{
	struct ring_exit *rec;
	__u64 goid;

	if (!wanted(regs, RING_EXIT))
		return 0;
	goid = goid_of(regs->ax);
	if (cfg.cache_goids)
		cache_put(cache_at(&goids, regs->ax, GOID_SLOTS), 0, 0);
	rec = reserve(RING_EXIT, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	submit(rec);
	return 0;
}

static __always_inline void made(const struct x86_regs *regs, __u64 chan, __u64 stack)
{
	struct ring_make *rec;
	__u64 goid = goid_of(regs->r14), capacity = 0;
	__u16 elem = 0;
	bool ok;

	if (cfg.make_cap_sp >= 0)
		ok = read_u64(&capacity, regs->sp + cfg.make_cap_sp);
	else
		ok = read_u64(&capacity, chan + cfg.hchan_dataqsiz);
	if (!ok || bpf_probe_read_user(&elem, sizeof(elem), (void *)(chan + cfg.hchan_elemsize)))
		count(shared.faults, RING_MAKE);
	rec = reserve(RING_MAKE, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = elem;
	rec->goid = goid;
	rec->chan = chan;
	rec->capacity = capacity;
	rec->stack = stack;
	submit(rec);
}

/* In makechan's tail, its frame still there. */
SEC("uprobe")
int chan_make(struct x86_regs *regs)
{
	__u64 ax = regs->ax, cx = regs->cx, dx = regs->dx, bx = regs->bx, chan;

	/* All are read: the verifier takes no pointer into the context that is chosen at run time. */
	barrier_var(ax);
	barrier_var(cx);
	barrier_var(dx);
	barrier_var(bx);
	if (!wanted(regs, RING_MAKE))
		return 0;
	chan = cfg.make_reg == 1 ? cx : cfg.make_reg == 2 ? dx : cfg.make_reg == 3 ? bx : ax;
	made(regs, chan, stack_of(0, regs->bp));
	return 0;
}

/* At makechan's RET, where no better site was found. */
SEC("uprobe")
int chan_make_ret(struct x86_regs *regs)
{
	if (!wanted(regs, RING_MAKE))
		return 0;
	made(regs, regs->ax, entry_stack(regs));
	return 0;
}

/* closechan(c) */
SEC("uprobe")
int chan_close(struct x86_regs *regs)
{
	struct ring_close *rec;
	__u64 stack, goid;

	/* A nil channel: it panics. */
	if (!wanted(regs, RING_CLOSE) || !regs->ax)
		return 0;
	stack = entry_stack(regs);
	goid = goid_of(regs->r14);
	rec = reserve(RING_CLOSE, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	rec->chan = regs->ax;
	rec->stack = stack;
	submit(rec);
	return 0;
}

static __always_inline void op(const struct x86_regs *regs, __u64 chan, __u16 dir, __u32 result)
{
	struct ring_op *rec;
	__u64 goid = goid_of(regs->r14);

	rec = reserve(RING_OP, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = dir;
	rec->hdr.aux32 = result;
	rec->goid = goid;
	rec->chan = chan;
	submit(rec);
}

/* Entry of chansend and chanrecv(c, ep, block): where a failed try leaves, its channel is in no register any more. */
SEC("uprobe")
int chan_try(struct x86_regs *regs)
{
	struct ring_op *rec;
	__u64 goid;

	if (!wanted(regs, RING_TRY) || (regs->cx & 0xff) || !regs->ax)
		return 0;
	goid = goid_of(regs->r14);
	rec = reserve(RING_TRY, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	rec->chan = regs->ax;
	submit(rec);
	return 0;
}

/* RETs of a failed try that come before the argument is stored. */
SEC("uprobe")
int chan_send_ret_early(struct x86_regs *regs)
{
	if (wanted(regs, RING_OP) && !(regs->ax & 1))
		op(regs, 0, 0, 2);
	return 0;
}

SEC("uprobe")
int chan_recv_ret_early(struct x86_regs *regs)
{
	if (wanted(regs, RING_OP) && !(regs->ax & 1))
		op(regs, 0, 1, 2);
	return 0;
}

/* RET of chansend(c, ep, block, callerpc) bool */
SEC("uprobe")
int chan_send_ret(struct x86_regs *regs)
{
	__u64 chan;

	if (!wanted(regs, RING_OP) || !read_u64(&chan, regs->sp + cfg.op_chan_sp) || !chan)
		return 0;
	op(regs, chan, 0, (regs->ax & 1) ? 0 : 2);
	return 0;
}

/* RET of chanrecv(c, ep, block) (selected, received bool) */
SEC("uprobe")
int chan_recv_ret(struct x86_regs *regs)
{
	__u64 chan;

	if (!wanted(regs, RING_OP) || !read_u64(&chan, regs->sp + cfg.op_chan_sp) || !chan)
		return 0;
	op(regs, chan, 1, !(regs->ax & 1) ? 2 : !(regs->bx & 1) ? 1 : 0);
	return 0;
}

/* RET of selectgo(cas0, order0, pc0, nsends, nrecvs, block) (int, bool) */
SEC("uprobe")
int chan_select_ret(struct x86_regs *regs)
{
	__u64 cas0, nsends, chan;
	__s64 chosen = (__s64)regs->ax;

	if (!wanted(regs, RING_OP) || chosen < 0 || chosen > 65535)
		return 0;
	if (!read_u64(&cas0, regs->sp + cfg.selop_cas0_sp) || !read_u64(&nsends, regs->sp + cfg.selop_nsends_sp) ||
	    !read_u64(&chan, cas0 + (__u64)chosen * sizeof(struct ring_case))) {
		count(shared.faults, RING_OP);
		return 0;
	}
	if ((__u64)chosen < nsends)
		op(regs, chan, 0 | 0x100, 0);
	else
		op(regs, chan, 1 | 0x100, (regs->bx & 1) ? 0 : 1);
	return 0;
}

/* execute(gp, inheritTime) */
SEC("uprobe")
int go_run(struct x86_regs *regs)
{
	struct ring_run *rec;
	__u64 goid;

	if (!wanted(regs, RING_RUN))
		return 0;
	goid = goid_of(regs->ax);
	rec = reserve(RING_RUN, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	submit(rec);
	return 0;
}
