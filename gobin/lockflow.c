// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/lockflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/lockblock.h"
#include "gobin/symval.h"

#define HELD_MAX 8
#define USES_MAX 32         /* of a function: bits of a word */
#define VISITS_PER_BLOCK 16 /* values change a few times at a loop's head, then never again */

struct held {
	struct val lock;
	uint8_t kind;
	bool is_certain;
	uint64_t pc;
};

struct state {
	struct symstate sym;
	uint32_t nheld;
	struct held held[HELD_MAX];
	uint8_t released;
	bool is_vague;
	/* The TryLock that failed if ZF is set. tried.node 0: none. */
	struct val tried;
};

/* A call, or a callee's, that can end waits of others. */
struct use {
	uint64_t pc;
	uint8_t kind;
	struct val obj;
};

/* First nothing but states; when these are settled, what the function does; at last, what is known at each call. */
enum flow_round { ROUND_STATES, ROUND_USES, ROUND_SITES };

struct flow {
	const struct lock_flow_env *env;
	const struct pcln_func *f;
	struct insns code;
	struct lock_blocks blocks;
	struct lock_does *does; /* by instruction: inlined methods */
	struct syms syms;
	struct state **at; /* at the begin of each block; NULL: not reached */
	bool *dirty;
	bool failed, out_of_memory;
	enum flow_round round;
	uint32_t nuses;
	struct use uses[USES_MAX];
	uint32_t block;  /* that is visited */
	uint32_t *ahead; /* by block: 1 << use, of those to which a way leads from its end */
	VEC(struct lock_site) sites;
	VEC(struct lock_held) held;
	VEC(struct code_use) used;
	VEC(struct lock_left) left;
	struct lock_effect *effect;
};

static void hold(struct flow *fl, struct state *st, struct val lock, uint8_t kind, uint64_t pc)
{
	for (uint32_t i = 0; i < st->nheld; i++)
		if (val_eq(st->held[i].lock, lock) && st->held[i].kind == kind) {
			st->held[i].is_certain = true;
			return;
		}
	if (st->nheld == HELD_MAX)
		fl->failed = true;
	else
		st->held[st->nheld++] = (struct held){ lock, kind, true, pc };
}

static bool drop(struct state *st, struct val lock, uint8_t kind)
{
	for (uint32_t i = 0; i < st->nheld; i++)
		if (val_eq(st->held[i].lock, lock) && st->held[i].kind == kind) {
			st->held[i] = st->held[--st->nheld];
			return true;
		}
	return false;
}

static void effect_add(struct flow *fl, struct val lock, uint8_t kind)
{
	struct lock_effect *e = fl->effect;
	struct lock_path p;

	if (fl->round != ROUND_SITES)
		return;
	if (e->n < LOCK_EFFECTS_MAX && syms_path(&fl->syms, lock, &p)) {
		e->released[e->n].kind = kind;
		e->released[e->n++].path = p;
	} else {
		e->released_any |= (uint8_t)(1u << kind);
	}
}

/* Any lock of these kinds may have been released. */
static void release_any(struct state *st, uint8_t kinds)
{
	for (uint32_t i = 0; i < st->nheld; i++)
		if (kinds & 1u << st->held[i].kind)
			st->held[i].is_certain = false;
	st->released |= kinds;
}

static void release(struct flow *fl, struct state *st, struct val lock, uint8_t kind)
{
	if (drop(st, lock, kind))
		return;
	/* Not one that was taken here, or one whose name was lost. */
	release_any(st, (uint8_t)(1u << kind));
	effect_add(fl, lock, kind);
}

static void lock_op(struct flow *fl, struct state *st, const struct lock_does *d, struct val operand, uint64_t pc)
{
	struct val lock = val_plus(operand, -d->off);

	switch (d->op) {
	case LOCK_OP_TAKE:
		hold(fl, st, lock, d->kind, pc);
		break;
	case LOCK_OP_TRY:
		st->tried = syms_tried(&fl->syms, lock, d->kind);
		break;
	case LOCK_OP_RELEASE:
		release(fl, st, lock, d->kind);
		break;
	default:
		break;
	}
}

static void use_add(struct flow *fl, uint64_t pc, uint8_t kind, struct val obj)
{
	if (fl->nuses < USES_MAX)
		fl->uses[fl->nuses++] = (struct use){ pc, kind, obj };
}

