// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/symval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SYMS_MAX (1u << 16)

int syms_init(struct syms *s)
{
	int ret = 0;

	*s = (struct syms){ 0 };
	ret |= vec_push(&s->v, (struct sym){ .op = SYM_FIXED });
	ret |= vec_push(&s->v, (struct sym){ .op = SYM_FRAME });
	for (int r = 0; r < REG_N; r++)
		ret |= vec_push(&s->v, (struct sym){ .op = SYM_ENTRY, .off = r });
	return ret;
}

void syms_free(struct syms *s)
{
	vec_free(&s->v);
	index_free(&s->index);
}

static bool sym_is(const void *table, uint32_t i, const void *key)
{
	const struct sym *a = &((const struct syms *)table)->v.v[i], *b = key;

	return a->op == b->op && a->kind == b->kind && a->parent == b->parent && a->off == b->off;
}

static struct val get(struct syms *s, const struct sym *key)
{
	uint64_t hash = hash_two((uint64_t)key->op << 40 | (uint64_t)key->kind << 32 | key->parent, (uint64_t)key->off);
	uint32_t i = index_find(&s->index, hash, sym_is, s, key);

	if (i)
		return (struct val){ i, 0 };
	if (s->v.n >= SYMS_MAX || vec_push(&s->v, *key)) {
		s->failed = true;
		return (struct val){ NODE_FRAME, INT64_MIN };
	}
	s->failed |= !index_add(&s->index, hash, (uint32_t)s->v.n - 1);
	return (struct val){ (uint32_t)s->v.n - 1, 0 };
}

struct val syms_get(struct syms *s, enum sym_op op, uint32_t parent, int64_t off)
{
	struct sym key = { .op = (uint8_t)op, .parent = parent, .off = off };

	return get(s, &key);
}

struct val syms_tried(struct syms *s, struct val lock, uint8_t kind)
{
	struct sym key = { .op = SYM_TRIED, .kind = kind, .parent = lock.node, .off = lock.off };

	return get(s, &key);
}

void symstate_entry(struct symstate *st)
{
	memset(st, 0, sizeof(*st));
	for (uint32_t r = 0; r < REG_N; r++)
		st->reg[r] = (struct val){ NODE_ENTRY + r, 0 };
	st->reg[REG_RSP] = (struct val){ NODE_FRAME, 0 };
}

/* The first slot at or above off. */
static uint32_t slot_from(const struct symstate *st, int64_t off)
{
	uint32_t i = 0;

	while (i < st->nslots && st->slots[i].off < off)
		i++;
	return i;
}

static const struct val *slot_at(const struct symstate *st, int64_t off)
{
	uint32_t i = slot_from(st, off);

	return i < st->nslots && st->slots[i].off == off ? &st->slots[i].v : NULL;
}

struct val symstate_load(struct syms *s, const struct symstate *st, struct val addr)
{
	const struct val *slot = addr.node == NODE_FRAME ? slot_at(st, addr.off) : NULL;

	return slot ? *slot : syms_get(s, SYM_LOAD, addr.node, addr.off);
}

static void slots_cut(struct symstate *st, uint32_t from, uint32_t to)
{
	memmove(st->slots + from, st->slots + to, (st->nslots - to) * sizeof(*st->slots));
	st->nslots -= to - from;
}

void symstate_store(struct symstate *st, struct val addr, uint8_t size, const struct val *v)
{
	uint32_t from, to;

	if (addr.node != NODE_FRAME)
		return;
	from = to = slot_from(st, addr.off - 7);
	while (to < st->nslots && st->slots[to].off < addr.off + size)
		to++;
	slots_cut(st, from, to);
	if (!v || st->nslots == SYM_SLOTS_MAX)
		return;
	memmove(st->slots + from + 1, st->slots + from, (st->nslots - from) * sizeof(*st->slots));
	st->slots[from] = (struct sym_slot){ addr.off, *v };
	st->nslots++;
}

bool symstate_addr(struct symstate *st, const struct place *p, struct val *out)
{
	if (p->kind == PLACE_FIXED) {
		*out = val_fixed((uint64_t)p->val);
		return true;
	}
	if (p->kind != PLACE_MEM || p->reg == REG_NONE || p->index != REG_NONE)
		return false;
	*out = val_plus(st->reg[p->reg], p->val);
	return true;
}

