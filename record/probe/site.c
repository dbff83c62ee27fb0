// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Well beyond any Go prologue: the longest one seen, for a huge frame, has 9 instructions. */
#define PROLOGUE_MAX 24

int code_open(struct code *c, const void *bytes, size_t len, uint64_t addr, struct err *err)
{
	memset(c, 0, sizeof(*c));
	c->addr = addr;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &c->cs) != CS_ERR_OK)
		return err_set(err, ENOMEM, "cannot start the disassembler");
	cs_option(c->cs, CS_OPT_DETAIL, CS_OPT_ON);
	c->n = cs_disasm(c->cs, bytes, len, addr, 0, &c->insn);
	if (!c->n) {
		code_close(c);
		return err_set(err, ENOEXEC, "cannot decode instructions at %#lx", (unsigned long)addr);
	}
	return 0;
}

void code_close(struct code *c)
{
	if (c->insn)
		cs_free(c->insn, c->n);
	if (c->cs)
		cs_close(&c->cs);
	memset(c, 0, sizeof(*c));
}

static bool insn_is_cond_jump(const struct code *c, const cs_insn *in)
{
	return cs_insn_group(c->cs, in, X86_GRP_JUMP) && in->id != X86_INS_JMP && in->id != X86_INS_JCXZ &&
	       in->id != X86_INS_JECXZ && in->id != X86_INS_JRCXZ;
}

static bool insn_is_ret(const cs_insn *in)
{
	return in->id == X86_INS_RET;
}

/* The target of a direct jump or call. */
static bool insn_target(const cs_insn *in, uint64_t *to)
{
	const cs_x86 *x = &in->detail->x86;

	if (x->op_count != 1 || x->operands[0].type != X86_OP_IMM)
		return false;
	*to = (uint64_t)x->operands[0].imm;
	return true;
}

static bool op_is_reg(const cs_insn *in, int i, x86_reg reg)
{
	const cs_x86 *x = &in->detail->x86;

	return i < x->op_count && x->operands[i].type == X86_OP_REG && x->operands[i].reg == reg;
}

/* [base + disp], without index or segment. */
static bool op_is_mem(const cs_insn *in, int i, x86_reg base, int64_t *disp)
{
	const cs_x86 *x = &in->detail->x86;

	if (i >= x->op_count || x->operands[i].type != X86_OP_MEM || x->operands[i].mem.base != base ||
	    x->operands[i].mem.index != X86_REG_INVALID || x->operands[i].mem.segment != X86_REG_INVALID)
		return false;
	*disp = x->operands[i].mem.disp;
	return true;
}

/* The 64-bit register that contains r; only the registers that matter here. */
static x86_reg reg_whole(x86_reg r)
{
	static const x86_reg part[][5] = {
		{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH },
		{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH },
		{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH },
		{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH },
		{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL, X86_REG_INVALID },
		{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL, X86_REG_INVALID },
		{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL, X86_REG_INVALID },
		{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL, X86_REG_INVALID },
		{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B, X86_REG_INVALID },
		{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B, X86_REG_INVALID },
		{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B, X86_REG_INVALID },
		{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B, X86_REG_INVALID },
		{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B, X86_REG_INVALID },
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		for (int j = 0; j < 5; j++)
			if (r == part[i][j] && r != X86_REG_INVALID)
				return part[i][0];
	return r;
}

static bool insn_writes(const struct code *c, const cs_insn *in, x86_reg reg)
{
	cs_regs rd, wr;
	uint8_t nrd, nwr;

	if (cs_regs_access(c->cs, in, rd, &nrd, wr, &nwr) != CS_ERR_OK)
		return true;
	for (int i = 0; i < nwr; i++)
		if (reg_whole(wr[i]) == reg)
			return true;
	return false;
}

static void site_of(const cs_insn *in, struct site *out)
{
	memset(out, 0, sizeof(*out));
	out->addr = in->address;
	snprintf(out->insn, sizeof(out->insn), "%s%s%s", in->mnemonic, in->op_str[0] ? " " : "", in->op_str);
}

static bool insn_keeps_args(const struct code *c, const cs_insn *in)
{
	static const x86_reg args[] = { X86_REG_RAX, X86_REG_RBX, X86_REG_RCX, X86_REG_RDI,
		                        X86_REG_RSI, X86_REG_RSP, X86_REG_RBP, X86_REG_R14 };

	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		if (insn_writes(c, in, args[i]))
			return false;
	return true;
}

/* Whether a jump inside the function leads to [from, to]. */
static bool code_jumps_into(const struct code *c, uint64_t from, uint64_t to, uint64_t except_from, uint64_t except_to)
{
	for (size_t i = 0; i < c->n; i++) {
		const cs_insn *in = &c->insn[i];
		uint64_t t;

		if (!cs_insn_group(c->cs, in, X86_GRP_JUMP) || !insn_target(in, &t))
			continue;
		if (in->address >= except_from && in->address <= except_to)
			continue;
		if (t >= from && t <= to)
			return true;
	}
	return false;
}

/* cmp rsp|r12|…, [r14 + 0x10]: the stack check of a prologue (stackguard0). */
static bool insn_is_stack_check(const cs_insn *in)
{
	int64_t disp;

	return in->id == X86_INS_CMP && op_is_mem(in, 1, X86_REG_R14, &disp) && disp == 0x10;
}

int site_entry(const struct code *c, struct site *out, struct err *err)
{
	bool check = false;

	for (size_t i = 0; i < c->n && i < PROLOGUE_MAX; i++) {
		const cs_insn *in = &c->insn[i];

		if (in->id == X86_INS_PUSH && op_is_reg(in, 0, X86_REG_RBP)) {
			site_of(in, out);
			return 0;
		}
		if (insn_is_cond_jump(c, in)) {
			bool grows = check && (in->id == X86_INS_JBE || in->id == X86_INS_JB);

			/*
			 * The push after the check executes once, but the jump
			 * executes again after the stack has grown.
			 */
			if (grows && i + 1 < c->n && c->insn[i + 1].id == X86_INS_PUSH &&
			    op_is_reg(&c->insn[i + 1], 0, X86_REG_RBP))
				continue;
			/* A huge frame is checked twice: only the last jump is usable. */
			if (grows && in->id == X86_INS_JB)
				continue;
			if (!grows && code_jumps_into(c, c->addr, in->address, 0, 0))
				return err_set(err, ENOENT, "the first jump is inside a loop");
			site_of(in, out);
			out->at_jbe = grows;
			return 0;
		}
		check |= insn_is_stack_check(in);
		if (!insn_keeps_args(c, in))
			break;
	}
	return err_set(err, ENOENT, "no emulated instruction before the arguments are overwritten");
}

int site_call(const struct code *c, uint64_t target, struct site *out, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		uint64_t to;

		if (c->insn[i].id == X86_INS_CALL && insn_target(&c->insn[i], &to) && to == target) {
			site_of(&c->insn[i], out);
			return 0;
		}
	}
	return err_set(err, ENOENT, "the expected call is not there");
}

