// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go version, module and build id. The version comes from the build info
 * (debug/buildinfo) or, if that was removed, from runtime.buildVersion.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"
#include "util/buf.h"

#define INFO_MAGIC "\xff Go buildinf:"
#define INFO_MAGIC_LEN 14
#define INFO_HEADER 32
#define INFO_INLINE 2 /* flag, from Go 1.18 on: the strings follow the header */
#define INFO_BIG_ENDIAN 1
#define MAX_VERSION 256
/* runtime/debug.modinfo is framed by 16 bytes at either end (cmd/go/internal/modload/build.go). */
#define MODINFO_EDGE 16

int version_minor(const char *s)
{
	const char *p = strstr(s, "go1.");
	char *end;
	long n;

	/* "go1.23.1", "devel go1.23-…", "go1.22rc1 X:rangefunc" */
	if (!p || (p != s && p[-1] != ' ') || !isdigit((unsigned char)p[4]))
		return -1;
	n = strtol(p + 4, &end, 10);
	return n >= 0 && n < 1000 ? (int)n : -1;
}

static const uint8_t *find_info(const struct image *im, uint64_t *addr)
{
	struct section s;
	uint64_t left;
	const uint8_t *p;

	if (!image_section(im, ".go.buildinfo", &s)) {
		p = image_at(im, s.addr, &left);
		*addr = s.addr;
		if (p && left >= INFO_HEADER && !memcmp(p, INFO_MAGIC, INFO_MAGIC_LEN))
			return p;
	}
	for (unsigned i = 0; i < im->nsegs; i++) {
		const struct segment *g = &im->segs[i];

		for (uint64_t at = -g->addr & 15; g->writable && at + INFO_HEADER <= g->filesz; at += 16) {
			*addr = g->addr + at;
			if (!memcmp(im->map + g->off + at, INFO_MAGIC, INFO_MAGIC_LEN))
				return im->map + g->off + at;
		}
	}
	return NULL;
}

static int take_version(struct gobin *b, const void *s, uint64_t len)
{
	char *copy;

	if (!len || len > MAX_VERSION || memchr(s, 0, len))
		return -ENOENT;
	copy = strndup(s, len);
	if (!copy)
		return -ENOMEM;
	if (version_minor(copy) < 0 && strncmp(copy, "devel", 5) != 0) {
		free(copy);
		return -ENOENT;
	}
	free(b->version);
	b->version = copy;
	b->minor = version_minor(copy);
	return 0;
}

/* The first field after key, which starts a line of s. */
static char *line_of(const char *s, uint64_t len, const char *key)
{
	const char *end = s + len;
	size_t n = strlen(key);

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end, *tab;

		if ((size_t)(stop - s) > n && !memcmp(s, key, n)) {
			s += n;
			tab = memchr(s, '\t', (size_t)(stop - s));
			return strndup(s, (size_t)((tab ? tab : stop) - s));
		}
		s = stop + 1;
	}
	return NULL;
}

/* Lines like "path\tcmd", "mod\texample.org/m\tv1.0\t…"; programs outside modules have only the path. */
static void take_module(struct gobin *b, const char *s, uint64_t len)
{
	if (len < 2 * MODINFO_EDGE + 1)
		return;
	s += MODINFO_EDGE;
	len -= 2 * MODINFO_EDGE;
	b->module = line_of(s, len, "mod\t");
	if (!b->module)
		b->module = line_of(s, len, "path\t");
}

static int from_inline_info(struct gobin *b, const uint8_t *p, uint64_t left)
{
	struct span s = span_of(p + INFO_HEADER, left - INFO_HEADER);
	uint64_t n = span_varint(&s);
	const uint8_t *v = span_take(&s, n);
	int rc = v ? take_version(b, v, n) : -ENOENT;

	if (rc)
		return rc;
	n = span_varint(&s);
	v = span_take(&s, n);
	if (v)
		take_module(b, (const char *)v, n);
	return 0;
}

