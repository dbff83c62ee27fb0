// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/lockblock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX 8192
#define TABLE_MAX 1024 /* entries of a jump table */
#define TABLE_BACK 8   /* instructions between the table's address and the jump */

struct finder {
	struct lock_blocks *out;
	const struct gobin *b;
	const struct pcln_func *f;
	const struct insns *code;
	bool *leads;     /* a block begins at the instruction */
	uint32_t *block; /* by first instruction */
};

static bool is_cond(const struct insn *in)
{
	return in->kind == INSN_JE || in->kind == INSN_JNE || in->kind == INSN_JCC;
}

/* Calls after which the compiler lets no code of the same path follow. */
static bool never_returns(const struct finder *fi, const struct insn *in)
{
	static const char *const begins[] = { "runtime.gopanic",   "runtime.panic",     "runtime.goPanic",
		                              "runtime.throw",     "runtime.fatal",     "runtime.block",
		                              "runtime.goexit",    "runtime.morestack", "runtime.racepanic",
		                              "runtime.panicshift" };
	struct pcln_func f;

	if (in->kind != INSN_CALL || !insn_to(in) || pclntab_func_at(&fi->b->pcln, insn_to(in), &f))
		return false;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(f.name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static bool ends_block(const struct finder *fi, const struct insn *in)
{
	return is_cond(in) || in->kind == INSN_JMP || in->kind == INSN_RET || in->kind == INSN_STOP ||
	       never_returns(fi, in);
}

/* The compiler's jump tables: lea reg, [table]; jmp [reg + index * 8]. 0: not one. */
static uint64_t table_of(const struct finder *fi, size_t i)
{
	const struct insn *jmp = &fi->code->v[i];

	if (jmp->dst.kind != PLACE_MEM || jmp->dst.index == REG_NONE || jmp->dst.val)
		return 0;
	for (size_t k = i; k-- > 0 && i - k <= TABLE_BACK;) {
		const struct insn *in = &fi->code->v[k];

		if (in->kind == INSN_LEA && in->dst.reg == jmp->dst.reg && in->src.kind == PLACE_FIXED)
			return (uint64_t)in->src.val;
		if (in->writes & 1u << jmp->dst.reg)
			return 0;
	}
	return 0;
}

/* Entry k of the table as an instruction; SIZE_MAX: the table has ended. */
static size_t table_entry(const struct finder *fi, uint64_t table, size_t k)
{
	uint64_t to;

	if (k >= TABLE_MAX || image_read(&fi->b->im, table + k * 8, &to, sizeof(to)))
		return SIZE_MAX;
	return insns_at(fi->code, to);
}

static bool is_outside(const struct finder *fi, uint64_t to)
{
	return to < fi->f->entry || to >= fi->f->end;
}

/* Marks where blocks begin. */
static int mark(struct finder *fi)
{
	const struct insns *code = fi->code;

	fi->leads[0] = true;
	for (size_t i = 0; i < code->n; i++) {
		const struct insn *in = &code->v[i];
		uint64_t table;
		size_t to;

		if (!ends_block(fi, in))
			continue;
		if (i + 1 < code->n)
			fi->leads[i + 1] = true;
		if (in->kind != INSN_JMP && !is_cond(in))
			continue;
		if (insn_to(in)) {
			to = insns_at(code, insn_to(in));
			if (to != SIZE_MAX)
				fi->leads[to] = true;
			else if (!is_outside(fi, insn_to(in)))
				return -ENOEXEC;
			continue;
		}
		table = table_of(fi, i);
		if (!table || table_entry(fi, table, 0) == SIZE_MAX)
			return -ENOEXEC;
		for (size_t k = 0; (to = table_entry(fi, table, k)) != SIZE_MAX; k++)
			fi->leads[to] = true;
	}
	return 0;
}

static int add_blocks(struct finder *fi)
{
	struct lock_block b = { 0 };

	for (size_t i = 0; i < fi->code->n; i++) {
		if (fi->leads[i])
			b.begin = i;
		b.end = i + 1;
		fi->block[i] = (uint32_t)fi->out->n;
		if (b.end < fi->code->n && !fi->leads[b.end])
			continue;
		if (fi->out->n == BLOCKS_MAX)
			return -ENOEXEC;
		if (vec_push(fi->out, b))
			return -ENOMEM;
	}
	return 0;
}

static int add_way(struct finder *fi, struct lock_block *b, size_t to)
{
	b->nto++;
	return vec_push(&fi->out->to, fi->block[to]);
}

static int add_ways(struct finder *fi, struct lock_block *b)
{
	const struct insn *last = &fi->code->v[b->end - 1];
	int ret = 0;
	size_t to;

	b->to = (uint32_t)fi->out->to.n;
	if (last->kind != INSN_JMP && last->kind != INSN_RET && last->kind != INSN_STOP && !never_returns(fi, last) &&
	    b->end < fi->code->n)
		ret = add_way(fi, b, b->end);
	if (ret || (last->kind != INSN_JMP && !is_cond(last)))
		return ret;
	if (insn_to(last)) {
		to = insns_at(fi->code, insn_to(last));
		return to == SIZE_MAX ? 0 : add_way(fi, b, to);
	}
	for (size_t k = 0; !ret && (to = table_entry(fi, table_of(fi, b->end - 1), k)) != SIZE_MAX; k++)
		ret = add_way(fi, b, to);
	return ret;
}

int lock_blocks_find(struct lock_blocks *out, const struct gobin *b, const struct pcln_func *f,
                     const struct insns *code)
{
	struct finder fi = { .out = out, .b = b, .f = f, .code = code };
	int ret;

	*out = (struct lock_blocks){ 0 };
	fi.leads = calloc(code->n, sizeof(*fi.leads));
	fi.block = calloc(code->n, sizeof(*fi.block));
	ret = fi.leads && fi.block ? mark(&fi) : -ENOMEM;
	if (!ret)
		ret = add_blocks(&fi);
	for (size_t i = 0; !ret && i < out->n; i++)
		ret = add_ways(&fi, &out->v[i]);
	free(fi.leads);
	free(fi.block);
	return ret;
}

void lock_blocks_free(struct lock_blocks *b)
{
	vec_free(b);
	vec_free(&b->to);
}
