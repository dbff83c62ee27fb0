// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses that the runtime's code uses, to find what has no symbol. */
#include <capstone/capstone.h>
#include <errno.h>
#include <string.h>

#include "gobin/internal.h"

/* Code of a function beyond this many bytes is ignored. */
#define MAX_CODE (64u << 10)

struct scan {
	struct operand *out;
	int n, max;
	int imm8;
	x86_reg lea_reg; /* loaded with an address by the previous instruction */
};

static void scan_insn(struct scan *s, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	x86_reg lea_reg = X86_REG_INVALID;

	if (in->id == X86_INS_CMP && x->op_count == 2 && x->operands[0].type == X86_OP_REG &&
	    x->operands[0].reg == X86_REG_AL && x->operands[1].type == X86_OP_IMM && s->imm8 < 0)
		s->imm8 = (int)(x->operands[1].imm & 0xff);
	for (int i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];
		struct operand *o;

		if (op->type != X86_OP_MEM)
			continue;
		if (in->id == X86_INS_XCHG && s->lea_reg != X86_REG_INVALID && op->mem.base == s->lea_reg && s->n)
			s->out[s->n - 1].xchg = true;
		if (op->mem.base != X86_REG_RIP || s->n == s->max)
			continue;
		o = &s->out[s->n++];
		*o = (struct operand){ .addr = in->address + in->size + (uint64_t)op->mem.disp };
		if (in->id == X86_INS_LEA)
			lea_reg = x->operands[0].reg;
		else
			o->size = op->size;
		o->cmp = in->id == X86_INS_CMP && x->op_count == 2 && x->operands[1 - i].type == X86_OP_REG;
	}
	s->lea_reg = lea_reg;
}

int operands_of(const struct gobin *b, const char *name, struct operand *out, int max, int *imm8)
{
	struct scan s = { .out = out, .max = max, .imm8 = -1, .lea_reg = X86_REG_INVALID };
	uint64_t left, addr;
	struct pcln_func f;
	const uint8_t *p;
	size_t size;
	cs_insn *in;
	csh cs;

	if (pclntab_func_named(&b->pcln, name, &f))
		return -ENOENT;
	p = image_at(&b->im, f.entry, &left);
	if (!p || cs_open(CS_ARCH_X86, CS_MODE_64, &cs))
		return -ENOENT;
	size = f.end - f.entry < left ? f.end - f.entry : left;
	size = size < MAX_CODE ? size : MAX_CODE;
	addr = f.entry;
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	in = cs_malloc(cs);
	while (in && cs_disasm_iter(cs, &p, &size, &addr, in))
		scan_insn(&s, in);
	if (in)
		cs_free(in, 1);
	cs_close(&cs);
	if (imm8)
		*imm8 = s.imm8;
	return s.n;
}

int go_string_at(const struct gobin *b, uint64_t addr, uint32_t max, const char **s, uint32_t *len)
{
	uint64_t str[2], left;
	const uint8_t *p;

	if (image_read(&b->im, addr, str, sizeof(str)) || str[1] > max)
		return -ENOENT;
	*len = (uint32_t)str[1];
	*s = "";
	if (!*len)
		return 0;
	p = image_at(&b->im, str[0], &left);
	if (!p || left < *len)
		return -ENOENT;
	for (uint32_t i = 0; i < *len; i++) {
		if (p[i] < ' ' || p[i] == 0x7f)
			return -ENOENT;
	}
	*s = (const char *)p;
	return 0;
}