/* What the call does, or what its function does for it. */
static void note_uses(struct flow *fl, const struct state *st, const struct insn *in, uint64_t to)
{
	struct use_operand ops[USE_OPERANDS_MAX];
	const struct lock_effect *e;
	size_t n;

	if (fl->round != ROUND_USES || !to)
		return;
	n = use_ops_call(fl->env->use_ops, to, &fl->syms, &st->sym, ops);
	for (size_t i = 0; i < n; i++)
		use_add(fl, in->addr, ops[i].kind, ops[i].obj);
	e = n ? NULL : fl->env->effect(fl->env->ctx, to);
	for (uint8_t i = 0; e && i < e->nuses; i++)
		use_add(fl, in->addr, e->uses[i].kind, symstate_follow(&fl->syms, &st->sym, &e->uses[i].path));
}

static bool is_in(const struct flow *fl, uint32_t block, uint64_t pc)
{
	const struct lock_block *b = &fl->blocks.v[block];

	return pc >= fl->code.v[b->begin].addr && pc <= fl->code.v[b->end - 1].addr;
}

/* Where a use lies in a block, as bits of those in it. */
static uint32_t uses_in(const struct flow *fl, uint32_t block, uint64_t after)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < fl->nuses; i++)
		if (fl->uses[i].pc > after && is_in(fl, block, fl->uses[i].pc))
			bits |= 1u << i;
	return bits;
}

/* Which uses lie ahead of the end of each block. */
static void find_ahead(struct flow *fl)
{
	bool changed = fl->nuses != 0;

	while (changed) {
		changed = false;
		for (uint32_t i = (uint32_t)fl->blocks.n; i-- > 0;) {
			const struct lock_block *b = &fl->blocks.v[i];
			uint32_t bits = fl->ahead[i];

			for (uint32_t k = 0; k < b->nto; k++) {
				uint32_t to = fl->blocks.to.v[b->to + k];

				bits |= fl->ahead[to] | uses_in(fl, to, 0);
			}
			changed |= bits != fl->ahead[i];
			fl->ahead[i] = bits;
		}
	}
}

/* Names the objects of the uses that lie ahead of the address. */
static void add_uses(struct flow *fl, const struct state *st, uint64_t after, struct lock_site *site)
{
	uint32_t bits = fl->nuses ? fl->ahead[fl->block] | uses_in(fl, fl->block, after) : 0;

	site->first_use = (uint32_t)fl->used.n;
	for (uint32_t i = 0; i < fl->nuses; i++) {
		struct code_use u = { .pc = fl->uses[i].pc, .kind = fl->uses[i].kind };

		if (!(bits & 1u << i) || !symstate_path(&fl->syms, &st->sym, fl->uses[i].obj, &u.path))
			continue;
		fl->out_of_memory |= vec_push(&fl->used, u) != 0;
		site->nuses++;
	}
}

/* What a call of this function does for its caller. */
static void tell_uses(struct flow *fl)
{
	struct lock_effect *e = fl->effect;

	for (uint32_t i = 0; i < fl->nuses && e->nuses < USE_EFFECTS_MAX; i++) {
		e->uses[e->nuses].kind = fl->uses[i].kind;
		e->nuses += syms_path(&fl->syms, fl->uses[i].obj, &e->uses[e->nuses].path);
	}
}

/* Notes what is held, and what can follow after the address. */
static void add_site(struct flow *fl, const struct state *st, uint64_t after, uint64_t ret)
{
	struct lock_site site = {
		.ret = ret, .first = (uint32_t)fl->held.n, .released = st->released, .is_vague = st->is_vague
	};

	add_uses(fl, st, after, &site);
	if (!fl->env->has_locks)
		site.released = 0, site.is_vague = false;
	for (uint32_t i = 0; i < st->nheld; i++) {
		const struct held *h = &st->held[i];
		struct lock_held out = { .pc = h->pc, .kind = h->kind, .is_certain = h->is_certain };

		out.has_path = symstate_path(&fl->syms, &st->sym, h->lock, &out.path);
		fl->out_of_memory |= vec_push(&fl->held, out) != 0;
		site.n++;
	}
	if (site.n || site.released || site.is_vague || site.nuses)
		fl->out_of_memory |= vec_push(&fl->sites, site) != 0;
}

static void add_call(struct flow *fl, const struct state *st, const struct insn *in)
{
	if (fl->round == ROUND_SITES && !fl->env->at)
		add_site(fl, st, in->addr, insn_next(in));
}

