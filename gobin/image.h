/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_IMAGE_H
#define CHANREC_GOBIN_IMAGE_H

/*
 * An ELF file as loaded at its own addresses: mapped privately, with relocations
 * applied. Every access is checked against the file.
 */

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/filemap.h"

struct segment {
	uint64_t addr, memsz;
	uint64_t off, filesz; /* inside the file; filesz ≤ memsz */
	bool writable, exec;
};

struct image {
	struct filemap file;
	uint8_t *map; /* of file */
	size_t size;
	struct segment *segs; /* PT_LOAD, by address */
	unsigned nsegs;
	bool pie;
};

struct section {
	uint64_t addr, off, size;
	uint32_t type;
	uint64_t flags;
	uint32_t link;
};

/* -ENOEXEC: not a 64-bit little-endian x86 ELF executable; the message says what it is. */
int image_open(struct image *im, const char *path, struct err *err);
void image_close(struct image *im);

/* The first section with that name. 0 or -ENOENT. */
int image_section(const struct image *im, const char *name, struct section *out);
int image_section_at(const struct image *im, unsigned idx, struct section *out);

/* len bytes of the file at off, or NULL. */
const uint8_t *image_file(const struct image *im, uint64_t off, uint64_t len);

/* The file content at addr, and the number of bytes left in that segment; NULL if the file has none. */
const uint8_t *image_at(const struct image *im, uint64_t addr, uint64_t *left);
int image_read(const struct image *im, uint64_t addr, void *to, size_t len);
const struct segment *image_segment(const struct image *im, uint64_t addr);
/* Whether the program can write [addr, addr + len). */
bool image_writable(const struct image *im, uint64_t addr, uint64_t len);

/* Calls fn for every program header of that type until it returns non-zero, and returns that. */
int image_each_phdr(const struct image *im, uint32_t type, int (*fn)(void *arg, const Elf64_Phdr *ph), void *arg);

static inline uint32_t le32(const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t le64(const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

#endif