static void lose(struct syms *s, struct symstate *st, const struct insn *in)
{
	for (uint32_t r = 0; r < REG_N; r++)
		if (in->writes & 1u << r)
			st->reg[r] = syms_get(s, SYM_DEF, r, (int64_t)in->addr);
}

/* What a mov copies. False: not known. */
static bool value_of(struct syms *s, struct symstate *st, const struct place *p, uint8_t size, struct val *out)
{
	struct val addr;

	if (p->kind == PLACE_IMM) {
		*out = val_fixed((uint64_t)p->val);
		return true;
	}
	if (p->kind == PLACE_REG)
		*out = st->reg[p->reg];
	else if (symstate_addr(st, p, &addr))
		*out = symstate_load(s, st, addr);
	else
		return false;
	/* Half a register is enough for a small number. */
	if (p->kind == PLACE_REG && p->size == 4 && size == 4 && out->node == NODE_FIXED)
		return out->off == (int32_t)out->off && out->off >= 0;
	/* Whether a TryLock succeeded is a byte. */
	return (p->size == 8 && size == 8) || s->v.v[out->node].op == SYM_TRIED;
}

static void step_mov(struct syms *s, struct symstate *st, const struct insn *in)
{
	struct val v, addr;
	bool known = value_of(s, st, &in->src, in->dst.size, &v);

	if (in->dst.kind == PLACE_REG) {
		bool is_slot = symstate_addr(st, &in->src, &addr) && addr.node == NODE_FRAME && in->src.size == 8;

		lose(s, st, in);
		if (is_slot && !slot_at(st, addr.off)) {
			/* Whatever the slot contains: from here on it is known to be the same as the register. */
			v = syms_get(s, SYM_DEF, in->dst.reg, (int64_t)in->addr);
			symstate_store(st, addr, 8, &v);
		}
		if (known && in->dst.size >= 4)
			st->reg[in->dst.reg] = v;
		return;
	}
	lose(s, st, in);
	if (!symstate_addr(st, &in->dst, &addr))
		return;
	symstate_store(st, addr, in->dst.size, known && in->dst.size >= 8 ? &v : NULL);
	if (known && in->dst.size == 16)
		symstate_store(st, val_plus(addr, 8), 8, &v);
}

static void step_push(struct syms *s, struct symstate *st, const struct insn *in)
{
	struct val v;
	bool known = value_of(s, st, &in->dst, 8, &v);

	st->reg[REG_RSP] = val_plus(st->reg[REG_RSP], -8);
	symstate_store(st, st->reg[REG_RSP], 8, known ? &v : NULL);
}

static void step_pop(struct syms *s, struct symstate *st, const struct insn *in)
{
	struct val sp = st->reg[REG_RSP], v = symstate_load(s, st, sp);

	lose(s, st, in);
	st->reg[REG_RSP] = val_plus(sp, 8);
	if (in->dst.kind == PLACE_REG)
		st->reg[in->dst.reg] = v;
}

void symstate_step(struct syms *s, struct symstate *st, const struct insn *in)
{
	struct val addr;

	switch (in->kind) {
	case INSN_MOV:
		step_mov(s, st, in);
		return;
	case INSN_LEA:
		if (symstate_addr(st, &in->src, &addr) && in->dst.kind == PLACE_REG && in->dst.size == 8)
			st->reg[in->dst.reg] = addr;
		else
			lose(s, st, in);
		return;
	case INSN_ADD:
		st->reg[in->dst.reg] = val_plus(st->reg[in->dst.reg], in->src.val);
		return;
	case INSN_CLEAR:
		st->reg[in->dst.reg] = val_fixed(0);
		return;
	case INSN_PUSH:
		step_push(s, st, in);
		return;
	case INSN_POP:
		step_pop(s, st, in);
		return;
	case INSN_OTHER:
	case INSN_LOCKED:
		lose(s, st, in);
		if (symstate_addr(st, &in->dst, &addr))
			symstate_store(st, addr, in->dst.size, NULL);
		return;
	default:
		return;
	}
}

