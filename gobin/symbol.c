// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "gobin/internal.h"

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