/* The address that an indirect call goes to, if it is known: of a function, or read from a closure in the file. */
static uint64_t callee_of(struct flow *fl, struct state *st, const struct insn *in)
{
	const struct sym *sym;
	struct val v, addr;
	uint64_t to;

	if (insn_to(in))
		return insn_to(in);
	if (in->dst.kind == PLACE_REG)
		v = st->sym.reg[in->dst.reg];
	else if (symstate_addr(&st->sym, &in->dst, &addr))
		v = symstate_load(&fl->syms, &st->sym, addr);
	else
		return 0;
	sym = &fl->syms.v.v[v.node];
	if (v.node == NODE_FIXED)
		return (uint64_t)v.off;
	if (sym->op == SYM_LOAD && sym->parent == NODE_FIXED && !v.off &&
	    !image_read(&fl->env->b->im, (uint64_t)sym->off, &to, sizeof(to)))
		return to;
	return 0;
}

static const char *name_of(const struct flow *fl, uint64_t addr)
{
	struct pcln_func f;

	return addr && !pclntab_func_at(&fl->env->b->pcln, addr, &f) && f.entry == addr ? f.name : "";
}

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static void call_effect(struct flow *fl, struct state *st, uint64_t to)
{
	const struct lock_effect *e = to ? fl->env->effect(fl->env->ctx, to) : NULL;
	struct val locks[LOCK_EFFECTS_MAX];

	if (!e)
		return;
	for (int i = 0; i < e->n; i++)
		locks[i] = symstate_follow(&fl->syms, &st->sym, &e->released[i].path);
	for (int i = 0; i < e->n; i++)
		release(fl, st, locks[i], e->released[i].kind);
	if (e->released_any) {
		release_any(st, e->released_any);
		if (fl->round == ROUND_SITES)
			fl->effect->released_any |= e->released_any;
	}
	st->is_vague |= e->left_held != 0;
}

/* A call of a function that is not one of sync's. */
static void call_other(struct flow *fl, struct state *st, const struct insn *in, uint64_t to)
{
	const char *name = name_of(fl, to);

	/* Write barriers keep all registers (runtime/asm_amd64.s). */
	if (has_prefix(name, "runtime.gcWriteBarrier"))
		return;
	/* The deferred calls, some of which may release what is held. */
	if (!strcmp(name, "runtime.deferreturn"))
		st->nheld = 0;
	else
		call_effect(fl, st, to);
	add_call(fl, st, in);
	symstate_called(&fl->syms, &st->sym, in);
}

/* The lock that a call takes is not held while it waits. */
static void call_takes(struct flow *fl, struct state *st, const struct lock_does *d, const struct insn *in)
{
	struct val operand = st->sym.reg[REG_RAX], lock = val_plus(operand, -d->off);
	uint64_t pc = in->addr;

	for (uint32_t i = 0; i < st->nheld; i++)
		if (val_eq(st->held[i].lock, lock) && st->held[i].kind == d->kind)
			pc = st->held[i].pc;
	drop(st, lock, d->kind);
	add_call(fl, st, in);
	symstate_called(&fl->syms, &st->sym, in);
	lock_op(fl, st, d, operand, pc);
}

static void step_call(struct flow *fl, struct state *st, const struct insn *in)
{
	uint64_t to = callee_of(fl, st, in);
	struct lock_does d = fl->does[in - fl->code.v];

	note_uses(fl, st, in, to);
	if (!d.op)
		d = lock_ops_call(fl->env->ops, to);
	switch (d.op) {
	case LOCK_OP_TAKE:
		call_takes(fl, st, &d, in);
		break;
	case LOCK_OP_RELEASE:
		lock_op(fl, st, &d, st->sym.reg[REG_RAX], in->addr);
		add_call(fl, st, in);
		symstate_called(&fl->syms, &st->sym, in);
		break;
	case LOCK_OP_TRY:
		lock_op(fl, st, &d, st->sym.reg[REG_RAX], in->addr);
		add_call(fl, st, in);
		symstate_called(&fl->syms, &st->sym, in);
		st->sym.reg[REG_RAX] = st->tried;
		st->tried = val_fixed(0);
		break;
	default:
		call_other(fl, st, in, to);
	}
}

