// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/insn.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdlib.h>

#include "util/search.h"

#define CODE_MAX (128u << 10) /* bytes; the few functions above that are generated tables */

static uint8_t reg_number(x86_reg r)
{
	static const uint8_t numbers[X86_REG_ENDING] = {
#define REG(n, r64, r32, r16, r8) \
	[X86_REG_##r64] = (n) + 1, [X86_REG_##r32] = (n) + 1, [X86_REG_##r16] = (n) + 1, [X86_REG_##r8] = (n) + 1
		REG(0, RAX, EAX, AX, AL),
		REG(1, RCX, ECX, CX, CL),
		REG(2, RDX, EDX, DX, DL),
		REG(3, RBX, EBX, BX, BL),
		REG(4, RSP, ESP, SP, SPL),
		REG(5, RBP, EBP, BP, BPL),
		REG(6, RSI, ESI, SI, SIL),
		REG(7, RDI, EDI, DI, DIL),
		REG(8, R8, R8D, R8W, R8B),
		REG(9, R9, R9D, R9W, R9B),
		REG(10, R10, R10D, R10W, R10B),
		REG(11, R11, R11D, R11W, R11B),
		REG(12, R12, R12D, R12W, R12B),
		REG(13, R13, R13D, R13W, R13B),
		REG(14, R14, R14D, R14W, R14B),
		REG(15, R15, R15D, R15W, R15B),
#undef REG
		[X86_REG_AH] = 1,
		[X86_REG_CH] = 2,
		[X86_REG_DH] = 3,
		[X86_REG_BH] = 4,
	};

	return (unsigned)r < X86_REG_ENDING && numbers[r] ? numbers[r] - 1 : REG_NONE;
}

static struct place place_of(const cs_insn *in, int i)
{
	const cs_x86_op *op = &in->detail->x86.operands[i];
	struct place p = { .reg = REG_NONE, .index = REG_NONE, .size = op->size };

	if (i >= in->detail->x86.op_count)
		return p;
	if (op->type == X86_OP_REG && op->reg == X86_REG_XMM15) {
		/* Always 0 in Go code (cmd/compile/abi-internal.md). */
		p.kind = PLACE_IMM;
	} else if (op->type == X86_OP_REG) {
		p.reg = reg_number(op->reg);
		p.kind = p.reg == REG_NONE ? PLACE_NONE : PLACE_REG;
	} else if (op->type == X86_OP_IMM) {
		p.kind = PLACE_IMM;
		p.val = op->imm;
	} else if (op->type == X86_OP_MEM && op->mem.segment == X86_REG_INVALID) {
		bool fixed = op->mem.base == X86_REG_RIP;

		p.kind = fixed ? PLACE_FIXED : PLACE_MEM;
		p.reg = fixed ? REG_NONE : reg_number(op->mem.base);
		p.index = reg_number(op->mem.index);
		p.val = op->mem.disp + (fixed ? (int64_t)(in->address + in->size) : 0);
	}
	return p;
}

static uint16_t written(csh cs, const cs_insn *in)
{
	cs_regs rd, wr;
	uint8_t nrd, nwr, r;
	uint16_t mask = 0;

	if (cs_regs_access(cs, in, rd, &nrd, wr, &nwr) != CS_ERR_OK)
		return UINT16_MAX;
	for (int i = 0; i < nwr; i++) {
		r = reg_number(wr[i]);
		mask |= r == REG_NONE ? 0 : (uint16_t)(1u << r);
	}
	return mask;
}

static bool is_same_reg(const struct insn *in)
{
	return in->dst.kind == PLACE_REG && in->src.kind == PLACE_REG && in->dst.reg == in->src.reg;
}

/* An addition of a constant, in whatever form. */
static bool set_add(struct insn *in, int64_t sign, int64_t by)
{
	in->src.kind = PLACE_IMM;
	in->src.val = sign * by;
	return in->dst.kind == PLACE_REG && in->dst.size == 8;
}

static uint8_t kind_of(csh cs, const cs_insn *cin, struct insn *in)
{
	if (cin->bytes[0] == X86_PREFIX_LOCK)
		return INSN_LOCKED;
	switch (cin->id) {
	case X86_INS_NOP:
		return INSN_NOP;
	case X86_INS_XCHG:
		return is_same_reg(in) ? INSN_NOP : INSN_OTHER;
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVQ:
	case X86_INS_MOVUPS:
		return INSN_MOV;
	case X86_INS_LEA:
		return INSN_LEA;
	case X86_INS_ADD:
		return in->src.kind == PLACE_IMM && set_add(in, 1, in->src.val) ? INSN_ADD : INSN_OTHER;
	case X86_INS_SUB:
		return in->src.kind == PLACE_IMM && set_add(in, -1, in->src.val) ? INSN_ADD : INSN_OTHER;
	case X86_INS_INC:
		return set_add(in, 1, 1) ? INSN_ADD : INSN_OTHER;
	case X86_INS_DEC:
		return set_add(in, -1, 1) ? INSN_ADD : INSN_OTHER;
	case X86_INS_XOR:
		return is_same_reg(in) ? INSN_CLEAR : INSN_OTHER;
	case X86_INS_TEST:
		return is_same_reg(in) ? INSN_TEST : INSN_OTHER;
	case X86_INS_PUSH:
		return INSN_PUSH;
	case X86_INS_POP:
		return INSN_POP;
	case X86_INS_CALL:
		return INSN_CALL;
	case X86_INS_JMP:
		return INSN_JMP;
	case X86_INS_JE:
		return INSN_JE;
	case X86_INS_JNE:
		return INSN_JNE;
	case X86_INS_RET:
		return INSN_RET;
	case X86_INS_UD2:
	case X86_INS_INT3:
	case X86_INS_HLT:
		return INSN_STOP;
	default:
		return cs_insn_group(cs, cin, X86_GRP_JUMP) ? INSN_JCC : INSN_OTHER;
	}
}

static int add_insn(struct insns *out, csh cs, const cs_insn *cin)
{
	struct insn in = { .addr = cin->address, .len = (uint8_t)cin->size, .writes = written(cs, cin) };

	in.dst = place_of(cin, 0);
	in.src = place_of(cin, 1);
	in.kind = kind_of(cs, cin, &in);
	in.cmpxchg = cin->id == X86_INS_CMPXCHG;
	return vec_push(out, in);
}

int insns_decode(struct insns *out, const struct gobin *b, const struct pcln_func *f)
{
	uint64_t left, addr = f->entry;
	const uint8_t *p = image_at(&b->im, f->entry, &left);
	size_t size = f->end - f->entry;
	cs_insn *in;
	int ret = 0;
	csh cs;

	*out = (struct insns){ 0 };
	if (size > CODE_MAX)
		return -EFBIG;
	if (!p || size > left)
		return -ENOEXEC;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs))
		return -ENOMEM;
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	in = cs_malloc(cs);
	while (in && !ret && cs_disasm_iter(cs, &p, &size, &addr, in))
		ret = add_insn(out, cs, in);
	if (in)
		cs_free(in, 1);
	cs_close(&cs);
	if (!in)
		return -ENOMEM;
	return ret ? ret : out->n ? 0 : -ENOEXEC;
}

void insns_free(struct insns *s)
{
	vec_free(s);
}

struct insn_key {
	const struct insns *s;
	uint64_t addr;
};

static bool insn_is_from(const void *ctx, size_t i)
{
	const struct insn_key *key = ctx;

	return key->s->v[i].addr >= key->addr;
}

size_t insns_at(const struct insns *s, uint64_t addr)
{
	struct insn_key key = { s, addr };
	size_t i = search_first(s->n, insn_is_from, &key);

	return i < s->n && s->v[i].addr == addr ? i : SIZE_MAX;
}