/* Before Go 1.18 the header points to two string headers. */
static int from_pointer_info(struct gobin *b, uint64_t addr)
{
	uint64_t at[2], str[2], left;
	const uint8_t *p;
	int rc = -ENOENT;

	if (image_read(&b->im, addr + 16, at, sizeof(at)) || image_read(&b->im, at[0], str, sizeof(str)))
		return rc;
	p = image_at(&b->im, str[0], &left);
	if (p && str[1] <= left)
		rc = take_version(b, p, str[1]);
	if (rc || image_read(&b->im, at[1], str, sizeof(str)))
		return rc;
	p = image_at(&b->im, str[0], &left);
	if (p && str[1] <= left)
		take_module(b, (const char *)p, str[1]);
	return 0;
}

static int from_build_info(struct gobin *b)
{
	uint64_t addr, left;
	const uint8_t *p = find_info(&b->im, &addr);

	if (!p || !image_at(&b->im, addr, &left) || left < INFO_HEADER)
		return -ENOENT;
	if (p[15] & INFO_INLINE)
		return from_inline_info(b, p, left);
	if (p[14] != 8 || p[15] & INFO_BIG_ENDIAN)
		return -ENOENT;
	return from_pointer_info(b, addr);
}

/*
 * runtime.schedinit compares buildVersion with "", so that the linker keeps it
 * (runtime/proc.go, Go 1.18 … 1.27): one of its operands is that string.
 */
static int from_schedinit(struct gobin *b)
{
	struct operand ops[OPERANDS_MAX];
	int n = operands_of(b, "runtime.schedinit", ops, OPERANDS_MAX, NULL);

	for (int i = 0; i < n; i++) {
		for (uint64_t back = 0; back <= 8; back += 8) {
			const char *s;
			uint32_t len;

			if (go_string_at(b, ops[i].addr - back, MAX_VERSION, &s, &len) || len < 5)
				continue;
			if (!strncmp(s, "go1.", 4) && !take_version(b, s, len))
				return 0;
			if (!strncmp(s, "devel ", 6) && !take_version(b, s, len))
				return 0;
		}
	}
	return -ENOENT;
}

int version_find(struct gobin *b)
{
	int rc = from_build_info(b);

	if (rc == -ENOENT)
		rc = from_schedinit(b);
	if (rc == -ENOENT) {
		b->minor = -1;
		b->version = strdup(b->pcln.magic == PCLN_MAGIC_116   ? "go1.16 or go1.17"
		                    : b->pcln.magic == PCLN_MAGIC_118 ? "go1.18 or go1.19"
		                                                      : "go1.20 or newer");
		rc = b->version ? 0 : -ENOMEM;
	}
	return rc;
}

struct note_walk {
	const struct image *im;
	struct span go, gnu;
};

static int walk_notes(void *arg, const Elf64_Phdr *ph)
{
	struct note_walk *w = arg;
	const uint8_t *p = image_file(w->im, ph->p_offset, ph->p_filesz);
	struct span s;

	if (!p)
		return 0;
	s = span_of(p, ph->p_filesz);
	while (span_left(&s) >= sizeof(Elf64_Nhdr)) {
		uint32_t namesz = span_u32(&s), descsz = span_u32(&s), type = span_u32(&s);
		const uint8_t *name = span_take(&s, ((uint64_t)namesz + 3) & ~3ull);
		const uint8_t *desc = span_take(&s, descsz);

		if (!name || !desc)
			break;
		/* Go's: type 4, name "Go\0\0" (cmd/link/internal/ld/elf.go). */
		if (type == 4 && namesz == 4 && !memcmp(name, "Go\0\0", 4))
			w->go = span_of(desc, descsz);
		else if (type == NT_GNU_BUILD_ID && namesz == 4 && !memcmp(name, "GNU", 4))
			w->gnu = span_of(desc, descsz);
		if (descsz & 3)
			span_take(&s, 4 - (descsz & 3));
	}
	return 0;
}

int build_id_find(struct gobin *b)
{
	struct note_walk w = { .im = &b->im };
	char hex[129] = "";

	image_each_phdr(&b->im, PT_NOTE, walk_notes, &w);
	if (w.go.p && span_left(&w.go) <= 1024) {
		b->build_id = strndup((const char *)w.go.p, span_left(&w.go));
	} else {
		for (size_t i = 0; w.gnu.p && i < span_left(&w.gnu) && i < 64; i++)
			snprintf(hex + 2 * i, 3, "%02x", w.gnu.p[i]);
		b->build_id = strdup(hex);
	}
	return b->build_id ? 0 : -ENOMEM;
}
