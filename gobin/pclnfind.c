// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the pclntab, by the name of its section or else by its magic anywhere in
 * the segments, and the moduledata that points to it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gobin/pclntab.h"

/* runtime.pcHeader, Go 1.18 on. textStart (24) is 0 from Go 1.26. */
#define HDR_SIZE 72
#define HDR_NFUNC 8
#define HDR_NAMES 32 /* then cutab, filetab, pctab, pclntab */
/* Go 1.17 and earlier have no textStart. */
#define HDR_SIZE_116 64
#define HDR_NAMES_116 24

/* runtime.moduledata, the same in Go 1.17 … 1.27 up to here. */
#define MD_NAMES 8 /* slice funcnametab */
#define MD_FTAB 128
#define MD_MINPC 160
#define MD_MAXPC 168
#define MD_TEXT 176
#define MD_ETEXT 184
/* gofunc follows somewhere. */
#define MD_GOFUNC_FIRST 256
#define MD_SIZE 448

/* Functions with inlined calls on which a guess of gofunc is tested. */
#define TRIED_FUNCS 64
#define TRIED_BYTES 4096

/* Places with the magic and a plausible header; usually one. */
#define TRIED_HEADERS 16

static bool magic_known(uint32_t magic)
{
	return magic == PCLN_MAGIC_116 || magic == PCLN_MAGIC_118 || magic == PCLN_MAGIC_120;
}

/* Whether there is a header at p; if so, takes the bounds of the tables from it. */
static bool parse_header(struct pclntab *t, const uint8_t *p, uint64_t len)
{
	struct bytes *parts[] = { &t->names, &t->cus, &t->files, &t->pctab, &t->funcs };
	uint64_t from, nfunc, at, width;

	/* Two zero bytes, the instruction size quantum (1 on x86), the size of a pointer. */
	if (len < HDR_SIZE || !magic_known(le32(p)) || p[4] || p[5] || p[6] != 1 || p[7] != 8)
		return false;
	at = le32(p) == PCLN_MAGIC_116 ? HDR_NAMES_116 : HDR_NAMES;
	from = le32(p) == PCLN_MAGIC_116 ? HDR_SIZE_116 : HDR_SIZE;
	width = le32(p) == PCLN_MAGIC_116 ? 8 : 4;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t off = le64(p + at + (uint64_t)i * 8);
		uint64_t end = i < 4 ? le64(p + at + (uint64_t)i * 8 + 8) : len;

		if (off < from || end < off || end > len)
			return false;
		*parts[i] = (struct bytes){ p + off, end - off };
		from = off;
	}
	nfunc = le64(p + HDR_NFUNC);
	/* An entry for each function, and the end of the last one. */
	if (!nfunc || nfunc > UINT32_MAX / 16 || nfunc * width * 2 + width > t->funcs.len)
		return false;
	t->nfunc = (uint32_t)nfunc;
	t->magic = le32(p);
	t->all = (struct bytes){ p, len };
	return true;
}

static uint64_t word_at(const struct image *im, uint64_t addr)
{
	uint64_t v;

	return image_read(im, addr, &v, sizeof(v)) ? 0 : v;
}

/* Whether this table's moduledata is at addr: its fields must agree with the table. */
static bool check_moduledata(struct pclntab *t, const struct image *im, uint64_t addr)
{
	uint64_t names = t->addr + (uint64_t)(t->names.p - t->all.p),
	         funcs = t->addr + (uint64_t)(t->funcs.p - t->all.p);
	uint64_t text = word_at(im, addr + MD_TEXT), etext = word_at(im, addr + MD_ETEXT);
	const struct segment *s = image_segment(im, text);

	if (word_at(im, addr + MD_NAMES) != names || word_at(im, addr + MD_FTAB) != funcs)
		return false;
	if (!s || !s->exec || etext < text || etext - s->addr > s->memsz)
		return false;
	t->text = text;
	if (word_at(im, addr + MD_MINPC) != pclntab_entry(t, 0) ||
	    word_at(im, addr + MD_MAXPC) != pclntab_entry(t, t->nfunc))
		return false;
	t->moduledata = addr;
	t->etext = etext;
	return true;
}

/* moduledata begins with the address of the pclntab. */
static bool find_moduledata(struct pclntab *t, const struct image *im)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < im->nsegs; i++) {
			const struct segment *s = &im->segs[i];
			uint64_t at = -s->addr & 7;

			/* In all known versions it is in writable memory; otherwise look everywhere. */
			if (s->writable == (pass == 1))
				continue;
			for (; at + 8 <= s->filesz; at += 8) {
				if (le64(im->map + s->off + at) == t->addr && check_moduledata(t, im, s->addr + at))
					return true;
			}
		}
	}
	return false;
}

