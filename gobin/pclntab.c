// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/pclntab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/map.h"
#include "util/search.h"

/* Sizes of runtime._func: Go 1.20 added startLine. */
#define FUNC_SIZE_118 40
#define FUNC_SIZE_120 44

/* PCDATA and FUNCDATA indices, the same in Go 1.18 … 1.27 (internal/abi/symtab.go). */
#define PCDATA_INLTREE 2
#define FUNCDATA_INLTREE 3

/* runtime.inlinedCall: 20 bytes up to Go 1.19, 16 from 1.20. */
#define INLINED_SIZE_118 20
#define INLINED_SIZE_120 16

/* A pc table has at least two bytes per step; no function has this many steps. */
#define MAX_STEPS (1u << 22)

#define NO_NAME UINT32_MAX

static const uint8_t *bytes_at(const struct bytes *b, uint64_t off, uint64_t len)
{
	if (off > b->len || len > b->len - off)
		return NULL;
	return b->p + off;
}

static const char *string_at(const struct bytes *b, uint64_t off)
{
	const uint8_t *p = bytes_at(b, off, 1);

	return p && memchr(p, 0, b->len - off) ? (const char *)p : NULL;
}

const char *pclntab_name(const struct pclntab *t, uint32_t off)
{
	return string_at(&t->names, off);
}

/* Up to Go 1.17 the function table has 64-bit addresses and offsets; later it has 32-bit offsets from text. */
static bool has_addresses(const struct pclntab *t)
{
	return t->magic == PCLN_MAGIC_116;
}

uint64_t pclntab_entry(const struct pclntab *t, uint32_t idx)
{
	if (has_addresses(t))
		return le64(t->funcs.p + (uint64_t)idx * 16);
	return t->text + le32(t->funcs.p + (uint64_t)idx * 8);
}

int pclntab_func(const struct pclntab *t, uint32_t idx, struct pcln_func *f)
{
	bool v120 = t->magic == PCLN_MAGIC_120, v117 = has_addresses(t);
	uint32_t size = v120 ? FUNC_SIZE_120 : FUNC_SIZE_118;
	uint64_t words, off;
	const uint8_t *p;

	if (idx >= t->nfunc)
		return -ENOENT;
	off = v117 ? le64(t->funcs.p + (uint64_t)idx * 16 + 8) : le32(t->funcs.p + (uint64_t)idx * 8 + 4);
	/* The record begins with the entry: 8 bytes up to Go 1.17, 4 later. */
	off += v117 ? 4 : 0;
	p = bytes_at(&t->funcs, off, size);
	if (!p)
		return -ENOENT;
	*f = (struct pcln_func){
		.entry = pclntab_entry(t, idx),
		.end = pclntab_entry(t, idx + 1),
		.name = pclntab_name(t, le32(p + 4)),
		.idx = idx,
		.args = (int32_t)le32(p + 8),
		.pcsp = le32(p + 16),
		.pcfile = le32(p + 20),
		.pcln = le32(p + 24),
		.npcdata = le32(p + 28),
		.cu = le32(p + 32),
		.start_line = v120 ? le32(p + 36) : 0,
		.id = p[size - 4],
		.nfuncdata = v117 ? 0 : p[size - 1],
	};
	words = (uint64_t)f->npcdata + f->nfuncdata;
	f->tail.p = bytes_at(&t->funcs, off + size, words * 4);
	f->tail.len = f->tail.p ? words * 4 : 0;
	return f->name && f->end > f->entry ? 0 : -ENOENT;
}

struct entry_key {
	const struct pclntab *t;
	uint64_t pc;
};

static bool entry_is_above(const void *ctx, size_t i)
{
	const struct entry_key *key = ctx;

	return pclntab_entry(key->t, (uint32_t)i) > key->pc;
}

int pclntab_func_at(const struct pclntab *t, uint64_t pc, struct pcln_func *f)
{
	struct entry_key key = { t, pc };
	size_t above;
	int rc;

	if (pc < t->text || pc - t->text > UINT32_MAX || !t->nfunc)
		return -ENOENT;
	above = search_first(t->nfunc, entry_is_above, &key);
	rc = pclntab_func(t, above ? (uint32_t)above - 1 : 0, f);
	return rc ? rc : (pc >= f->entry && pc < f->end ? 0 : -ENOENT);
}

