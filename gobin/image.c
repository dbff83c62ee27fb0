// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any linker writes; e_phnum itself allows 65535. */
#define MAX_SEGMENTS 256

const uint8_t *image_file(const struct image *im, uint64_t off, uint64_t len)
{
	if (off > im->size || len > im->size - off)
		return NULL;
	return im->map + off;
}

static int header(const struct image *im, Elf64_Ehdr *eh)
{
	const uint8_t *p = image_file(im, 0, sizeof(*eh));

	if (!p)
		return -ENOEXEC;
	memcpy(eh, p, sizeof(*eh));
	return 0;
}

int image_each_phdr(const struct image *im, uint32_t type, int (*fn)(void *arg, const Elf64_Phdr *ph), void *arg)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (header(im, &eh) || eh.e_phentsize != sizeof(ph))
		return 0;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		const uint8_t *p = image_file(im, eh.e_phoff, ((uint64_t)i + 1) * sizeof(ph));
		int rc;

		if (!p)
			return 0;
		memcpy(&ph, p + (uint64_t)i * sizeof(ph), sizeof(ph));
		if (ph.p_type != type)
			continue;
		rc = fn(arg, &ph);
		if (rc)
			return rc;
	}
	return 0;
}

int image_section_at(const struct image *im, unsigned idx, struct section *out)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;
	const uint8_t *p;

	if (header(im, &eh) || eh.e_shentsize != sizeof(sh) || !eh.e_shoff || idx >= eh.e_shnum)
		return -ENOENT;
	p = image_file(im, eh.e_shoff, ((uint64_t)idx + 1) * sizeof(sh));
	if (!p)
		return -ENOENT;
	memcpy(&sh, p + (uint64_t)idx * sizeof(sh), sizeof(sh));
	*out = (struct section){ .addr = sh.sh_addr,
		                 .off = sh.sh_offset,
		                 .size = sh.sh_size,
		                 .type = sh.sh_type,
		                 .flags = sh.sh_flags,
		                 .link = sh.sh_link };
	return 0;
}

/* Whether the section's name, at sh_name in strtab, is name. */
static bool section_named(const struct image *im, const Elf64_Ehdr *eh, unsigned idx, const struct section *strtab,
                          const char *name)
{
	const uint8_t *p = image_file(im, eh->e_shoff, ((uint64_t)idx + 1) * sizeof(Elf64_Shdr));
	size_t len = strlen(name) + 1;
	uint32_t off;

	if (!p)
		return false;
	off = le32(p + (uint64_t)idx * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_name));
	if (off > strtab->size || len > strtab->size - off || strtab->off > im->size)
		return false;
	p = image_file(im, strtab->off + off, len);
	return p && !memcmp(p, name, len);
}

int image_section(const struct image *im, const char *name, struct section *out)
{
	struct section strtab;
	Elf64_Ehdr eh;

	if (header(im, &eh) || image_section_at(im, eh.e_shstrndx, &strtab))
		return -ENOENT;
	for (unsigned i = 1; i < eh.e_shnum; i++) {
		if (section_named(im, &eh, i, &strtab, name))
			return image_section_at(im, i, out);
	}
	return -ENOENT;
}

const struct segment *image_segment(const struct image *im, uint64_t addr)
{
	for (unsigned i = 0; i < im->nsegs; i++) {
		if (addr >= im->segs[i].addr && addr - im->segs[i].addr < im->segs[i].memsz)
			return &im->segs[i];
	}
	return NULL;
}

const uint8_t *image_at(const struct image *im, uint64_t addr, uint64_t *left)
{
	const struct segment *s = image_segment(im, addr);

	if (!s || addr - s->addr >= s->filesz)
		return NULL;
	*left = s->filesz - (addr - s->addr);
	return im->map + s->off + (addr - s->addr);
}

int image_read(const struct image *im, uint64_t addr, void *to, size_t len)
{
	const struct segment *s = image_segment(im, addr);
	uint64_t at, n = 0;

	if (!len)
		return 0;
	if (!s)
		return -EFAULT;
	at = addr - s->addr;
	if (len > s->memsz - at)
		return -EFAULT;
	if (at < s->filesz) {
		n = s->filesz - at < len ? s->filesz - at : len;
		memcpy(to, im->map + s->off + at, n);
	}
	memset((uint8_t *)to + n, 0, len - n);
	return 0;
}

bool image_writable(const struct image *im, uint64_t addr, uint64_t len)
{
	const struct segment *s = image_segment(im, addr);

	return s && s->writable && len <= s->memsz - (addr - s->addr);
}

static int add_segment(void *arg, const Elf64_Phdr *ph)
{
	struct image *im = arg;
	struct segment *s = &im->segs[im->nsegs];

	/* The kernel refuses what does not fit. So do we, except in a truncated file, of which we use what is left. */
	if (ph->p_filesz > ph->p_memsz || ph->p_vaddr + ph->p_memsz < ph->p_vaddr || ph->p_offset > im->size)
		return -ENOEXEC;
	if (!ph->p_memsz)
		return 0;
	if (im->nsegs == MAX_SEGMENTS)
		return -ENOEXEC;
	s->addr = ph->p_vaddr;
	s->memsz = ph->p_memsz;
	s->off = ph->p_offset;
	s->filesz = ph->p_filesz < im->size - ph->p_offset ? ph->p_filesz : im->size - ph->p_offset;
	s->writable = ph->p_flags & PF_W;
	s->exec = ph->p_flags & PF_X;
	im->nsegs++;
	return 0;
}