int site_result(const struct code *c, uint64_t target, struct site *out, struct err *err)
{
	struct site call = { 0 };
	int ret = site_call(c, target, &call, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < c->n; i++) {
		const cs_insn *in = &c->insn[i];

		if (in->address <= call.addr)
			continue;
		if (insn_is_cond_jump(c, in)) {
			site_of(in, out);
			return 0;
		}
		if (in->id != X86_INS_NOP && insn_writes(c, in, X86_REG_RAX))
			break;
	}
	return err_set(err, ENOENT, "no emulated instruction before the result is overwritten");
}

size_t site_rets(const struct code *c, struct site *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n && n < max; i++) {
		if (!insn_is_ret(&c->insn[i]))
			continue;
		site_of(&c->insn[i], &out[n]);
		out[n++].single_step = true;
	}
	return n;
}

int code_frame_size(const struct code *c, int32_t *rbp_minus_rsp)
{
	int64_t size = 0, disp;
	bool pushed = false;

	for (size_t i = 0; i < c->n && i < PROLOGUE_MAX; i++) {
		const cs_insn *in = &c->insn[i];
		const cs_x86 *x = &in->detail->x86;

		if (in->id == X86_INS_PUSH && op_is_reg(in, 0, X86_REG_RBP)) {
			pushed = true;
			size = 0;
		} else if (in->id == X86_INS_SUB && op_is_reg(in, 0, X86_REG_RSP) &&
		           x->operands[1].type == X86_OP_IMM) {
			size = x->operands[1].imm;
		} else if (in->id == X86_INS_ADD && op_is_reg(in, 0, X86_REG_RSP) &&
		           x->operands[1].type == X86_OP_IMM) {
			size = -x->operands[1].imm;
		} else if (in->id == X86_INS_LEA && op_is_reg(in, 0, X86_REG_RBP) &&
		           op_is_mem(in, 1, X86_REG_RSP, &disp)) {
			/* Up to Go 1.20: sub rsp, N; mov [rsp+M], rbp; lea rbp, [rsp+M]. */
			*rbp_minus_rsp = (int32_t)disp;
			return 0;
		}
		if (pushed && size > 0) {
			*rbp_minus_rsp = (int32_t)size;
			return 0;
		}
	}
	return -ENOENT;
}

int code_spill(const struct code *c, int idx, int32_t *rbp_off, uint64_t *first)
{
	int32_t frame;
	int64_t disp, slot = 16 + 8 * (int64_t)idx;

	if (code_frame_size(c, &frame))
		return -ENOENT;
	for (size_t i = 0; i < c->n; i++) {
		const cs_insn *in = &c->insn[i];

		if (in->id != X86_INS_MOV || !op_is_mem(in, 0, X86_REG_RSP, &disp) || disp != frame + slot)
			continue;
		*rbp_off = (int32_t)slot;
		if (first)
			*first = in->address;
		return 0;
	}
	return -ENOENT;
}

/* A small set of registers that hold a value. */
struct regset {
	x86_reg v[8];
	int n;
};