/* An atomic instruction, which may be an inlined method. */
static void step_locked(struct flow *fl, struct state *st, const struct insn *in)
{
	const struct lock_does *d = &fl->does[in - fl->code.v];
	struct val addr;

	st->tried = val_fixed(0);
	if (d->op && symstate_addr(&st->sym, &in->dst, &addr))
		lock_op(fl, st, d, addr, in->addr);
	else if (d->op == LOCK_OP_RELEASE)
		release_any(st, (uint8_t)(1u << d->kind));
	symstate_step(&fl->syms, &st->sym, in);
}

static void step(struct flow *fl, struct state *st, const struct insn *in)
{
	switch (in->kind) {
	case INSN_CALL:
		st->tried = val_fixed(0);
		step_call(fl, st, in);
		return;
	case INSN_LOCKED:
		step_locked(fl, st, in);
		return;
	case INSN_TEST:
		st->tried = st->sym.reg[in->dst.reg];
		if (fl->syms.v.v[st->tried.node].op != SYM_TRIED)
			st->tried = val_fixed(0);
		return;
	case INSN_OTHER:
	case INSN_ADD:
	case INSN_CLEAR:
		st->tried = val_fixed(0);
		break;
	default:
		break;
	}
	symstate_step(&fl->syms, &st->sym, in);
}

static bool join_held(struct flow *fl, struct state *to, const struct state *from)
{
	bool changed = false;

	for (uint32_t i = 0; i < to->nheld; i++) {
		struct held *h = &to->held[i];
		bool certain = false;

		for (uint32_t j = 0; j < from->nheld; j++)
			if (val_eq(h->lock, from->held[j].lock) && h->kind == from->held[j].kind)
				certain = from->held[j].is_certain;
		changed |= h->is_certain && !certain;
		h->is_certain &= certain;
	}
	for (uint32_t j = 0; j < from->nheld; j++) {
		bool found = false;

		for (uint32_t i = 0; i < to->nheld; i++)
			found |= val_eq(to->held[i].lock, from->held[j].lock) && to->held[i].kind == from->held[j].kind;
		if (found)
			continue;
		changed = true;
		hold(fl, to, from->held[j].lock, from->held[j].kind, from->held[j].pc);
		if (to->nheld)
			to->held[to->nheld - 1].is_certain = false;
	}
	return changed;
}

static void flow_to(struct flow *fl, const struct state *st, uint32_t block)
{
	struct state *to = fl->at[block];
	bool changed;

	if (fl->round != ROUND_STATES)
		return;
	if (!to) {
		fl->at[block] = to = malloc(sizeof(*to));
		fl->out_of_memory |= !to;
		if (to)
			*to = *st;
		changed = true;
	} else {
		changed = symstate_join(&fl->syms, &to->sym, &st->sym, block);
		changed |= join_held(fl, to, st);
		changed |= (st->released & ~to->released) || (st->is_vague && !to->is_vague);
		to->released |= st->released;
		to->is_vague |= st->is_vague;
	}
	if (to)
		to->tried = val_fixed(0);
	fl->dirty[block] |= changed;
}

/* On the way on which a TryLock succeeded, its lock is held. */
static void flow_branch(struct flow *fl, const struct state *st, const struct insn *last, bool taken, uint32_t block)
{
	const struct sym *sym = &fl->syms.v.v[st->tried.node];
	bool zf = (last->kind == INSN_JE) == taken;
	struct state won;

	if (!st->tried.node || sym->op != SYM_TRIED || (last->kind != INSN_JE && last->kind != INSN_JNE) || zf) {
		flow_to(fl, st, block);
		return;
	}
	won = *st;
	hold(fl, &won, (struct val){ sym->parent, sym->off }, sym->kind, last->addr);
	flow_to(fl, &won, block);
}

static void add_left(struct flow *fl, const struct state *st, uint64_t pc)
{
	for (uint32_t k = 0; k < st->nheld; k++) {
		const struct held *h = &st->held[k];
		struct lock_left left = { .ret = pc, .taken = h->pc, .kind = h->kind };

		fl->effect->left_held |= (uint8_t)(1u << h->kind);
		if (h->is_certain && syms_path(&fl->syms, h->lock, &left.path))
			fl->out_of_memory |= vec_push(&fl->left, left) != 0;
	}
}