static int find_segments(struct image *im, const char *path, struct err *err)
{
	im->segs = calloc(MAX_SEGMENTS, sizeof(*im->segs));
	if (!im->segs)
		return err_nomem(err);
	if (image_each_phdr(im, PT_LOAD, add_segment, im))
		return err_set(err, ENOEXEC, "%s: its program headers are damaged", path);
	if (!im->nsegs)
		return err_set(err, ENOEXEC, "%s: nothing to load: not an executable, or a damaged one", path);
	return 0;
}

struct dyn {
	const struct image *im;
	uint64_t rela, relasz, symtab;
};

static int read_dynamic(void *arg, const Elf64_Phdr *ph)
{
	struct dyn *d = arg;
	uint64_t n = ph->p_filesz / sizeof(Elf64_Dyn);
	const uint8_t *p = image_file(d->im, ph->p_offset, n * sizeof(Elf64_Dyn));

	for (uint64_t i = 0; p && i < n; i++, p += sizeof(Elf64_Dyn)) {
		uint64_t tag = le64(p), val = le64(p + 8);

		if (tag == DT_NULL)
			break;
		if (tag == DT_RELA)
			d->rela = val;
		else if (tag == DT_RELASZ)
			d->relasz = val;
		else if (tag == DT_SYMTAB)
			d->symtab = val;
	}
	return 0;
}

/* The value of a dynamic symbol that the file itself defines. */
static bool dyn_symbol(const struct image *im, uint64_t symtab, uint32_t idx, uint64_t *value)
{
	Elf64_Sym sym;

	if (!symtab || image_read(im, symtab + (uint64_t)idx * sizeof(sym), &sym, sizeof(sym)))
		return false;
	*value = sym.st_value;
	return sym.st_shndx != SHN_UNDEF;
}

/*
 * Relocates as the loader would with a load bias of zero. DT_RELR needs nothing:
 * its words hold their link-time addresses in the file.
 */
static void relocate(struct image *im)
{
	struct dyn d = { .im = im };
	uint64_t left, n;
	const uint8_t *p;

	image_each_phdr(im, PT_DYNAMIC, read_dynamic, &d);
	p = d.rela ? image_at(im, d.rela, &left) : NULL;
	if (!p)
		return;
	n = (d.relasz < left ? d.relasz : left) / sizeof(Elf64_Rela);
	for (uint64_t i = 0; i < n; i++) {
		Elf64_Rela r;
		uint64_t sym = 0, room;
		uint8_t *at;

		memcpy(&r, p + i * sizeof(r), sizeof(r));
		if (ELF64_R_TYPE(r.r_info) == R_X86_64_64) {
			if (!dyn_symbol(im, d.symtab, (uint32_t)ELF64_R_SYM(r.r_info), &sym))
				continue;
		} else if (ELF64_R_TYPE(r.r_info) != R_X86_64_RELATIVE) {
			continue;
		}
		at = (uint8_t *)image_at(im, r.r_offset, &room);
		if (at && room >= 8) {
			sym += (uint64_t)r.r_addend;
			memcpy(at, &sym, 8);
		}
	}
}

static int check_header(struct image *im, const char *path, struct err *err)
{
	Elf64_Ehdr eh;

	if (!im->map || im->size < EI_NIDENT || memcmp(im->map, ELFMAG, SELFMAG))
		return err_set(err, ENOEXEC, "%s: not an ELF file, so not a Go program (a script?)", path);
	if (im->map[EI_CLASS] != ELFCLASS64 || im->map[EI_DATA] != ELFDATA2LSB)
		return err_set(err, ENOEXEC, "%s: built for another machine; only 64-bit x86 (amd64) is supported",
		               path);
	if (header(im, &eh))
		return err_set(err, ENOEXEC, "%s: an ELF file that ends inside its header", path);
	if (eh.e_machine != EM_X86_64)
		return err_set(err, ENOEXEC,
		               "%s: built for another machine (ELF machine %u); only 64-bit x86 (amd64) is supported",
		               path, eh.e_machine);
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return err_set(err, ENOEXEC, "%s: an ELF file but not an executable (ELF type %u)", path, eh.e_type);
	im->pie = eh.e_type == ET_DYN;
	return 0;
}

static int map_file(struct image *im, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	struct stat st;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st))
		rc = err_set(err, errno, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		rc = err_set(err, ENOEXEC, "%s: not an executable: %s", path,
		             S_ISREG(st.st_mode) ? "the file is empty" : "not a regular file");
	if (!rc) {
		im->size = (size_t)st.st_size;
		rc = filemap_open(&im->file, fd, im->size, PROT_READ | PROT_WRITE);
		im->map = im->file.data;
		if (rc)
			rc = err_set(err, -rc, "%s: cannot map the file: %s", path, strerror(-rc));
	}
	close(fd);
	return rc;
}

int image_open(struct image *im, const char *path, struct err *err)
{
	int rc;

	memset(im, 0, sizeof(*im));
	rc = map_file(im, path, err);
	if (!rc)
		rc = check_header(im, path, err);
	if (!rc)
		rc = find_segments(im, path, err);
	if (rc) {
		image_close(im);
		return rc;
	}
	relocate(im);
	return 0;
}

void image_close(struct image *im)
{
	filemap_close(&im->file);
	free(im->segs);
	memset(im, 0, sizeof(*im));
}