static bool regset_has(const struct regset *s, x86_reg r)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i] == r)
			return true;
	return false;
}

static void regset_add(struct regset *s, x86_reg r)
{
	if (!regset_has(s, r) && s->n < 8)
		s->v[s->n++] = r;
}

static void regset_del(struct regset *s, x86_reg r)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i] == r)
			s->v[i--] = s->v[--s->n];
}

static bool insn_adds_nsends_nrecvs(const cs_insn *in)
{
	const x86_op_mem *m = &in->detail->x86.operands[1].mem;

	return in->id == X86_INS_LEA && in->detail->x86.operands[1].type == X86_OP_MEM && m->disp == 0 &&
	       m->scale == 1 &&
	       ((m->base == X86_REG_RSI && m->index == X86_REG_RDI) ||
	        (m->base == X86_REG_RDI && m->index == X86_REG_RSI));
}

int code_select_ncases(const struct code *c, int32_t *rbp_off)
{
	struct regset held = { .n = 0 };
	int32_t frame;
	int64_t disp;

	if (code_frame_size(c, &frame))
		return -ENOENT;
	for (size_t i = 0; i < c->n && i < 80; i++) {
		const cs_insn *in = &c->insn[i];
		const cs_x86 *x = &in->detail->x86;

		if (in->id == X86_INS_CALL)
			break;
		if (insn_adds_nsends_nrecvs(in)) {
			regset_add(&held, x->operands[0].reg);
			continue;
		}
		if (in->id == X86_INS_MOV && x->op_count == 2 && x->operands[1].type == X86_OP_REG &&
		    regset_has(&held, x->operands[1].reg)) {
			if (op_is_mem(in, 0, X86_REG_RSP, &disp)) {
				*rbp_off = (int32_t)(disp - frame);
				return 0;
			}
			if (x->operands[0].type == X86_OP_REG) {
				regset_add(&held, x->operands[0].reg);
				continue;
			}
		}
		for (int j = 0; j < held.n; j++)
			if (insn_writes(c, in, held.v[j]))
				regset_del(&held, held.v[j--]);
	}
	return -ENOENT;
}

static int find_only_ret(const struct code *c, size_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (insn_is_ret(&c->insn[i]) && n++ == 0)
			*ret = i;
	return n == 1 ? 0 : -ENOENT;
}

/*
 * Whether the capacity is stored between the jump and the RET, and the slot it
 * comes from. -1: not stored there; -2: stored, but the slot is unknown.
 */
static int32_t tail_capacity_slot(const struct code *c, size_t from, size_t ret, int32_t dataqsiz_off)
{
	const cs_insn *in;
	int64_t disp;

	for (size_t i = from; i < ret; i++) {
		in = &c->insn[i];
		if (in->id != X86_INS_MOV || in->detail->x86.op_count != 2 ||
		    in->detail->x86.operands[0].type != X86_OP_MEM || in->detail->x86.operands[0].size != 8 ||
		    in->detail->x86.operands[0].mem.disp != dataqsiz_off ||
		    in->detail->x86.operands[0].mem.base == X86_REG_RSP ||
		    in->detail->x86.operands[0].mem.base == X86_REG_R11 ||
		    in->detail->x86.operands[1].type != X86_OP_REG)
			continue;
		for (size_t j = i; j-- > from;) {
			if (c->insn[j].id == X86_INS_MOV &&
			    op_is_reg(&c->insn[j], 0, in->detail->x86.operands[1].reg) &&
			    op_is_mem(&c->insn[j], 1, X86_REG_RSP, &disp))
				return (int32_t)disp;
		}
		return -2;
	}
	return -1;
}

int site_make(const struct code *c, int32_t dataqsiz_off, struct site_tail *out, struct err *err)
{
	x86_reg reg = X86_REG_RAX;
	size_t ret = 0;

	if (find_only_ret(c, &ret))
		return err_set(err, ENOENT, "it returns in several places");
	for (size_t i = ret; i-- > 0 && ret - i < 40;) {
		const cs_insn *in = &c->insn[i];

		if (in->id == X86_INS_MOV && op_is_reg(in, 0, reg)) {
			if (in->detail->x86.operands[1].type != X86_OP_REG)
				break;
			reg = in->detail->x86.operands[1].reg;
			continue;
		}
		/* Write barriers preserve every register except r11 (runtime/asm_amd64.s, gcWriteBarrier). */
		if (in->id == X86_INS_CALL)
			continue;
		if (insn_is_cond_jump(c, in)) {
			uint64_t end = c->insn[ret].address;

			/* If a path reaches the RET without this jump, look for an earlier one. */
			if (code_jumps_into(c, in->address + 1, end, in->address, end))
				continue;
			site_of(in, &out->site);
			out->reg = reg;
			out->cap_sp = tail_capacity_slot(c, i, ret, dataqsiz_off);
			if (out->cap_sp == -2)
				return err_set(err, ENOENT, "cannot tell where the capacity is stored");
			return 0;
		}
		if (insn_writes(c, in, reg))
			break;
	}
	return err_set(err, ENOENT, "no jump before the RET that every path passes");
}
