// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of a frame that the garbage collector follows, from the maps that
 * the compiler writes for it (runtime/stkframe.go, getStackMap; the same numbers
 * in Go 1.19 ... 1.27, internal/abi/symtab.go).
 */
#include <errno.h>

#include "gobin/internal.h"

#define PCDATA_STACK_MAP 1
#define FUNCDATA_ARGS 0
#define FUNCDATA_LOCALS 1
#define FUNCDATA_OBJECTS 2

#define ARGS_UNKNOWN INT32_MIN
#define STACKMAP_HEAD 8 /* runtime.stackmap: n, nbit */
#define OBJECTS_HEAD 8
#define OBJECT_SIZE 16 /* runtime.stackObjectRecord: off, size, ptrBytes, gcdataoff */

/* Bitmap ix of the function's stack maps of a kind. 0, or -ENOENT if it does not exist. */
static int bitmap(const struct pclntab *t, const struct pcln_func *f, uint32_t kind, int32_t ix, const uint8_t **bits,
                  uint32_t *nbits)
{
	const uint8_t *head = pclntab_funcdata(t, f, kind, 0, STACKMAP_HEAD);
	int32_t n = head ? (int32_t)le32(head) : 0;
	uint64_t bytes;

	*nbits = 0;
	if (n <= 0)
		return -ENOENT;
	*nbits = le32(head + 4);
	if (!*nbits)
		return 0;
	bytes = ((uint64_t)*nbits + 7) / 8;
	*bits = ix < n ? pclntab_funcdata(t, f, kind, STACKMAP_HEAD + (uint64_t)ix * bytes, bytes) : NULL;
	return *bits ? 0 : -ENOENT;
}

int gobin_frame_map(const struct gobin *b, uint64_t pc, bool has_locals, struct go_frame_map *m)
{
	const struct pclntab *t = &b->pcln;
	const uint8_t *head;
	struct pcln_func f;
	int32_t ix;

	*m = (struct go_frame_map){ 0 };
	if (!t->funcdata.p || pclntab_func_at(t, pc, &f))
		return -ENOENT;
	ix = pclntab_pcdata(t, &f, PCDATA_STACK_MAP, pc);
	/* As the runtime does: a prologue has no value of its own. */
	if (ix < 0)
		ix = 0;
	if (has_locals && bitmap(t, &f, FUNCDATA_LOCALS, ix, &m->locals, &m->nlocals))
		return -ENOENT;
	if (f.args == ARGS_UNKNOWN || (f.args > 0 && bitmap(t, &f, FUNCDATA_ARGS, ix, &m->args, &m->nargs)))
		return -ENOENT;
	head = pclntab_funcdata(t, &f, FUNCDATA_OBJECTS, 0, OBJECTS_HEAD);
	if (!head)
		return 0;
	m->nobjs = le32(head);
	m->objs = pclntab_funcdata(t, &f, FUNCDATA_OBJECTS, OBJECTS_HEAD, (uint64_t)m->nobjs * OBJECT_SIZE);
	return m->objs || !m->nobjs ? 0 : -ENOENT;
}

void go_frame_obj(const struct go_frame_map *m, uint32_t i, int32_t *off, uint32_t *size)
{
	*off = (int32_t)le32(m->objs + (uint64_t)i * OBJECT_SIZE);
	*size = le32(m->objs + (uint64_t)i * OBJECT_SIZE + 4);
}
