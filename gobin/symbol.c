// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"
#include "util/search.h"
#include "util/vec.h"

/* The file's symbol table and string table. */
static int tables(const struct image *im, const uint8_t **syms, uint64_t *n, const uint8_t **strs, uint64_t *strsz)
{
	struct section sym, str;

	if (image_section(im, ".symtab", &sym) || sym.type != SHT_SYMTAB || image_section_at(im, sym.link, &str))
		return -ENOENT;
	*syms = image_file(im, sym.off, sym.size);
	*strs = image_file(im, str.off, str.size);
	*n = sym.size / sizeof(Elf64_Sym);
	*strsz = str.size;
	return *syms && *strs ? 0 : -ENOENT;
}

int symbol_find(const struct image *im, const char *name, uint64_t *addr, uint64_t *size)
{
	uint64_t n, strsz, len = strlen(name) + 1;
	const uint8_t *syms, *strs;

	if (tables(im, &syms, &n, &strs, &strsz))
		return -ENOENT;
	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *s = syms + i * sizeof(Elf64_Sym);
		uint32_t off = le32(s);

		if (off > strsz || len > strsz - off || memcmp(strs + off, name, len))
			continue;
		*addr = le64(s + offsetof(Elf64_Sym, st_value));
		if (size)
			*size = le64(s + offsetof(Elf64_Sym, st_size));
		return 0;
	}
	return -ENOENT;
}

static int data_symbol_cmp(const void *a, const void *b)
{
	const struct data_symbol *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

struct data_symbol *symbols_of_data(const struct image *im, size_t *n)
{
	VEC(struct data_symbol) found = { 0 };
	const uint8_t *syms, *strs;
	uint64_t all, strsz;

	*n = 0;
	if (tables(im, &syms, &all, &strs, &strsz))
		return NULL;
	for (uint64_t i = 0; i < all; i++) {
		const uint8_t *s = syms + i * sizeof(Elf64_Sym);
		uint32_t name = le32(s);
		struct data_symbol d = { .addr = le64(s + offsetof(Elf64_Sym, st_value)) };
		uint64_t size = le64(s + offsetof(Elf64_Sym, st_size));

		d.end = d.addr + size;
		if (!size || d.end < d.addr || name >= strsz || !strs[name] || !memchr(strs + name, 0, strsz - name) ||
		    !image_writable(im, d.addr, 1))
			continue;
		d.name = (const char *)strs + name;
		if (vec_push(&found, d))
			break;
	}
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), data_symbol_cmp);
	*n = found.n;
	return found.v;
}

struct data_key {
	const struct data_symbol *v;
	uint64_t addr;
};

static bool is_above(const void *ctx, size_t i)
{
	const struct data_key *key = ctx;

	return key->v[i].addr > key->addr;
}

const char *gobin_variable(const struct gobin *b, uint64_t addr, uint64_t *offset)
{
	struct gobin *w = (struct gobin *)(uintptr_t)b; /* the table is made at the first use */
	struct data_key key = { .addr = addr };
	size_t i;

	*offset = 0;
	if (!w->data.tried) {
		w->data.tried = true;
		w->data.v = symbols_of_data(&b->im, &w->data.n);
	}
	key.v = w->data.v;
	i = search_first(w->data.n, is_above, &key);
	if (!i || addr >= key.v[i - 1].end)
		return NULL;
	*offset = addr - key.v[i - 1].addr;
	return key.v[i - 1].name;
}
