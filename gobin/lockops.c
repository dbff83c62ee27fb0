// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/lockops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANY UINT32_MAX
#define BACK_MAX 4 /* blocks between a slow path and the atomic instruction before it */

/* Go 1.24 moved the mutex to internal/sync; sync.(*Mutex).Lock is a call of that one. */
static const struct method {
	const char *name;
	uint8_t op, kind;
	bool is_slow; /* called where the method itself is inlined */
} methods[] = {
	{ "sync.(*Mutex).Lock", LOCK_OP_TAKE, LOCK_KIND_MUTEX, false },
	{ "sync.(*Mutex).lockSlow", LOCK_OP_TAKE, LOCK_KIND_MUTEX, true },
	{ "sync.(*Mutex).TryLock", LOCK_OP_TRY, LOCK_KIND_MUTEX, false },
	{ "sync.(*Mutex).Unlock", LOCK_OP_RELEASE, LOCK_KIND_MUTEX, false },
	{ "sync.(*Mutex).unlockSlow", LOCK_OP_RELEASE, LOCK_KIND_MUTEX, true },
	{ "internal/sync.(*Mutex).Lock", LOCK_OP_TAKE, LOCK_KIND_MUTEX, false },
	{ "internal/sync.(*Mutex).lockSlow", LOCK_OP_TAKE, LOCK_KIND_MUTEX, true },
	{ "internal/sync.(*Mutex).TryLock", LOCK_OP_TRY, LOCK_KIND_MUTEX, false },
	{ "internal/sync.(*Mutex).Unlock", LOCK_OP_RELEASE, LOCK_KIND_MUTEX, false },
	{ "internal/sync.(*Mutex).unlockSlow", LOCK_OP_RELEASE, LOCK_KIND_MUTEX, true },
	{ "sync.(*RWMutex).RLock", LOCK_OP_TAKE, LOCK_KIND_READ, false },
	{ "sync.(*RWMutex).TryRLock", LOCK_OP_TRY, LOCK_KIND_READ, false },
	{ "sync.(*RWMutex).RUnlock", LOCK_OP_RELEASE, LOCK_KIND_READ, false },
	{ "sync.(*RWMutex).rUnlockSlow", LOCK_OP_RELEASE, LOCK_KIND_READ, true },
	{ "sync.(*RWMutex).Lock", LOCK_OP_TAKE, LOCK_KIND_WRITE, false },
	{ "sync.(*RWMutex).TryLock", LOCK_OP_TRY, LOCK_KIND_WRITE, false },
	{ "sync.(*RWMutex).Unlock", LOCK_OP_RELEASE, LOCK_KIND_WRITE, false },
	/* RLock waits with the second from Go 1.20 on, with the first before. */
	{ "sync.runtime_SemacquireMutex", LOCK_OP_SEMA, LOCK_KIND_READ, true },
	{ "sync.runtime_SemacquireRWMutexR", LOCK_OP_SEMA, LOCK_KIND_READ, true },
};

#define METHODS (sizeof(methods) / sizeof(*methods))
_Static_assert(METHODS <= LOCK_ENTRIES_MAX, "one entry for each method");

int lock_ops_init(struct lock_ops *o, const struct gobin *b)
{
	struct pcln_func f;
	struct go_layout l;

	*o = (struct lock_ops){ .b = b };
	/* Before Go 1.17 arguments were on the stack; the table of 1.17 cannot be told from that of 1.16. */
	if (b->pcln.magic == PCLN_MAGIC_116 || gobin_layout(b, &l, NULL))
		return -ENOTSUP;
	o->mutex_state = l.mutex_state;
	o->reader_count = l.rwmutex_readercount;
	o->reader_sem = l.rwmutex_readersem;
	if (o->mutex_state < 0 || o->reader_count < 0 || o->reader_sem < 0)
		return -ENOTSUP;
	for (size_t i = 0; i < METHODS; i++)
		if (!pclntab_func_named(&b->pcln, methods[i].name, &f))
			o->entries[o->n++] = (struct lock_entry){ f.entry, (uint8_t)i };
	return 0;
}

