// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs inside the target, called by the thunks, in place of the BPF programs
 * (bpf/). It is built without a library, without relocations and with general
 * registers only, and its stack use is checked when it is built.
 *
 * It must not fault. What it may load from:
 * - its own page (conf), and the shared memory;
 * - g, m, sudog, hchan and pollDesc, which Go never unmaps (runtime/malloc.go: the
 *   address space of the heap is not given back; persistentalloc is not freed);
 * - a stack between the bounds in its g, which stays mapped even once it is freed
 *   (runtime/stack.go, stackfree). stack_word() checks that.
 */
#include "inline/shared.h"

typedef __u64 u64;
typedef __u32 u32;

#define INL static inline __attribute__((always_inline))
#define HOT static __attribute__((noinline))
#define OUT static __attribute__((noinline, cold))
#define AT(type, addr) (*(const volatile type *)(addr))
#define WORD(addr) AT(u64, addr)
#define bool _Bool
#define true 1
#define false 0
#define NULL ((void *)0)

/* Offsets in runtime.g and runtime.stack, the same in all versions: g begins with its stack. */
#define G_STACK_LO 0

INL u64 ticks(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

INL u64 now(const struct inline_conf *c)
{
	const struct inline_clock *k = &c->shm->clocks[AT(u32, &c->shm->clock) % INLINE_CLOCKS];
	__int128 d = (__int128)(long)(ticks() - k->tsc) * (long)k->mult;

	return k->ns + (u64)(d >> 32);
}

INL struct bpf_shared *shared_of(const struct inline_conf *c)
{
	return &c->shm->vars.shared;
}

INL void count(__u64 *counters, u32 type)
{
	__atomic_fetch_add(&counters[type], 1, __ATOMIC_RELAXED);
}

/* There is no room. If that lasts, the recorder is gone. */
OUT void full(struct inline_conf *c)
{
	u64 t = ticks(), since = AT(u64, &c->shm->full_since);

	if (!since) {
		c->shm->full_since = t;
	} else if (t - since > c->dead_ticks && (long)(t - since) > 0) {
		c->on = 0;
		c->shm->self_off = 1;
	}
}

/* --- the ring, as in bpf/slots.h and bpf/send.h --- */

INL u64 slots_used(const struct inline_conf *c, u64 *tail)
{
	*tail = AT(u64, &c->shm->vars.pos.tail);
	return AT(u64, &c->shm->vars.pos.head) - *tail;
}

INL struct ring_slot *slot_at(const struct inline_conf *c, u64 pos)
{
	return &c->ring[pos & c->mask];
}

INL bool take(struct inline_conf *c, u32 n, u64 *pos)
{
	u64 nslots = c->mask + 1, tail;

	if (__builtin_expect(slots_used(c, &tail) + n > nslots - nslots / 64, 0)) {
		full(c);
		return false;
	}
	*pos = __atomic_fetch_add(&c->shm->vars.pos.head, n, __ATOMIC_RELAXED);
	if (__builtin_expect(*pos + n - tail > nslots, 0)) {
		shared_of(c)->overrun = 1;
		return false;
	}
	*(volatile u64 *)&slot_at(c, *pos)->seq = *pos;
	return true;
}

INL void submit(struct ring_slot *s, u64 pos)
{
	__atomic_store_n(&s->seq, pos + 1, __ATOMIC_RELEASE);
}

INL void header(struct ring_slot *s, u32 type, u32 nslots, u32 aux, u32 aux32, u64 time)
{
	s->rec[0] = type | nslots << 8 | (u64)aux << 16 | (u64)aux32 << 32;
	s->rec[1] = time;
}

/* A record of one slot. NULL: no room, counted as lost. */
INL struct ring_slot *reserve(struct inline_conf *c, u32 type, u32 aux, u32 aux32, u64 *pos)
{
	struct ring_slot *s;

	if (!take(c, 1, pos)) {
		count(shared_of(c)->lost, type);
		return NULL;
	}
	s = slot_at(c, *pos);
	header(s, type, 1, aux, aux32, now(c));
	return s;
}

INL u32 ring_level(struct inline_conf *c)
{
	u64 tail, used = slots_used(c, &tail), eighth = (c->mask + 1) / 8;

	if (__builtin_expect(used <= eighth * 4, 1))
		return RING_LEVEL_ALL;
	if (used > eighth * 6 && !AT(u32, &shared_of(c)->is_tight))
		shared_of(c)->is_tight = 1;
	if (used > eighth * 7) {
		full(c);
		return RING_LEVEL_LIFE;
	}
	return used > eighth * 6 ? RING_LEVEL_NO_STACKS : RING_LEVEL_NO_READY_STACKS;
}

INL bool room(struct inline_conf *c, u32 type, bool *stack)
{
	struct bpf_shared *sh = shared_of(c);
	u32 limit = type == RING_READY ? RING_LEVEL_NO_READY_STACKS : RING_LEVEL_NO_STACKS;
	u32 by_ring = ring_level(c), level = AT(u32, &sh->level), least = by_ring > level ? by_ring : level;

	*stack = least < limit;
	if (__builtin_expect(least >= RING_LEVEL_LIFE, 0)) {
		count(by_ring >= RING_LEVEL_LIFE ? sh->lost : sh->shed, type);
		return false;
	}
	if (__builtin_expect(!*stack, 0) && (type != RING_READY || c->cfg.ready_stacks))
		count(by_ring >= limit ? sh->bare : sh->shed_stacks, type);
	return true;
}

INL bool room_plain(struct inline_conf *c, u32 type)
{
	struct bpf_shared *sh = shared_of(c);

	if (ring_level(c) >= RING_LEVEL_LIFE)
		count(sh->lost, type);
	else if (AT(u32, &sh->level) >= RING_LEVEL_LIFE)
		count(sh->shed, type);
	else
		return true;
	return false;
}

/* --- stacks, as in bpf/stack.h --- */

/* Where a walk may read: on g's stack from lo on, and on all of a second one. len: of the bytes where a word may begin.
 */
struct walk {
	u64 bp, pc, last;
	u64 lo, len, lo2, len2;
};

INL bool stack_word(const struct walk *w, u64 addr, u64 *word)
{
	if (__builtin_expect((addr - w->lo >= w->len && addr - w->lo2 >= w->len2) || (addr & 7), 0))
		return false;
	*word = WORD(addr);
	return true;
}

INL u64 stack_hi(const struct inline_conf *c, u64 g)
{
	return WORD(g + (u64)c->cfg.g_stack_hi);
}

/* The bytes from lo on in which a word may begin. */
INL u64 stack_len(u64 lo, u64 hi)
{
	return hi > lo + 8 ? hi - lo - 7 : 0;
}

INL u64 curg_of(const struct inline_conf *c, u64 g0)
{
	u64 m = WORD(g0 + (u64)c->cfg.g_m);

	return m ? WORD(m + (u64)c->cfg.m_curg) : 0;
}

/*
 * The stack of g, which begins at sp: its frames from bp on. sp 0: g does not
 * run, and bp is known otherwise. also: another g whose stack the frames may
 * lead to; 0: none.
 */
INL void walk_init(const struct inline_conf *c, struct walk *w, u64 bp, u64 sp, u64 g, u64 also)
{
	u64 least = WORD(g + G_STACK_LO);

	w->bp = bp;
	w->pc = w->last = 0;
	w->lo = sp > least ? sp : least;
	w->len = stack_len(w->lo, stack_hi(c, g));
	w->lo2 = w->len2 = 0;
	if (also && also != g) {
		w->lo2 = WORD(also + G_STACK_LO);
		w->len2 = stack_len(w->lo2, stack_hi(c, also));
	}
}

INL bool in_text(const struct inline_conf *c, u64 pc)
{
	return pc - c->cfg.text_lo < c->cfg.text_hi - c->cfg.text_lo;
}

/* See walk_cross() in bpf/stack.h. */
OUT void walk_cross(const struct inline_conf *c, struct walk *w)
{
	u64 sp = w->bp + 16 + (u64)(long)c->cfg.cb_frame, pc;

	w->bp = 0;
	if (!stack_word(w, sp - 8, &pc))
		return;
	if (pc - c->cfg.switch_lo >= c->cfg.switch_len) {
		w->pc = pc;
		return;
	}
	if (pc != c->cfg.switch_lo)
		sp += (u64)(long)c->cfg.switch_delta;
	if (stack_word(w, sp, &w->pc))
		w->bp = sp + (u64)(long)c->cfg.cgocall_delta;
}

INL u64 walk_next(const struct inline_conf *c, struct walk *w)
{
	u64 pc, bp;

	if (w->pc) {
		pc = w->pc;
		w->pc = 0;
		return in_text(c, pc) ? pc : 0;
	}
	if (!w->bp || !stack_word(w, w->bp + 8, &pc) || !stack_word(w, w->bp, &bp) || !in_text(c, pc))
		return 0;
	if (__builtin_expect(w->last - c->cfg.sigpanic_lo < c->cfg.sigpanic_len, 0) &&
	    (!stack_word(w, w->bp + 16, &w->pc) || !in_text(c, w->pc)))
		w->pc = c->cfg.text_lo;
	w->last = pc;
	if (__builtin_expect(pc - c->cfg.cb_lo < c->cfg.cb_len, 0))
		walk_cross(c, w);
	else
		w->bp = bp;
	return pc;
}

/* Starts a walk. is_entry: the return address is at sp. */
INL void walk_begin(const struct inline_conf *c, struct walk *w, u64 bp, u64 sp, u64 g, u64 also, bool is_entry)
{
	u64 pc;

	walk_init(c, w, bp, sp, g, also);
	if (is_entry && stack_word(w, sp, &pc) && in_text(c, pc))
		w->pc = pc;
}

HOT u64 stack_hash(const struct inline_conf *c, u64 bp, u64 sp, u64 g, u64 also, bool is_entry)
{
	struct walk w;
	u64 hash = 0, pc;

	walk_begin(c, &w, bp, sp, g, also, is_entry);
	for (u32 n = 0; n < RING_MAX_FRAMES && (pc = walk_next(c, &w)); n++)
		hash = stack_hash_step(hash, pc);
	return hash ? hash : 1;
}

#define STACK_WORDS (sizeof(struct ring_stack) / 8)

/* Sends the frames of a stack: walks once to count them, and once more into the record. */
OUT void frames(struct inline_conf *c, u64 bp, u64 sp, u64 g, u64 also, bool is_entry)
{
	u64 pos = 0, hash = 0, n = 0, k;
	struct walk w;

	for (int pass = 0; pass < 2; pass++) {
		walk_begin(c, &w, bp, sp, g, also, is_entry);
		for (k = STACK_WORDS; k < STACK_WORDS + RING_MAX_FRAMES && (!pass || k < n); k++) {
			u64 pc = walk_next(c, &w);

			if (!pc)
				break;
			if (!pass)
				continue;
			hash = stack_hash_step(hash, pc);
			slot_at(c, pos + k / RING_SLOT_WORDS)->rec[k % RING_SLOT_WORDS] = pc;
		}
		if (pass)
			break;
		n = k;
		if (!take(c, (u32)RING_SLOTS(n * 8), &pos)) {
			__atomic_fetch_add(&shared_of(c)->stack_lost, 1, __ATOMIC_RELAXED);
			return;
		}
	}
	hash += !hash;
	k -= STACK_WORDS;
	header(slot_at(c, pos), RING_STACK, (u32)RING_SLOTS(n * 8), (u32)k, k == RING_MAX_FRAMES && (w.bp || w.pc), 0);
	slot_at(c, pos)->rec[2] = hash;
	submit(slot_at(c, pos), pos);
	c->shm->seen[hash % INLINE_SEEN] = hash;
}

/* The hash of the stack; its frames were sent, now or before. */
INL u64 stack_of(struct inline_conf *c, u64 bp, u64 sp, u64 g, u64 also, bool is_entry)
{
	u64 hash = stack_hash(c, bp, sp, g, also, is_entry);

	if (__builtin_expect(AT(u64, &c->shm->seen[hash % INLINE_SEEN]) != hash, 0))
		frames(c, bp, sp, g, also, is_entry);
	return hash;
}

INL u64 goid_of(const struct inline_conf *c, u64 g)
{
	return g ? WORD(g + (u64)c->cfg.g_goid) : 0;
}

INL u32 flags_of(const struct inline_conf *c, u32 reason)
{
	return c->cfg.reason_flags[reason & (REASON_MAX - 1)];
}

INL bool enabled(const struct inline_conf *c)
{
	return AT(u32, &c->shm->vars.shared.enabled) != 0;
}

/* --- parks, as in bpf/park.h --- */

/* Where a goroutine waits, and on what. */
struct park {
	u64 g, goid, lock, stack;
	u64 bp;    /* of gopark's caller */
	u64 sp;    /* the part of g's stack that may be read begins here; 0: all of it */
	u64 time;  /* when a deferred park began; else 0 */
	u64 moved; /* bytes by which the stack has moved since then */
	u32 reason, flags;
};

INL u32 park_aux(const struct park *p)
{
	return p->reason | (p->time ? RING_DEFERRED : 0);
}

INL bool park_word(const struct inline_conf *c, const struct park *p, u64 addr, u64 *word)
{
	struct walk w;

	walk_init(c, &w, 0, p->sp, p->g, 0);
	return stack_word(&w, addr, word);
}

/*
 * The slot that points to the cases is dead during the wait, so if the stack
 * moved, the old address may be there. 0: it cannot be told.
 */
INL u64 select_cases(const struct inline_conf *c, const struct park *p)
{
	u64 cas0, at, word;

	if (!park_word(c, p, p->bp + (u64)(long)c->cfg.select_cas0, &cas0))
		return 0;
	if (!p->moved)
		return cas0;
	at = cas0 + p->moved;
	if (park_word(c, p, cas0, &word) == park_word(c, p, at, &word))
		return 0;
	return park_word(c, p, cas0, &word) ? cas0 : at;
}

HOT void park_select(struct inline_conf *c, const struct park *p)
{
	u64 cas0 = select_cases(c, p), nsends = 0, ncases = 0, pos, n;

	if (!cas0 || !park_word(c, p, p->bp + (u64)(long)c->cfg.select_nsends, &nsends) ||
	    !park_word(c, p, p->bp + (u64)(long)c->cfg.select_ncases, &ncases) || ncases > 65536 || nsends > ncases) {
		count(shared_of(c)->faults, RING_SELECT);
		ncases = nsends = 0;
	}
	n = ncases > RING_CASES_L ? RING_CASES_L : ncases;
	if (!take(c, (u32)RING_SLOTS(sizeof(struct ring_select) + n * sizeof(struct ring_case)), &pos)) {
		count(shared_of(c)->lost, RING_SELECT);
		return;
	}
	header(slot_at(c, pos), RING_SELECT, (u32)RING_SLOTS(sizeof(struct ring_select) + n * sizeof(struct ring_case)),
	       park_aux(p), (u32)n, p->time ? p->time : now(c));
	slot_at(c, pos)->rec[2] = p->goid;
	slot_at(c, pos)->rec[3] = p->stack;
	slot_at(c, pos)->rec[4] = ncases | nsends << 32;
	for (u64 i = 0; i < n * 2; i++)
		slot_at(c, pos + 1 + i / RING_SLOT_WORDS)->rec[i % RING_SLOT_WORDS] = WORD(cas0 + i * 8);
	submit(slot_at(c, pos), pos);
}

HOT void park_plain(struct inline_conf *c, const struct park *p)
{
	u64 pos, arg = 0, arg2 = 0;
	struct ring_slot *s;

	if (p->flags & REASON_ARG) {
		if (!park_word(c, p, p->bp + 16, &arg))
			count(shared_of(c)->faults, RING_PARK);
	} else if ((p->flags & REASON_FD) && p->lock) {
		/* &pd.rg or &pd.wg, which are adjacent; see struct ring_park. pd.fd is not pd's first word. */
		arg = WORD(p->lock - (u64)c->cfg.pd_wg + (u64)c->cfg.pd_fd);
		arg2 = WORD(p->lock - (u64)c->cfg.pd_wg + (u64)c->cfg.pd_fd + 8);
	}
	s = reserve(c, RING_PARK, park_aux(p), 0, &pos);
	if (!s)
		return;
	if (p->time)
		s->rec[1] = p->time;
	s->rec[2] = p->goid;
	s->rec[3] = p->stack;
	s->rec[4] = p->lock;
	s->rec[5] = arg;
	s->rec[6] = arg2;
	submit(s, pos);
}

INL void park_send(struct inline_conf *c, const struct park *p)
{
	if (p->flags & REASON_SELECT)
		park_select(c, p);
	else
		park_plain(c, p);
}

/* --- deferred parks, as in bpf/deferred.h --- */

INL struct wait_slot *wait_of(const struct inline_conf *c, u64 g)
{
	return &c->shm->waits[(g * 0x9e3779b97f4a7c15ull >> 32) % WAIT_SLOTS];
}

OUT bool wait_missed(struct inline_conf *c, struct wait_slot *s, u64 goid)
{
	u64 began = s->time, waited = now(c) - began, pos;
	struct ring_slot *r;

	s->time = 0;
	if (s->goid != goid)
		return false;
	if (flags_of(c, (u32)s->reason) & REASON_FD) {
		r = reserve(c, RING_NETREADY, 0, 0, &pos);
		if (r) {
			r->rec[2] = s->lock;
			r->rec[3] = 0;
			submit(r, pos);
		}
		return false;
	}
	if (waited < AT(u64, &shared_of(c)->min_block)) {
		s->nshort++;
		s->short_ns += waited;
		return false;
	}
	r = reserve(c, RING_PARK, (u32)s->reason | RING_DEFERRED, 0, &pos);
	if (!r)
		return false;
	r->rec[1] = began;
	r->rec[2] = goid;
	r->rec[3] = 0;
	r->rec[4] = s->lock;
	r->rec[5] = r->rec[6] = 0;
	submit(r, pos);
	return true;
}

/* True: the park is deferred. */
INL bool wait_defer(struct inline_conf *c, const struct inline_regs *r, u32 reason, u32 flags)
{
	const struct bpf_shared *sh = shared_of(c);
	bool wanted =
	        AT(u64, &sh->min_block) && (flags & REASON_DEFER) && !AT(u32, &sh->starting) && !AT(u32, &sh->closing);
	struct wait_slot *s = wait_of(c, r->r14);
	u64 goid, none = 0;

	if (AT(u64, &s->g) != r->r14 &&
	    (!wanted || s->g ||
	     !__atomic_compare_exchange_n(&s->g, &none, r->r14, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)))
		return false;
	goid = goid_of(c, r->r14);
	if (s->time && wait_missed(c, s, goid))
		return false;
	if (!wanted || !goid)
		return false;
	s->goid = goid;
	s->lock = r->bx;
	s->bp = r->bp;
	s->reason = reason;
	__atomic_store_n(&s->time, now(c), __ATOMIC_RELEASE);
	return true;
}

INL void wait_drop(struct inline_conf *c, u64 g)
{
	struct wait_slot *s = wait_of(c, g);

	if (AT(u32, &shared_of(c)->may_defer) && AT(u64, &s->g) == g)
		s->time = 0;
}

/* The wait of g was long: its park is sent before its wake-up. g does not run, so gopark's frame is at sched.bp. */
OUT void wait_long(struct inline_conf *c, struct wait_slot *s, u64 g)
{
	u64 bp = WORD(g + (u64)c->cfg.g_sched_bp);
	struct park p = { .g = g, .goid = s->goid, .lock = s->lock, .reason = (u32)s->reason, .time = s->time };
	bool walk;

	s->time = 0;
	if (!room(c, RING_PARK, &walk))
		return;
	if (walk && bp)
		p.stack = stack_of(c, bp, 0, g, 0, false);
	p.flags = flags_of(c, p.reason);
	if (park_word(c, &p, bp, &p.bp))
		p.moved = p.bp - s->bp;
	else
		count(shared_of(c)->faults, RING_PARK);
	park_send(c, &p);
}

/* True: the wait that ends was too short, and nothing is sent. */
INL bool wait_end(struct inline_conf *c, u64 g)
{
	struct wait_slot *s;
	u64 waited;

	if (!AT(u32, &shared_of(c)->may_defer))
		return false;
	s = wait_of(c, g);
	if (AT(u64, &s->g) != g || !s->time)
		return false;
	waited = now(c) - s->time;
	if (waited >= AT(u64, &shared_of(c)->min_block) || AT(u32, &shared_of(c)->closing)) {
		wait_long(c, s, g);
		return false;
	}
	s->time = 0;
	s->nshort++;
	s->short_ns += waited;
	return true;
}

/* --- the sites --- */

INL u64 cost_begin(const struct inline_conf *c)
{
	return __builtin_expect(AT(u32, &c->shm->is_metered), 0) ? ticks() : 0;
}

INL void cost_end(const struct inline_conf *c, u64 g, u64 began)
{
	struct inline_cost *cost;
	u64 took;

	if (__builtin_expect(!began, 1))
		return;
	took = ticks() - began;
	cost = &c->shm->costs[(g * 0x9e3779b97f4a7c15ull >> 32) % INLINE_COSTS];
	cost->hits++;
	cost->ticks += took < c->hit_ticks_most ? took : 0;
}

/* Defines h_NAME(), which times do_NAME(), whose body follows. */
#define HANDLER(name) \
	INL void do_##name(struct inline_conf *c, const struct inline_regs *r, u64 sp); \
	void h_##name(struct inline_conf *c, const struct inline_regs *r, u64 sp); \
	void h_##name(struct inline_conf *c, const struct inline_regs *r, u64 sp) \
	{ \
		u64 began = cost_begin(c); \
		do_##name(c, r, sp); \
		cost_end(c, r->r14, began); \
	} \
	INL void do_##name(struct inline_conf *c, const struct inline_regs *r, u64 sp)

/* gopark(unlockf, lock, reason, traceReason, skip) */
HANDLER(park)
{
	struct park p = { .g = r->r14, .lock = r->bx, .bp = r->bp, .sp = sp, .reason = r->cx & 0xff };
	bool walk;

	p.flags = flags_of(c, p.reason);
	if (!enabled(c) || (AT(u32, &shared_of(c)->may_defer) && wait_defer(c, r, p.reason, p.flags)))
		return;
	p.goid = goid_of(c, p.g);
	if (!room(c, p.flags & REASON_SELECT ? RING_SELECT : RING_PARK, &walk))
		return;
	if (walk)
		p.stack = stack_of(c, r->bp, sp, r->r14, 0, true);
	park_send(c, &p);
}

/* ready(gp, traceskip, next), on g0 */
HANDLER(ready)
{
	u64 gp = r->ax, curg, chan = 0, param, pos, stack = 0;
	struct ring_slot *s;
	u32 flags;
	bool walk;

	if (!enabled(c) || wait_end(c, gp) || !room(c, RING_READY, &walk))
		return;
	flags = flags_of(c, AT(__u8, gp + (u64)c->cfg.g_waitreason));
	/* g.param is the sudog that fired. */
	if ((flags & REASON_SELECT) || (AT(u32, &shared_of(c)->starting) && (flags & REASON_CHAN))) {
		param = WORD(gp + (u64)c->cfg.g_param);
		chan = param ? WORD(param + (u64)c->cfg.sudog_c) : 0;
	}
	curg = curg_of(c, r->r14);
	if (walk && c->cfg.ready_stacks)
		stack = stack_of(c, r->bp, sp, r->r14, curg, true);
	s = reserve(c, RING_READY, chan != 0, 0, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, curg);
	s->rec[3] = goid_of(c, gp);
	s->rec[4] = stack;
	s->rec[5] = chan;
	submit(s, pos);
}

HOT void netready(struct inline_conf *c, u64 gpp, u32 mode)
{
	u64 gp = WORD(gpp), pos;
	struct ring_slot *s;

	/* 0: nobody waits; 1: pdReady; 2: pdWait, about to park (runtime/netpoll.go). */
	if (gp < 2 || (gp > 2 && wait_end(c, gp)) || !room_plain(c, RING_NETREADY))
		return;
	s = reserve(c, RING_NETREADY, mode, 0, &pos);
	if (!s)
		return;
	s->rec[2] = gpp;
	s->rec[3] = gp == 2 ? 0 : goid_of(c, gp);
	submit(s, pos);
}

/* netpollready(toRun, pd, mode) */
HANDLER(netready)
{
	int mode = (int)r->cx;

	if (!enabled(c))
		return;
	if (mode == 'r' || mode == 'r' + 'w')
		netready(c, r->bx + (u64)c->cfg.pd_rg, 'r');
	if (mode == 'w' || mode == 'r' + 'w')
		netready(c, r->bx + (u64)c->cfg.pd_wg, 'w');
}

HOT void created(struct inline_conf *c, const struct inline_regs *r, u64 sp, u64 newg)
{
	u64 curg = curg_of(c, r->r14), stack = stack_of(c, r->bp, sp, r->r14, curg, false), pos;
	struct ring_slot *s = reserve(c, RING_CREATE, 0, 0, &pos);

	if (!s)
		return;
	s->rec[2] = goid_of(c, curg);
	s->rec[3] = goid_of(c, newg);
	s->rec[4] = WORD(newg + (u64)c->cfg.g_gopc);
	s->rec[5] = WORD(newg + (u64)c->cfg.g_startpc);
	s->rec[6] = stack;
	submit(s, pos);
}

/* In newproc.func1, at the call of runqput(pp, newg, next) */
HANDLER(create)
{
	if (enabled(c))
		created(c, r, sp, r->bx);
}

/* In newcoro.func1, after the call of newproc1 */
HANDLER(coro)
{
	if (enabled(c))
		created(c, r, sp, r->ax);
}

/* gdestroy(gp), before 1.22 goexit0(gp) */
HANDLER(exit)
{
	struct ring_slot *s;
	u64 pos;

	if (!enabled(c))
		return;
	wait_drop(c, r->ax);
	s = reserve(c, RING_EXIT, 0, 0, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, r->ax);
	submit(s, pos);
}

/* The word at off from sp; 0: there is none. */
INL u64 frame_word(const struct inline_conf *c, const struct inline_regs *r, u64 sp, u64 off)
{
	struct walk w;
	u64 word;

	walk_init(c, &w, 0, sp, r->r14, 0);
	return stack_word(&w, sp + off, &word) ? word : 0;
}

HOT void made(struct inline_conf *c, const struct inline_regs *r, u64 sp, u64 chan, bool is_entry)
{
	u64 stack = stack_of(c, r->bp, sp, r->r14, 0, is_entry), pos;
	struct ring_slot *s = reserve(c, RING_MAKE, AT(__u16, chan + (u64)c->cfg.hchan_elemsize), 0, &pos);

	if (!s)
		return;
	s->rec[2] = goid_of(c, r->r14);
	s->rec[3] = chan;
	s->rec[4] = c->cfg.make_cap_sp < 0 ? WORD(chan + (u64)c->cfg.hchan_dataqsiz)
	                                   : frame_word(c, r, sp, (u64)c->cfg.make_cap_sp);
	s->rec[5] = stack;
	submit(s, pos);
}

/* In makechan's tail, while its frame still exists */
HANDLER(make)
{
	int reg = c->cfg.make_reg;
	u64 chan = reg == 1 ? r->cx : reg == 2 ? r->dx : reg == 3 ? r->bx : r->ax;

	if (enabled(c) && chan)
		made(c, r, sp, chan, false);
}

/* At makechan's RET */
HANDLER(make_ret)
{
	if (enabled(c) && r->ax)
		made(c, r, sp, r->ax, true);
}

/* closechan(c) */
HANDLER(close)
{
	struct ring_slot *s;
	u64 stack, pos;

	/* Closing a nil channel panics. */
	if (!enabled(c) || !r->ax)
		return;
	stack = stack_of(c, r->bp, sp, r->r14, 0, true);
	s = reserve(c, RING_CLOSE, 0, 0, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, r->r14);
	s->rec[3] = r->ax;
	s->rec[4] = stack;
	submit(s, pos);
}

/* --- --events ops and run, as in bpf/chan.h and bpf/life.h --- */

HOT void op(struct inline_conf *c, const struct inline_regs *r, u64 chan, u32 dir, u32 result)
{
	struct ring_slot *s;
	u64 pos;

	if (!room_plain(c, RING_OP))
		return;
	s = reserve(c, RING_OP, dir, result, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, r->r14);
	s->rec[3] = chan;
	submit(s, pos);
}

/* RET of chansend(c, ep, block, callerpc) bool */
HANDLER(send_ret)
{
	u64 chan = enabled(c) ? frame_word(c, r, sp, (u64)c->cfg.op_chan_sp) : 0;

	if (chan)
		op(c, r, chan, 0, (r->ax & 1) ? 0 : 2);
}

/* RET of chanrecv(c, ep, block) (selected, received bool) */
HANDLER(recv_ret)
{
	u64 chan = enabled(c) ? frame_word(c, r, sp, (u64)c->cfg.op_chan_sp) : 0;

	if (chan)
		op(c, r, chan, 1, !(r->ax & 1) ? 2 : !(r->bx & 1) ? 1 : 0);
}

/* RETs of a failed try that precede the store of the argument */
HANDLER(send_early)
{
	if (enabled(c) && !(r->ax & 1))
		op(c, r, 0, 0, 2);
}

HANDLER(recv_early)
{
	if (enabled(c) && !(r->ax & 1))
		op(c, r, 0, 1, 2);
}

/* RET of selectgo(cas0, order0, pc0, nsends, nrecvs, block) (int, bool) */
HANDLER(select_ret)
{
	long chosen = (long)r->ax;
	u64 cas0, nsends, chan;

	if (!enabled(c) || chosen < 0 || chosen > 65535)
		return;
	cas0 = frame_word(c, r, sp, (u64)c->cfg.selop_cas0_sp);
	nsends = frame_word(c, r, sp, (u64)c->cfg.selop_nsends_sp);
	if (!cas0) {
		count(shared_of(c)->faults, RING_OP);
		return;
	}
	chan = WORD(cas0 + (u64)chosen * sizeof(struct ring_case));
	if ((u64)chosen < nsends)
		op(c, r, chan, 0 | 0x100, 0);
	else
		op(c, r, chan, 1 | 0x100, (r->bx & 1) ? 0 : 1);
}

/* Entry of chansend and chanrecv(c, ep, block) */
HANDLER(try)
{
	struct ring_slot *s;
	u64 pos;

	if (!enabled(c) || (r->cx & 0xff) || !r->ax || !room_plain(c, RING_TRY))
		return;
	s = reserve(c, RING_TRY, 0, 0, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, r->r14);
	s->rec[3] = r->ax;
	submit(s, pos);
}

/* execute(gp, inheritTime) */
HANDLER(run)
{
	struct ring_slot *s;
	u64 pos;

	if (!enabled(c) || !room_plain(c, RING_RUN))
		return;
	s = reserve(c, RING_RUN, 0, 0, &pos);
	if (!s)
		return;
	s->rec[2] = goid_of(c, r->ax);
	submit(s, pos);
}