void symstate_called(struct syms *s, struct symstate *st, const struct insn *in)
{
	for (uint32_t r = 0; r < REG_N; r++)
		if (r != REG_RSP && r != REG_RBP && r != REG_R14)
			st->reg[r] = syms_get(s, SYM_DEF, r, (int64_t)in->addr);
}

static bool is_zero(struct val v)
{
	return v.node == NODE_FIXED && !v.off;
}

static bool join_slots(struct syms *s, struct symstate *to, const struct symstate *from, uint32_t block)
{
	bool changed = false;
	uint32_t n = 0, j = 0;

	for (uint32_t i = 0; i < to->nslots; i++) {
		struct sym_slot slot = to->slots[i];
		struct val was = slot.v, other;

		while (j < from->nslots && from->slots[j].off < slot.off)
			j++;
		if (j == from->nslots || from->slots[j].off != slot.off) {
			changed = true;
			continue;
		}
		other = from->slots[j].v;
		/* The slots of deferred calls are cleared at the entry; what is called was set. */
		if (is_zero(slot.v))
			slot.v = other;
		else if (!val_eq(slot.v, other) && !is_zero(other))
			slot.v = syms_get(s, SYM_JOIN, (uint32_t)(REG_N + slot.off), block);
		changed |= !val_eq(slot.v, was);
		to->slots[n++] = slot;
	}
	to->nslots = n;
	return changed;
}

bool symstate_join(struct syms *s, struct symstate *to, const struct symstate *from, uint32_t block)
{
	bool changed = join_slots(s, to, from, block);

	for (uint32_t r = 0; r < REG_N; r++) {
		struct val v;

		if (val_eq(to->reg[r], from->reg[r]))
			continue;
		v = syms_get(s, SYM_JOIN, r, block);
		changed |= !val_eq(to->reg[r], v);
		to->reg[r] = v;
	}
	return changed;
}

/* Makes the path lead one pointer further. */
static bool path_load(struct lock_path *p, int64_t off)
{
	if (p->nload == LOCK_PATH_MAX)
		return false;
	p->off[p->nload++] = p->add + off;
	p->add = 0;
	return true;
}

/* st: NULL at the function's entry. */
static bool path_of(const struct syms *s, const struct symstate *st, uint32_t node, struct lock_path *out, int depth)
{
	const struct sym *sym = &s->v.v[node];

	*out = (struct lock_path){ 0 };
	if (node == NODE_FIXED)
		return true;
	for (uint32_t i = 0; st && i < st->nslots; i++) {
		if (st->slots[i].v.node != node)
			continue;
		/* The return address is at 0, so the frame's top at 8. */
		*out = (struct lock_path){ .from = LOCK_FROM_SLOT,
			                   .start = st->slots[i].off - 8,
			                   .add = -st->slots[i].v.off };
		return true;
	}
	if (sym->op == SYM_ENTRY && !st) {
		*out = (struct lock_path){ .from = LOCK_FROM_REG, .start = sym->off };
		return true;
	}
	return sym->op == SYM_LOAD && depth < LOCK_PATH_MAX && sym->parent != NODE_FRAME &&
	       path_of(s, st, sym->parent, out, depth + 1) && path_load(out, sym->off);
}

bool symstate_path(const struct syms *s, const struct symstate *st, struct val v, struct lock_path *out)
{
	bool found = path_of(s, st, v.node, out, 0);

	out->add += v.off;
	if (found && out->from == LOCK_FROM_FIXED) {
		int64_t *first = out->nload ? &out->off[0] : &out->add;

		out->start = *first;
		*first = 0;
	}
	return found;
}

bool syms_path(const struct syms *s, struct val v, struct lock_path *out)
{
	return symstate_path(s, NULL, v, out);
}

struct val symstate_follow(struct syms *s, const struct symstate *st, const struct lock_path *p)
{
	struct val v = p->from == LOCK_FROM_FIXED ? val_fixed((uint64_t)p->start) : st->reg[p->start & 15];

	for (int i = 0; i < p->nload; i++)
		v = symstate_load(s, st, val_plus(v, p->off[i]));
	return val_plus(v, p->add);
}