static bool varint(const struct bytes *b, uint64_t *at, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35 && *at < b->len; shift += 7) {
		uint8_t c = b->p[(*at)++];

		if (shift < 32)
			v |= (uint32_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

/* runtime.pcvalue: pairs of a change of the value (zigzag) and the number of code bytes for which it holds. */
int32_t pclntab_value(const struct pclntab *t, const struct pcln_func *f, uint32_t off, uint64_t pc)
{
	uint64_t at = off, upto = f->entry;
	uint32_t val = UINT32_MAX, d;

	if (!off)
		return -1;
	for (unsigned i = 0; i < MAX_STEPS; i++) {
		if (!varint(&t->pctab, &at, &d) || (!d && i))
			return -1;
		val += -(d & 1) ^ (d >> 1);
		if (!varint(&t->pctab, &at, &d))
			return -1;
		upto += d;
		if (pc < upto)
			return (int32_t)val;
	}
	return -1;
}

int32_t pclntab_pcdata(const struct pclntab *t, const struct pcln_func *f, uint32_t table, uint64_t pc)
{
	const uint8_t *p = table < f->npcdata ? bytes_at(&f->tail, (uint64_t)table * 4, 4) : NULL;

	return p ? pclntab_value(t, f, le32(p), pc) : -1;
}

/* The offset of the function's data of a kind from moduledata.gofunc; UINT32_MAX: none. */
static uint32_t funcdata_off(const struct pcln_func *f, uint32_t kind)
{
	const uint8_t *p = kind < f->nfuncdata ? bytes_at(&f->tail, ((uint64_t)f->npcdata + kind) * 4, 4) : NULL;

	return p ? le32(p) : UINT32_MAX;
}

const uint8_t *pclntab_funcdata(const struct pclntab *t, const struct pcln_func *f, uint32_t kind, uint64_t off,
                                uint64_t len)
{
	uint32_t begin = funcdata_off(f, kind);

	return begin == UINT32_MAX ? NULL : bytes_at(&t->funcdata, begin + off, len);
}

bool pclntab_has_inlined(const struct pcln_func *f)
{
	return funcdata_off(f, FUNCDATA_INLTREE) != UINT32_MAX;
}

int pclntab_inlined(const struct pclntab *t, const struct pcln_func *f, uint64_t pc, struct inlined_call *out)
{
	bool v120 = t->magic == PCLN_MAGIC_120;
	uint64_t size = v120 ? INLINED_SIZE_120 : INLINED_SIZE_118;
	const uint8_t *p;
	int32_t ix;

	if (!pclntab_has_inlined(f))
		return -ENOENT;
	ix = pclntab_pcdata(t, f, PCDATA_INLTREE, pc);
	if (ix < 0)
		return -ENOENT;
	p = pclntab_funcdata(t, f, FUNCDATA_INLTREE, (uint64_t)ix * size, size);
	if (!p)
		return -EINVAL;
	out->id = v120 ? p[0] : p[2];
	out->name = pclntab_name(t, le32(p + (v120 ? 4 : 12)));
	out->parent_pc = f->entry + le32(p + (v120 ? 8 : 16));
	out->start_line = v120 ? le32(p + 12) : 0;
	return out->name && out->parent_pc < f->end ? 0 : -EINVAL;
}

void pclntab_line(const struct pclntab *t, const struct pcln_func *f, uint64_t pc, const char **file, uint32_t *line)
{
	int32_t fileno = pclntab_value(t, f, f->pcfile, pc), n = pclntab_value(t, f, f->pcln, pc);
	const uint8_t *p;
	const char *s;

	*file = "?";
	*line = 0;
	if (fileno < 0 || n < 0)
		return;
	p = bytes_at(&t->cus, ((uint64_t)f->cu + (uint32_t)fileno) * 4, 4);
	s = p ? string_at(&t->files, le32(p)) : NULL;
	if (!s)
		return;
	*file = s;
	*line = (uint32_t)n;
}

static uint64_t hash_name(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3ull;
	return hash_u64(h);
}

/* Open addressing over function indices; a name that occurs several times has one slot for each. */
static void add_name(struct pclntab *t, uint32_t idx)
{
	struct pcln_func f;
	uint32_t slot;

	if (pclntab_func(t, idx, &f))
		return;
	slot = (uint32_t)hash_name(f.name) & (t->by_name_size - 1);
	while (t->by_name[slot] != NO_NAME)
		slot = (slot + 1) & (t->by_name_size - 1);
	t->by_name[slot] = idx;
}

static int find_named(const struct pclntab *t, const char *name, struct pcln_func *f)
{
	uint32_t slot = (uint32_t)hash_name(name) & (t->by_name_size - 1);
	struct pcln_func at;
	bool found = false;

	for (; t->by_name[slot] != NO_NAME; slot = (slot + 1) & (t->by_name_size - 1)) {
		if (pclntab_func(t, t->by_name[slot], &at) || strcmp(at.name, name))
			continue;
		if (!found || !pclntab_is_wrapper(t, at.id))
			*f = at;
		if (!pclntab_is_wrapper(t, at.id))
			return 0;
		found = true;
	}
	return found ? 0 : -ENOENT;
}

static int index_names(struct pclntab *t)
{
	uint32_t size = 16;
	struct pcln_func f;

	while (size < (uint64_t)t->nfunc * 2)
		size *= 2;
	t->by_name = malloc((size_t)size * sizeof(*t->by_name));
	if (!t->by_name)
		return -ENOMEM;
	memset(t->by_name, 0xff, (size_t)size * sizeof(*t->by_name));
	t->by_name_size = size;
	for (uint32_t i = 0; i < t->nfunc; i++)
		add_name(t, i);
	/*
	 * The number of FuncIDWrapper differs between versions, but deferreturn
	 * has always had that id (cmd/internal/objabi/funcid.go, Go 1.18 …
	 * 1.27).
	 */
	if (!find_named(t, "runtime.deferreturn", &f) && f.id)
		t->wrapper_id = f.id;
	return 0;
}

/* The index is a cache: building it does not change what the table says. */
static bool indexed(const struct pclntab *t)
{
	return t->by_name || !index_names((struct pclntab *)t);
}

int pclntab_func_named(const struct pclntab *t, const char *name, struct pcln_func *f)
{
	return indexed(t) ? find_named(t, name, f) : -ENOMEM;
}

bool pclntab_is_wrapper(const struct pclntab *t, uint8_t func_id)
{
	return func_id && indexed(t) && func_id == t->wrapper_id;
}

void pclntab_free(struct pclntab *t)
{
	free(t->by_name);
	t->by_name = NULL;
}
