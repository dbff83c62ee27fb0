// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/thunk.h"

#include <errno.h>
#include <string.h>

#include "inline/shared.h"

#define BACK_MAX 3 /* instructions before the site that may be displaced with it */

/* The instructions from number from to number to - 1 are displaced; the site is number site. */
struct range {
	size_t from, site, to;
};

struct out {
	struct thunk *t;
	const struct thunk_place *at;
	bool failed; /* too long, or out of reach */
};

static void put(struct out *o, const void *bytes, size_t n)
{
	if (o->t->len + n > THUNK_MAX) {
		o->failed = true;
		return;
	}
	memcpy(o->t->code + o->t->len, bytes, n);
	o->t->len += n;
}

#define PUT(o, ...) put(o, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* to as a distance from the end of an instruction that has `behind` bytes behind the distance. */
static void put_rel32(struct out *o, uint64_t to, size_t behind)
{
	int64_t d = (int64_t)(to - (o->at->at + o->t->len + 4 + behind));
	int32_t d32 = (int32_t)d;

	o->failed |= d32 != d;
	put(o, &d32, sizeof(d32));
}

static bool is_in_group(const struct code *c, const cs_insn *in, uint8_t group)
{
	return cs_insn_group(c->cs, in, group);
}

static bool direct_target(const cs_insn *in, uint64_t *to)
{
	const cs_x86 *x = &in->detail->x86;

	if (x->op_count != 1 || x->operands[0].type != X86_OP_IMM)
		return false;
	*to = (uint64_t)x->operands[0].imm;
	return true;
}

static bool is_cond_jump(const struct code *c, const cs_insn *in)
{
	return is_in_group(c, in, X86_GRP_JUMP) && in->id != X86_INS_JMP;
}

/* Whether the instruction can be executed elsewhere. */
static bool can_move(const struct code *c, const cs_insn *in)
{
	uint64_t to;

	if (is_in_group(c, in, X86_GRP_CALL) || is_in_group(c, in, X86_GRP_INT))
		return false;
	switch (in->id) {
	case X86_INS_JCXZ:
	case X86_INS_JECXZ:
	case X86_INS_JRCXZ:
	case X86_INS_LOOP:
	case X86_INS_LOOPE:
	case X86_INS_LOOPNE:
	case X86_INS_XBEGIN:
	case X86_INS_SYSCALL:
		return false;
	default:
		return !is_in_group(c, in, X86_GRP_JUMP) || direct_target(in, &to);
	}
}

static void put_jcc(struct out *o, const cs_insn *in, uint64_t to)
{
	/* 7x rel8 or 0f 8x rel32; the low half of the opcode is the condition. */
	const uint8_t *op = in->detail->x86.opcode;
	uint8_t cond = (op[0] == 0x0f ? op[1] : op[0]) & 0x0f;

	PUT(o, 0x0f, (uint8_t)(0x80 | cond));
	put_rel32(o, to, 0);
}

/* Copies an instruction; what is relative leads to where it led. */
static void put_insn(struct out *o, const struct code *c, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	uint64_t to;

	if (is_in_group(c, in, X86_GRP_JUMP) && direct_target(in, &to)) {
		if (in->id == X86_INS_JMP) {
			PUT(o, 0xe9);
			put_rel32(o, to + o->at->bias, 0);
		} else {
			put_jcc(o, in, to + o->at->bias);
		}
		return;
	}
	for (int i = 0; i < x->op_count; i++) {
		size_t off = x->encoding.disp_offset;

		if (x->operands[i].type != X86_OP_MEM || x->operands[i].mem.base != X86_REG_RIP)
			continue;
		put(o, in->bytes, off);
		put_rel32(o, in->address + in->size + (uint64_t)x->operands[i].mem.disp + o->at->bias,
		          in->size - off - 4);
		put(o, in->bytes + off + 4, in->size - off - 4);
		return;
	}
	put(o, in->bytes, in->size);
}

/* Calls the handler, unless it is switched off. above: bytes on the stack above the site's rsp. */
static void put_call(struct out *o, size_t above, bool keeps_flags)
{
	/* push rax, rcx, rdx, rbx, rbp, rsi, rdi, r8 … r11, r14: struct inline_regs */
	static const uint8_t save[] = { 0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57, 0x41, 0x50,
		                        0x41, 0x51, 0x41, 0x52, 0x41, 0x53, 0x41, 0x56 };
	static const uint8_t restore[] = { 0x41, 0x5e, 0x41, 0x5b, 0x41, 0x5a, 0x41, 0x59, 0x41,
		                           0x58, 0x5f, 0x5e, 0x5d, 0x5b, 0x5a, 0x59, 0x58 };
	uint32_t sp = (uint32_t)(sizeof(struct inline_regs) + above + (keeps_flags ? 8 : 0));
	size_t jump, end;

	if (keeps_flags)
		PUT(o, 0x9c); /* pushfq */
	PUT(o, 0x83, 0x3d);   /* cmp dword [on], 0 */
	put_rel32(o, o->at->conf, 1);
	PUT(o, 0x00, 0x74, 0x00); /* je */
	jump = o->t->len;
	put(o, save, sizeof(save));
	PUT(o, 0x48, 0x8d, 0x3d); /* lea rdi, [conf] */
	put_rel32(o, o->at->conf, 0);
	PUT(o, 0x48, 0x89, 0xe6, 0x48, 0x8d, 0x94, 0x24); /* mov rsi, rsp; lea rdx, [rsp + sp] */
	put(o, &sp, sizeof(sp));
	PUT(o, 0xe8); /* call */
	put_rel32(o, o->at->handler, 0);
	put(o, restore, sizeof(restore));
	end = o->t->len;
	if (!o->failed)
		o->t->code[jump - 1] = (uint8_t)(end - jump);
	if (keeps_flags)
		PUT(o, 0x9d); /* popfq */
}