static void visit(struct flow *fl, uint32_t i)
{
	const struct lock_block *b = &fl->blocks.v[i];
	const struct insn *last = &fl->code.v[b->end - 1];
	struct state st = *fl->at[i];

	fl->block = i;
	for (size_t k = b->begin; k < b->end; k++) {
		uint64_t addr = fl->code.v[k].addr;

		if (fl->env->at && addr == fl->env->at && fl->round == ROUND_SITES)
			add_site(fl, &st, addr - 1, addr);
		step(fl, &st, &fl->code.v[k]);
	}
	if (last->kind == INSN_RET && fl->round == ROUND_SITES)
		add_left(fl, &st, last->addr);
	for (uint32_t k = 0; k < b->nto; k++)
		flow_branch(fl, &st, last, k > 0, fl->blocks.to.v[b->to + k]);
}

static void visit_all(struct flow *fl)
{
	for (uint32_t i = 0; i < fl->blocks.n && !fl->failed; i++)
		if (fl->at[i])
			visit(fl, i);
}

static void run(struct flow *fl)
{
	size_t left = fl->blocks.n * VISITS_PER_BLOCK + 64;
	bool any = true;

	fl->dirty[0] = true;
	while (any && !fl->failed && !fl->out_of_memory && !fl->syms.failed) {
		any = false;
		for (uint32_t i = 0; i < fl->blocks.n; i++) {
			if (!fl->dirty[i])
				continue;
			fl->failed |= !left--;
			fl->dirty[i] = false;
			any = true;
			visit(fl, i);
			if (fl->failed || fl->out_of_memory)
				return;
		}
	}
	fl->failed |= fl->syms.failed;
	fl->round = ROUND_USES;
	visit_all(fl);
	find_ahead(fl);
	fl->round = ROUND_SITES;
	visit_all(fl);
	tell_uses(fl);
}

static int begin(struct flow *fl)
{
	int ret = insns_decode(&fl->code, fl->env->b, fl->f);

	if (!ret)
		ret = lock_blocks_find(&fl->blocks, fl->env->b, fl->f, &fl->code);
	if (!ret)
		ret = syms_init(&fl->syms);
	if (ret)
		return ret;
	fl->at = calloc(fl->blocks.n, sizeof(struct state *));
	fl->dirty = calloc(fl->blocks.n, sizeof(*fl->dirty));
	fl->does = calloc(fl->code.n, sizeof(*fl->does));
	fl->ahead = calloc(fl->blocks.n, sizeof(*fl->ahead));
	if (!fl->ahead || !fl->at || !fl->dirty || !fl->does ||
	    lock_ops_inlined(fl->env->ops, &fl->code, &fl->blocks, fl->does) ||
	    !(fl->at[0] = calloc(1, sizeof(struct state))))
		return -ENOMEM;
	symstate_entry(&fl->at[0]->sym);
	return 0;
}

static int site_cmp(const void *a, const void *b)
{
	const struct lock_site *x = a, *y = b;

	return (x->ret > y->ret) - (x->ret < y->ret);
}

static void finish(struct flow *fl)
{
	for (size_t i = 0; fl->at && i < fl->blocks.n; i++)
		free(fl->at[i]);
	free((void *)fl->at);
	free(fl->dirty);
	free(fl->does);
	free(fl->ahead);
	insns_free(&fl->code);
	lock_blocks_free(&fl->blocks);
	syms_free(&fl->syms);
}

int lock_flow(const struct lock_flow_env *env, const struct pcln_func *f, struct lock_func *out,
              struct lock_effect *effect)
{
	struct flow fl = { .env = env, .f = f, .effect = effect };
	int ret = begin(&fl);

	*out = (struct lock_func){ 0 };
	*effect = (struct lock_effect){ 0 };
	if (!ret)
		run(&fl);
	if (ret || fl.failed || fl.out_of_memory) {
		*effect = (struct lock_effect){ 0 };
		out->is_unknown = env->has_locks;
		vec_free(&fl.sites);
		vec_free(&fl.held);
		vec_free(&fl.used);
		vec_free(&fl.left);
	} else {
		if (fl.sites.n)
			qsort(fl.sites.v, fl.sites.n, sizeof(*fl.sites.v), site_cmp);
		*out = (struct lock_func){ .sites = fl.sites.v,
			                   .nsites = fl.sites.n,
			                   .held = fl.held.v,
			                   .uses = fl.used.v,
			                   .left = fl.left.v,
			                   .nleft = fl.left.n };
	}
	finish(&fl);
	return ret == -ENOMEM || fl.out_of_memory ? -ENOMEM : 0;
}

void lock_func_free(struct lock_func *f)
{
	free(f->sites);
	free(f->held);
	free(f->uses);
	free(f->left);
	*f = (struct lock_func){ 0 };
}
