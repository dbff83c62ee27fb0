// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/useops.h"

#define SCASE_SIZE 16 /* runtime.scase: the channel, the element (runtime/select.go) */

enum operand_place {
	OPERAND_FIRST,  /* the first argument */
	OPERAND_SECOND, /* the second one */
	OPERAND_DELTA,  /* the first argument, if the second one is -1 */
	OPERAND_CASES,  /* an array of cases */
};

/* runtime/chan.go, runtime/select.go, sync/waitgroup.go, sync/cond.go. WaitGroup.Done is inlined as Add(-1). */
static const struct use_method {
	const char *name;
	uint8_t kind, operand;
} methods[] = {
	{ "runtime.chansend1", USE_KIND_SEND, OPERAND_FIRST },
	{ "runtime.selectnbsend", USE_KIND_SEND, OPERAND_FIRST },
	{ "runtime.chanrecv1", USE_KIND_RECV, OPERAND_FIRST },
	{ "runtime.chanrecv2", USE_KIND_RECV, OPERAND_FIRST },
	{ "runtime.selectnbrecv", USE_KIND_RECV, OPERAND_SECOND },
	{ "runtime.closechan", USE_KIND_CLOSE, OPERAND_FIRST },
	{ "runtime.selectgo", USE_KIND_SEND, OPERAND_CASES },
	{ "sync.(*WaitGroup).Done", USE_KIND_DONE, OPERAND_FIRST },
	{ "sync.(*WaitGroup).Add", USE_KIND_DONE, OPERAND_DELTA },
	{ "sync.(*Cond).Signal", USE_KIND_SIGNAL, OPERAND_FIRST },
	{ "sync.(*Cond).Broadcast", USE_KIND_SIGNAL, OPERAND_FIRST },
};

#define METHODS (sizeof(methods) / sizeof(*methods))
_Static_assert(METHODS <= USE_ENTRIES_MAX, "one entry for each method");

void use_ops_init(struct use_ops *o, const struct gobin *b)
{
	struct pcln_func f;

	*o = (struct use_ops){ 0 };
	for (size_t i = 0; i < METHODS; i++)
		if (!pclntab_func_named(&b->pcln, methods[i].name, &f))
			o->entries[o->n++] = (struct use_entry){ f.entry, (uint8_t)i };
}

static const struct use_method *method_at(const struct use_ops *o, uint64_t addr)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->entries[i].addr == addr)
			return &methods[o->entries[i].method];
	return NULL;
}

bool use_ops_in(const struct use_ops *o, const uint8_t *code, uint64_t len, uint64_t addr)
{
	for (uint64_t i = 0; i + 5 <= len; i++)
		/* A call, or bytes that look like one. */
		if (code[i] == 0xe8 && method_at(o, addr + i + 5 + (uint64_t)(int64_t)(int32_t)le32(code + i + 1)))
			return true;
	return false;
}

/* selectgo(cas0, order0, pc0, nsends, nrecvs, block): the sends come first. */
static size_t cases_of(struct syms *s, const struct symstate *st, struct use_operand *out)
{
	struct val cases = st->reg[REG_RAX], nsends = st->reg[REG_RDI], nrecvs = st->reg[REG_RSI];
	uint64_t n = (uint64_t)nsends.off + (uint64_t)nrecvs.off;
	size_t k = 0;

	if (nsends.node != NODE_FIXED || nrecvs.node != NODE_FIXED || (uint64_t)nsends.off > USE_OPERANDS_MAX ||
	    n > USE_OPERANDS_MAX)
		return 0;
	for (; k < n; k++)
		out[k] = (struct use_operand){ k < (uint64_t)nsends.off ? USE_KIND_SEND : USE_KIND_RECV,
			                       symstate_load(s, st, val_plus(cases, (int64_t)k * SCASE_SIZE)) };
	return k;
}

size_t use_ops_call(const struct use_ops *o, uint64_t addr, struct syms *s, const struct symstate *st,
                    struct use_operand out[USE_OPERANDS_MAX])
{
	const struct use_method *m = method_at(o, addr);

	if (!m)
		return 0;
	switch (m->operand) {
	case OPERAND_CASES:
		return cases_of(s, st, out);
	case OPERAND_DELTA:
		if (st->reg[REG_RBX].node != NODE_FIXED || st->reg[REG_RBX].off != -1)
			return 0;
		break;
	default:
		break;
	}
	out[0] = (struct use_operand){ m->kind, st->reg[m->operand == OPERAND_SECOND ? REG_RBX : REG_RAX] };
	return 1;
}