static int from_section(struct pclntab *t, const struct image *im)
{
	static const char *const names[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	struct section s;
	uint64_t left;

	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *p;

		if (image_section(im, names[i], &s) || !s.addr)
			continue;
		p = image_at(im, s.addr, &left);
		if (!p)
			continue;
		t->addr = s.addr;
		if (parse_header(t, p, s.size < left ? s.size : left) && find_moduledata(t, im)) {
			snprintf(t->found, sizeof(t->found), "section %s", names[i]);
			return 0;
		}
	}
	return -ENOENT;
}

/* The system's linker may have put the table into another section; it is still in a segment. */
static int from_magic(struct pclntab *t, const struct image *im)
{
	unsigned tried = 0;

	for (unsigned i = 0; i < im->nsegs; i++) {
		const struct segment *s = &im->segs[i];
		const uint8_t *p = im->map + s->off;

		for (uint64_t at = -s->addr & 7; at + HDR_SIZE <= s->filesz && tried < TRIED_HEADERS; at += 8) {
			if (!magic_known(le32(p + at)) || !parse_header(t, p + at, s->filesz - at))
				continue;
			t->addr = s->addr + at;
			tried++;
			if (find_moduledata(t, im)) {
				snprintf(t->found, sizeof(t->found), "found by its magic in the %s segment",
				         s->writable ? "data"
				         : s->exec   ? "code"
				                     : "read-only data");
				return 0;
			}
		}
	}
	return -ENOENT;
}

static bool has_old_table(const struct image *im)
{
	struct section s;
	const uint8_t *p;

	if (image_section(im, ".gopclntab", &s) && image_section(im, ".data.rel.ro.gopclntab", &s))
		return false;
	p = image_file(im, s.off, 4);
	return p && !magic_known(le32(p)) && le32(p) >= 0xfffffff0u;
}

int pclntab_find(struct pclntab *t, const struct image *im, const char *path, struct err *err)
{
	struct section s;

	t->wrapper_id = -1;
	if (!from_section(t, im) || !from_magic(t, im))
		return 0;
	if (has_old_table(im))
		return err_set(err, ENOEXEC,
		               "%s: the function table (.gopclntab) is from Go 1.15 or older, or from a version that "
		               "this chanrec does not know yet; build the program with Go 1.19 or newer",
		               path);
	if (!image_section(im, ".go.buildinfo", &s) || !image_section(im, ".gopclntab", &s))
		return err_set(err, ENOEXEC,
		               "%s: a Go program, but its function table (.gopclntab) is missing or damaged", path);
	return err_set(err, ENOEXEC, "%s: not a Go program (it has no Go function table)", path);
}

/*
 * Whether some functions' trees of inlined calls are readable with the current
 * t->funcdata: each call must lie inside its function, and its name must start
 * where a name starts.
 */
static bool tree_fits(const struct pclntab *t, const struct pcln_func *f)
{
	for (uint64_t pc = f->entry; pc < f->end && pc < f->entry + TRIED_BYTES; pc++) {
		struct inlined_call c;
		int rc = pclntab_inlined(t, f, pc, &c);

		if (rc == -ENOENT)
			continue;
		if (rc || !*c.name || c.name[-1])
			return false;
	}
	return true;
}

static bool funcdata_fits(const struct pclntab *t)
{
	unsigned tried = 0;
	struct pcln_func f;

	for (uint32_t i = 0; i < t->nfunc && tried < TRIED_FUNCS; i++) {
		if (pclntab_func(t, i, &f) || !pclntab_has_inlined(&f))
			continue;
		if (!tree_fits(t, &f))
			return false;
		tried++;
	}
	return true;
}

static bool try_funcdata(struct pclntab *t, const struct image *im, uint32_t off)
{
	uint64_t addr = word_at(im, t->moduledata + off);

	t->funcdata.p = image_at(im, addr, &t->funcdata.len);
	if (t->funcdata.p && funcdata_fits(t))
		return true;
	t->funcdata = (struct bytes){ NULL, 0 };
	return false;
}

void pclntab_find_funcdata(struct pclntab *t, const struct image *im, uint32_t hint)
{
	if (hint && try_funcdata(t, im, hint))
		return;
	for (uint32_t off = MD_GOFUNC_FIRST; off + 8 <= MD_SIZE; off += 8) {
		if (try_funcdata(t, im, off))
			return;
	}
}
