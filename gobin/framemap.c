// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the compiler tells the collector about a frame (runtime/stkframe.go
 * getStackMap, runtime/stack.go stackObjectRecord, Go 1.18 … 1.27).
 */
#include <errno.h>

#include "gobin/internal.h"

/* The same in Go 1.18 … 1.27 (internal/abi/symtab.go, before 1.22 runtime/symtab.go). */
#define PCDATA_STACKMAP 1
#define FUNCDATA_ARGS 0
#define FUNCDATA_LOCALS 1
#define FUNCDATA_OBJECTS 2

#define STACKMAP_HEAD 8 /* runtime.stackmap: n, nbit */
#define OBJECT_SIZE 16  /* runtime.stackObjectRecord */
#define BITS_MAX (1u << 20)

/* What the function's FUNCDATA of this number points to, len bytes of it. NULL: there is none. */
static const uint8_t *funcdata_at(const struct gobin *b, const struct pcln_func *f, uint32_t number, uint64_t off,
                                  uint64_t len)
{
	uint64_t at = ((uint64_t)f->npcdata + number) * 4, base;

	if (number >= f->nfuncdata || f->tail.len < at + 4)
		return NULL;
	base = le32(f->tail.p + at);
	if (base == UINT32_MAX || base + off > b->pcln.funcdata.len || len > b->pcln.funcdata.len - base - off)
		return NULL;
	return b->pcln.funcdata.p + base + off;
}

/* Bitmap number at of a table of them; *bits 0: no word of it is a pointer. -ENOENT: no such table, or bitmap. */
static int bitmap_at(const struct gobin *b, const struct pcln_func *f, uint32_t number, uint32_t at,
                     const uint8_t **map, uint32_t *bits)
{
	const uint8_t *head = funcdata_at(b, f, number, 0, STACKMAP_HEAD);
	uint32_t n, size;

	if (!head)
		return -ENOENT;
	n = le32(head);
	*bits = le32(head + 4);
	if (!*bits)
		return 0;
	size = (*bits + 7) / 8;
	if (at >= n || *bits > BITS_MAX)
		return -ENOENT;
	*map = funcdata_at(b, f, number, STACKMAP_HEAD + (uint64_t)at * size, size);
	return *map ? 0 : -ENOENT;
}

static int objects_at(const struct gobin *b, const struct pcln_func *f, struct go_frame_map *m)
{
	const uint8_t *n = funcdata_at(b, f, FUNCDATA_OBJECTS, 0, 8);

	if (!n)
		return 0;
	if (le64(n) > BITS_MAX)
		return -ENOENT;
	m->nobjs = (uint32_t)le64(n);
	m->objs = funcdata_at(b, f, FUNCDATA_OBJECTS, 8, (uint64_t)m->nobjs * OBJECT_SIZE);
	return m->objs ? 0 : -ENOENT;
}

int gobin_frame_map(const struct gobin *b, uint64_t pc, bool is_return, struct go_frame_map *m)
{
	struct pcln_func f;
	int32_t at = -1;

	*m = (struct go_frame_map){ 0 };
	if (pclntab_func_at(&b->pcln, pc - is_return, &f))
		return -ENOENT;
	m->size = pclntab_value(&b->pcln, &f, f.pcsp, pc - is_return);
	if (m->size < 0)
		return -ENOENT;
	if (pc != f.entry)
		at = pclntab_pcdata(&b->pcln, &f, PCDATA_STACKMAP, pc - is_return);
	/* In the prologue: what holds at the entry. */
	if (at < 0)
		at = 0;
	/* Frames of 8 bytes have the saved rbp only. */
	if (m->size > 8 && bitmap_at(b, &f, FUNCDATA_LOCALS, (uint32_t)at, &m->locals, &m->nlocals))
		return -ENOENT;
	if (f.args && (f.args < 0 || bitmap_at(b, &f, FUNCDATA_ARGS, (uint32_t)at, &m->args, &m->nargs)))
		return -ENOENT;
	return objects_at(b, &f, m);
}

void go_frame_obj(const struct go_frame_map *m, uint32_t i, int32_t *off, uint32_t *size)
{
	*off = (int32_t)le32(m->objs + i * OBJECT_SIZE);
	*size = le32(m->objs + i * OBJECT_SIZE + 4);
}
