// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/closure.h"

#include <errno.h>
#include <string.h>

#include "bpf/ring.h"
#include "record/probe/gocode.h"

/* What is known of a closure that the code is constructing. */
struct making {
	uint64_t target, code; /* operand of the last lea; the code address stored in the closure */
	x86_reg target_reg, closure_reg;
	int64_t code_at, closure_at; /* offsets from rsp */
	bool passed;
};

static uint64_t behind(const cs_insn *in)
{
	return in->address + in->size;
}

static bool is_at(const cs_x86_op *op, x86_reg base, int64_t *disp)
{
	if (op->type != X86_OP_MEM || op->mem.base != base || op->mem.index != X86_REG_INVALID)
		return false;
	*disp = op->mem.disp;
	return true;
}

static void see_lea(struct making *m, const cs_insn *in)
{
	const cs_x86_op *op = in->detail->x86.operands;
	int64_t disp;

	if (is_at(&op[1], X86_REG_RIP, &disp)) {
		m->target = behind(in) + (uint64_t)disp;
		m->target_reg = op[0].reg;
	} else if (is_at(&op[1], X86_REG_RSP, &disp)) {
		m->closure_at = disp;
		m->closure_reg = op[0].reg;
	}
}

/* mov [rsp + …], reg */
static void see_store(struct making *m, const cs_insn *in)
{
	const cs_x86_op *op = in->detail->x86.operands;
	int64_t disp;

	if (!is_at(&op[0], X86_REG_RSP, &disp) || op[1].type != X86_OP_REG)
		return;
	if (m->closure_reg != X86_REG_INVALID && op[1].reg == m->closure_reg && disp == 0)
		m->passed = true;
	else if (m->target_reg != X86_REG_INVALID && op[1].reg == m->target_reg) {
		m->code = m->target;
		m->code_at = disp;
		m->target_reg = X86_REG_INVALID;
	}
}

static bool ends_block(const struct code *c, const cs_insn *in)
{
	return cs_insn_group(c->cs, in, X86_GRP_JUMP) || cs_insn_group(c->cs, in, X86_GRP_CALL) ||
	       cs_insn_group(c->cs, in, X86_GRP_RET);
}

int code_closure_call(const struct code *c, uint64_t systemstack, size_t *from, struct closure_call *out)
{
	struct making m = { 0 };

	for (; *from < c->n; ++*from) {
		const cs_insn *in = &c->insn[*from];
		const cs_x86 *x = &in->detail->x86;

		if (in->id == X86_INS_LEA && x->op_count == 2)
			see_lea(&m, in);
		else if (in->id == X86_INS_MOV && x->op_count == 2)
			see_store(&m, in);
		if (!ends_block(c, in))
			continue;
		if (in->id == X86_INS_CALL && x->operands[0].type == X86_OP_IMM &&
		    (uint64_t)x->operands[0].imm == systemstack && m.passed && m.code && m.code_at == m.closure_at) {
			*out = (struct closure_call){ m.code, behind(in), (int32_t)m.closure_at };
			++*from;
			return 0;
		}
		m = (struct making){ 0 };
	}
	return -ENOENT;
}

/*
 * mov rdi, [rdi]; call rdi (runtime/asm_amd64.s, systemstack): a closure begins
 * with the address of its code.
 */
int code_systemstack(const struct code *c, uint64_t *ret, bool *pushes)
{
	for (size_t i = 1; i < c->n; i++) {
		const cs_x86 *load = &c->insn[i - 1].detail->x86, *call = &c->insn[i].detail->x86;
		int64_t disp;

		if (c->insn[i].id != X86_INS_CALL || call->operands[0].type != X86_OP_REG ||
		    c->insn[i - 1].id != X86_INS_MOV || !is_at(&load->operands[1], call->operands[0].reg, &disp) ||
		    disp != 0 || load->operands[0].type != X86_OP_REG || load->operands[0].reg != call->operands[0].reg)
			continue;
		*ret = behind(&c->insn[i]);
		*pushes = c->insn[0].id == X86_INS_PUSH && c->insn[0].detail->x86.operands[0].reg == X86_REG_RBP;
		return 0;
	}
	return -ENOENT;
}

/* What all sites in a program share, as addresses in its file. */
struct runtime_code {
	uint64_t systemstack, ret, ready;
	bool pushes;
};

static int read_runtime(struct runtime_code *r, const struct gobin *bin)
{
	static const char *const names[] = { "runtime.systemstack.abi0", "runtime.systemstack" };
	struct go_func f;
	struct code c;
	int ret = -ENOENT;

	if (gobin_func_by_name(bin, "runtime.ready", &f))
		return -ENOENT;
	r->ready = f.entry;
	for (int i = 0; i < 2 && ret; i++) {
		if (gocode_open_name(&c, bin, names[i], NULL))
			continue;
		r->systemstack = c.addr;
		ret = code_systemstack(&c, &r->ret, &r->pushes);
		code_close(&c);
	}
	return ret;
}

/* The return address of the call to ready in a closure; 0: the closure does not call it. */
static uint64_t ready_pc(const struct runtime_code *r, const struct gobin *bin, uint64_t closure)
{
	struct go_func f;
	struct site site;
	struct code c;
	uint64_t pc = 0;

	if (gobin_func_by_pc(bin, closure, &f) || f.entry != closure || gocode_open(&c, bin, &f, NULL))
		return 0;
	if (!site_call(&c, r->ready, &site, NULL))
		for (size_t i = 0; i < c.n; i++)
			if (c.insn[i].address == site.addr)
				pc = behind(&c.insn[i]);
	code_close(&c);
	return pc;
}

/*
 * systemstack's frame is the third, below its argument: the saved rbp and the
 * return address. Up to Go 1.20 it has no frame, and the third is the waker's.
 */
static int third_frame(const struct runtime_code *r, const struct code *c, int32_t *from_rsp)
{
	*from_rsp = -16;
	return r->pushes ? 0 : code_frame_size(c, from_rsp);
}

static size_t add_sites(struct bpf_config *cfg, size_t n, const struct runtime_code *r, const struct code *c,
                        const struct gobin *bin, uint64_t bias)
{
	struct closure_call call;
	size_t from = 0;
	int32_t frame;

	if (third_frame(r, c, &frame))
		return n;
	while (n < READY_SITES && !code_closure_call(c, r->systemstack, &from, &call)) {
		uint64_t pc = ready_pc(r, bin, call.code);

		if (!pc || call.at % 8)
			continue;
		cfg->ready_site[n++] = (struct ready_site){
			.ret = call.ret + bias,
			.code = call.code + bias,
			.pc = pc + bias,
			.hash = stack_hash_step(stack_hash_step(0, pc + bias), r->ret + bias),
			.words = (uint32_t)call.at / 8,
			.bp = frame - call.at,
		};
	}
	return n;
}

void closure_plan(struct bpf_config *cfg, const struct gobin *bin, uint64_t bias)
{
	/*
	 * Functions that wake on behalf of a goroutine, most frequent first.
	 * Timers wake on g0 and need no site.
	 */
	static const char *const names[] = { "runtime.send", "runtime.recv", "runtime.readyWithTime",
		                             "runtime.closechan", "runtime.goready" };
	struct runtime_code r;
	struct code c;
	size_t n = 0;

	memset(cfg->ready_site, 0, sizeof(cfg->ready_site));
	if (read_runtime(&r, bin))
		return;
	cfg->systemstack_pc = r.ret + bias;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (gocode_open_name(&c, bin, names[i], NULL))
			continue;
		n = add_sites(cfg, n, &r, &c, bin, bias);
		code_close(&c);
	}
}