static const struct method *method_at(const struct lock_ops *o, uint64_t addr)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->entries[i].addr == addr)
			return &methods[o->entries[i].method];
	return NULL;
}

struct lock_does lock_ops_call(const struct lock_ops *o, uint64_t addr)
{
	const struct method *m = method_at(o, addr);

	return m ? (struct lock_does){ .op = m->op, .kind = m->kind } : (struct lock_does){ .op = LOCK_OP_NONE };
}

bool lock_ops_in(const struct lock_ops *o, const uint8_t *code, uint64_t len, uint64_t addr)
{
	for (uint64_t i = 0; i + 5 <= len; i++)
		/* A call, or bytes that look like one. */
		if (code[i] == 0xe8 && method_at(o, addr + i + 5 + (uint64_t)(int64_t)(int32_t)le32(code + i + 1)))
			return true;
	return false;
}

/* The only block that leads to each block, or MANY. NULL: out of memory. */
static uint32_t *leaders_of(const struct lock_blocks *blocks)
{
	uint32_t *from = malloc(blocks->n * sizeof(*from));
	bool *has = calloc(blocks->n, sizeof(*has));

	for (uint32_t i = 0; from && has && i < blocks->n; i++) {
		for (uint32_t k = 0; k < blocks->v[i].nto; k++) {
			uint32_t to = blocks->to.v[blocks->v[i].to + k];

			from[to] = has[to] ? MANY : i;
			has[to] = true;
		}
	}
	for (uint32_t i = 0; from && has && i < blocks->n; i++)
		from[i] = has[i] ? from[i] : MANY;
	free(has);
	return has ? from : (free(from), NULL);
}

/* The last atomic instruction before instruction i of block at, without a call between. SIZE_MAX: none. */
static size_t atomic_before(const struct insns *code, const struct lock_blocks *blocks, const uint32_t *from,
                            uint32_t at, size_t i)
{
	for (int n = 0; n < BACK_MAX && at != MANY; n++, at = from[at]) {
		if (n)
			i = blocks->v[at].end;
		while (i-- > blocks->v[at].begin) {
			if (code->v[i].kind == INSN_LOCKED)
				return i;
			if (code->v[i].kind == INSN_CALL)
				return SIZE_MAX;
		}
	}
	return SIZE_MAX;
}

/*
 * The compiler inlines the fast path: an atomic instruction, and a branch to the
 * call of the slow path. The table of inlined calls does not always tell whose
 * instruction it is, but the slow path does.
 */
int lock_ops_inlined(const struct lock_ops *o, const struct insns *code, const struct lock_blocks *blocks,
                     struct lock_does *does)
{
	uint32_t *from = leaders_of(blocks);

	for (uint32_t b = 0; from && b < blocks->n; b++) {
		for (size_t i = blocks->v[b].begin; i < blocks->v[b].end; i++) {
			const struct insn *in = &code->v[i];
			const struct method *m = in->kind == INSN_CALL ? method_at(o, insn_to(in)) : NULL;
			size_t k = m && m->is_slow ? atomic_before(code, blocks, from, b, i) : SIZE_MAX;
			bool takes = m && m->op != LOCK_OP_RELEASE;

			/* Only Mutex.Lock compares and exchanges, the others add. */
			if (k == SIZE_MAX || code->v[k].cmpxchg != (takes && m->kind == LOCK_KIND_MUTEX))
				continue;
			does[k].op = takes ? LOCK_OP_TAKE : LOCK_OP_RELEASE;
			does[k].kind = m->kind;
			does[k].off = m->kind == LOCK_KIND_MUTEX ? o->mutex_state : o->reader_count;
			does[i] = (struct lock_does){ takes ? LOCK_OP_TAKE : LOCK_OP_DONE, m->kind,
				                      m->op == LOCK_OP_SEMA ? o->reader_sem : 0 };
		}
	}
	free(from);
	return from ? 0 : -ENOMEM;
}