static void put_patch(struct out *o, uint8_t opcode, const struct code *c, const cs_insn *in, uint32_t displaced)
{
	struct thunk *t = o->t;
	int64_t d = (int64_t)(o->at->at - (in->address + o->at->bias + PATCH_BYTES));
	int32_t d32 = (int32_t)d;

	o->failed |= d32 != d;
	t->patch_at = in->address;
	t->displaced = displaced;
	t->patch[0] = opcode;
	memcpy(t->patch + 1, &d32, sizeof(d32));
	for (size_t n = 0; n < PATCH_BYTES; in++)
		for (uint16_t i = 0; i < in->size && n < PATCH_BYTES; i++)
			t->orig[n++] = in->bytes[i];
}

/* Whether a jump in the function leads behind the first displaced instruction. */
static bool is_jumped_into(const struct code *c, const struct range *r)
{
	uint64_t from = c->insn[r->from].address, to = c->insn[r->to - 1].address + c->insn[r->to - 1].size, t;

	for (size_t i = 0; i < c->n; i++) {
		if (!is_in_group(c, &c->insn[i], X86_GRP_JUMP))
			continue;
		/* An indirect jump may lead anywhere. */
		if (!direct_target(&c->insn[i], &t) || (t > from && t < to))
			return true;
	}
	return false;
}

static bool range_from(const struct code *c, size_t site, size_t from, struct range *r)
{
	uint64_t begin = c->insn[from].address;

	*r = (struct range){ .from = from, .site = site, .to = from };
	while (r->to <= site || c->insn[r->to - 1].address + c->insn[r->to - 1].size < begin + PATCH_BYTES) {
		const cs_insn *in = &c->insn[r->to];

		/* Behind a RET or a jump begins other code, which may be reached in other ways. */
		if (r->to >= c->n || !can_move(c, in) ||
		    (r->to > from && (in[-1].id == X86_INS_RET || in[-1].id == X86_INS_JMP)))
			return false;
		r->to++;
	}
	/* A process's memory is written in one step only within a page. */
	return begin / INLINE_PAGE == (begin + PATCH_BYTES - 1) / INLINE_PAGE && !is_jumped_into(c, r);
}

static bool range_find(const struct code *c, const struct site *site, size_t at, struct range *r)
{
	for (size_t back = 0; back <= BACK_MAX && back <= at; back++)
		if (range_from(c, at, at - back, r))
			return true;
	return false;
}

static void put_jump_thunk(struct out *o, const struct code *c, const struct site *site, const struct range *r)
{
	const cs_insn *last = &c->insn[r->to - 1];

	for (size_t i = r->from; i < r->site + site->at_jbe; i++)
		put_insn(o, c, &c->insn[i]);
	/* At a conditional jump the flags are in use; at a function's first instructions and at its end they are not.
	 */
	put_call(o, 0, !site->at_jbe && is_cond_jump(c, &c->insn[r->site]));
	for (size_t i = r->site + site->at_jbe; i < r->to; i++)
		put_insn(o, c, &c->insn[i]);
	if (last->id != X86_INS_RET && last->id != X86_INS_JMP) {
		PUT(o, 0xe9);
		put_rel32(o, last->address + last->size + o->at->bias, 0);
	}
	put_patch(o, 0xe9, c, &c->insn[r->from], (uint32_t)(last->address + last->size - c->insn[r->from].address));
}

/* The call leads to the thunk, which goes on to the function that was called. No return address is in the thunk. */
static bool put_call_thunk(struct out *o, const struct code *c, const cs_insn *in)
{
	uint64_t to;

	if (!direct_target(in, &to) || in->bytes[0] != 0xe8 || in->size != PATCH_BYTES ||
	    in->address / INLINE_PAGE != (in->address + PATCH_BYTES - 1) / INLINE_PAGE)
		return false;
	put_call(o, 8, false);
	PUT(o, 0xe9);
	put_rel32(o, to + o->at->bias, 0);
	put_patch(o, 0xe8, c, in, PATCH_BYTES);
	return true;
}

int thunk_make(const struct code *c, const struct site *site, const struct thunk_place *at, struct thunk *out,
               struct err *err)
{
	struct out o = { .t = out, .at = at };
	struct range r;
	size_t i = 0;

	memset(out, 0, sizeof(*out));
	while (i < c->n && c->insn[i].address != site->addr)
		i++;
	if (i == c->n)
		return err_set(err, EINVAL, "there is no instruction at %#lx", (unsigned long)site->addr);
	if (is_in_group(c, &c->insn[i], X86_GRP_CALL)) {
		if (!put_call_thunk(&o, c, &c->insn[i]))
			return err_set(err, ENOTSUP, "its call cannot be redirected in one step");
	} else {
		if (!range_find(c, site, i, &r))
			return err_set(err, ENOTSUP,
			               "no room for a jump: a call, a jump target or the end of a page is in its way");
		put_jump_thunk(&o, c, site, &r);
	}
	return o.failed ? err_set(err, ENOTSUP, "its code is out of reach") : 0;
}
