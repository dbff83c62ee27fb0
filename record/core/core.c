// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/core/core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <unistd.h>

#include "record/core/unpack.h"
#include "util/clock.h"

/* Bytes of all notes; NT_FILE of a program with a million mappings is larger than that. */
#define NOTES_MAX (64u << 20)
#define SEGMENTS_MAX (1u << 20)

/* n bytes at off in the core; NULL: it does not have them. */
static const uint8_t *core_at(const struct core *c, uint64_t off, uint64_t n)
{
	return off <= c->size && n <= c->size - off ? c->data + off : NULL;
}

static int segment_cmp(const void *a, const void *b)
{
	const struct core_segment *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* What the file has of a PT_LOAD. */
static int add_segment(struct core *c, const Elf64_Phdr *ph)
{
	struct core_segment s = { .addr = ph->p_vaddr, .size = ph->p_filesz, .offset = ph->p_offset };
	uint64_t there = ph->p_offset < c->size ? c->size - ph->p_offset : 0;

	if (s.size > UINT64_MAX - s.addr)
		s.size = UINT64_MAX - s.addr;
	if (s.size > there) {
		c->missing += s.size - there;
		s.size = there;
	}
	return s.size ? vec_push(&c->segments, s) : 0;
}

static uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * NT_FILE: number of files, page size; for each start, end, offset in pages;
 * then the paths (fs/binfmt_elf.c, fill_files_note).
 */
static int parse_files(struct core *c, const uint8_t *d, uint64_t n)
{
	uint64_t count = n >= 16 ? word_at(d) : 0, page = n >= 16 ? word_at(d + 8) : 0;
	const char *path, *end = (const char *)d + n;

	if (!count || count > (n - 16) / 25)
		return 0;
	path = (const char *)d + 16 + count * 24;
	for (uint64_t i = 0; i < count && path < end; i++) {
		const uint8_t *row = d + 16 + i * 24;
		struct core_file f = {
			.start = word_at(row), .end = word_at(row + 8), .offset = word_at(row + 16) * page, .path = path
		};
		size_t len = strnlen(path, (size_t)(end - path));

		if (path + len == end)
			return 0;
		path += len + 1;
		if (f.start < f.end && vec_push(&c->files, f))
			return -ENOMEM;
	}
	return 0;
}

static void parse_auxv(struct core *c, const uint8_t *d, uint64_t n)
{
	for (uint64_t i = 0; i + 16 <= n; i += 16)
		if (word_at(d + i) == AT_ENTRY)
			c->entry = word_at(d + i + 8);
}

static void parse_psinfo(struct core *c, const uint8_t *d, uint64_t n)
{
	struct elf_prpsinfo info;

	if (n < sizeof(info))
		return;
	memcpy(&info, d, sizeof(info));
	c->pid = (uint32_t)info.pr_pid;
	memcpy(c->command, info.pr_psargs, sizeof(info.pr_psargs));
	for (size_t i = strlen(c->command); i && c->command[i - 1] == ' '; i--)
		c->command[i - 1] = 0;
}

static int parse_thread(struct core *c, const uint8_t *d, uint64_t n)
{
	struct elf_prstatus status;
	struct user_regs_struct regs;

	if (n < sizeof(status))
		return 0;
	memcpy(&status, d, sizeof(status));
	memcpy(&regs, status.pr_reg, sizeof(regs));
	return vec_push(&c->threads, (struct core_thread){ (uint32_t)status.pr_pid, regs.rip, regs.rsp });
}

static int parse_note(struct core *c, const Elf64_Nhdr *nh, const char *name, const uint8_t *desc)
{
	if (nh->n_namesz != 5 || memcmp(name, "CORE", 5) != 0)
		return 0;
	switch (nh->n_type) {
	case NT_FILE:
		return c->files.n ? 0 : parse_files(c, desc, nh->n_descsz);
	case NT_AUXV:
		parse_auxv(c, desc, nh->n_descsz);
		return 0;
	case NT_PRSTATUS:
		return parse_thread(c, desc, nh->n_descsz);
	case NT_PRPSINFO:
		parse_psinfo(c, desc, nh->n_descsz);
		return 0;
	default:
		return 0;
	}
}

/* Calls note() for each note. Stops at one that is not whole. */
static int each_note(const uint8_t *p, uint64_t n, uint64_t align,
                     int (*note)(void *ctx, const Elf64_Nhdr *nh, const char *name, const uint8_t *desc), void *ctx)
{
	while (n >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		uint64_t desc, end;
		int ret;

		memcpy(&nh, p, sizeof(nh));
		desc = (sizeof(nh) + nh.n_namesz + align - 1) & ~(align - 1);
		end = (desc + nh.n_descsz + align - 1) & ~(align - 1);
		if (desc > n || nh.n_descsz > n - desc)
			return 0;
		ret = note(ctx, &nh, (const char *)p + sizeof(nh), p + desc);
		if (ret || end >= n)
			return ret;
		p += end;
		n -= end;
	}
	return 0;
}

static int core_note(void *ctx, const Elf64_Nhdr *nh, const char *name, const uint8_t *desc)
{
	return parse_note(ctx, nh, name, desc);
}

/* Segments may have the same notes: *left is what may still be read. */
static int parse_notes(struct core *c, const Elf64_Phdr *ph, uint64_t *left)
{
	uint64_t n = ph->p_filesz < *left ? ph->p_filesz : *left;
	uint64_t there = ph->p_offset < c->size ? c->size - ph->p_offset : 0;

	if (n > there)
		n = there;
	*left -= n;
	return n ? each_note(c->data + ph->p_offset, n, 4, core_note, c) : 0;
}

/* The number of program headers; from 65,535 on it is in the first section header. */
static uint32_t count_headers(const struct core *c, const Elf64_Ehdr *eh)
{
	const uint8_t *p = eh->e_phnum == PN_XNUM ? core_at(c, eh->e_shoff, sizeof(Elf64_Shdr)) : NULL;
	Elf64_Shdr sh;

	if (!p)
		return eh->e_phnum;
	memcpy(&sh, p, sizeof(sh));
	return sh.sh_info < SEGMENTS_MAX ? sh.sh_info : SEGMENTS_MAX;
}

static const struct core_file *file_at(const struct core *c, uint64_t addr)
{
	for (size_t i = 0; i < c->files.n; i++)
		if (addr >= c->files.v[i].start && addr < c->files.v[i].end)
			return &c->files.v[i];
	return NULL;
}

static bool is_core(const struct core *c, Elf64_Ehdr *eh)
{
	const uint8_t *p = core_at(c, 0, sizeof(*eh));

	if (!p)
		return false;
	memcpy(eh, p, sizeof(*eh));
	return memcmp(eh->e_ident, ELFMAG, SELFMAG) == 0 && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB && eh->e_type == ET_CORE && eh->e_phentsize == sizeof(Elf64_Phdr);
}

static int parse_headers(struct core *c, const Elf64_Ehdr *eh, struct err *err)
{
	uint32_t n = count_headers(c, eh);
	uint64_t notes_left = NOTES_MAX;
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret; i++) {
		const uint8_t *p = core_at(c, eh->e_phoff + (uint64_t)i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
		Elf64_Phdr ph;

		if (!p || eh->e_phoff > c->size)
			return err_set(err, EBADMSG, "the core is cut off in its headers: it has no memory");
		memcpy(&ph, p, sizeof(ph));
		if (ph.p_type == PT_LOAD)
			ret = add_segment(c, &ph);
		else if (ph.p_type == PT_NOTE)
			ret = parse_notes(c, &ph, &notes_left);
	}
	if (ret)
		return err_nomem(err);
	return 0;
}

static int core_read(const struct memory *m, struct memory_piece *v, size_t n);
static bool core_is_gone(const struct memory *m);
static bool core_thread_at(const struct memory *m, uint64_t tid, uint64_t *pc, uint64_t *sp);

static const struct memory_ops core_memory = {
	.read = core_read, .is_gone = core_is_gone, .thread_at = core_thread_at, .is_still = true
};

int core_parse(struct core *c, const void *data, uint64_t n, struct err *err)
{
	Elf64_Ehdr eh;

	*c = (struct core){ .memory.ops = &core_memory, .data = data, .size = n };
	if (!is_core(c, &eh))
		return err_set(err, ENOEXEC, "not the core file of a 64-bit program");
	if (eh.e_machine != EM_X86_64)
		return err_set(err, ENOTSUP, "this core is from another architecture; only amd64 is supported");
	if (parse_headers(c, &eh, err))
		return err->code;
	if (c->segments.n)
		qsort(c->segments.v, c->segments.n, sizeof(*c->segments.v), segment_cmp);
	c->exe = file_at(c, c->entry);
	return 0;
}

/* Maps fd, which the caller keeps. */
static int core_map(struct core *c, int fd, struct err *err)
{
	struct filemap map;
	struct stat st;
	int ret;

	if (fstat(fd, &st) || !st.st_size)
		return err_set(err, ENOEXEC, "it is empty");
	ret = filemap_open(&map, fd, (size_t)st.st_size, PROT_READ);
	if (ret)
		return err_set(err, -ret, "cannot map it: %s", strerror(-ret));
	core_parse(c, map.data, (uint64_t)st.st_size, err);
	c->map = map;
	return err->code;
}

int core_open(struct core *c, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	struct stat st;

	*c = (struct core){ .memory.ops = &core_memory };
	if (fd < 0)
		return err_set(err, errno, "cannot open %s: %s", path, strerror(errno));
	/* A FIFO would have to be unpacked or copied first. */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, EINVAL, "%s is not a regular file", path);
	}
	ret = unpack_core(&fd, path, err);
	if (!ret && core_map(c, fd, err))
		ret = err_prefix(err, "%s", path);
	c->written = timespec_ns(&st.st_mtim);
	close(fd);
	return ret;
}

void core_close(struct core *c)
{
	filemap_close(&c->map);
	filemap_close(&c->exe_map);
	vec_free(&c->segments);
	vec_free(&c->files);
	vec_free(&c->threads);
	*c = (struct core){ .memory.ops = &core_memory };
}

/* The last segment that begins at addr or below. */
static const struct core_segment *segment_at(const struct core *c, uint64_t addr)
{
	size_t lo = 0, hi = c->segments.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->segments.v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - c->segments.v[lo - 1].addr >= c->segments.v[lo - 1].size)
		return NULL;
	return &c->segments.v[lo - 1];
}

/* The executable has the pages of its mappings that the core leaves out, since nobody had written to them. */
static const uint8_t *exe_at(const struct core *c, uint64_t addr, uint64_t *left)
{
	const struct core_file *f = c->exe_data && !c->missing ? file_at(c, addr) : NULL;
	uint64_t off;

	if (!f || strcmp(f->path, c->exe->path) != 0 || f->offset > c->exe_size)
		return NULL;
	off = f->offset + (addr - f->start);
	if (off < f->offset || off >= c->exe_size)
		return NULL;
	*left = f->end - addr < c->exe_size - off ? f->end - addr : c->exe_size - off;
	return c->exe_data + off;
}

static bool read_piece(const struct core *c, struct memory_piece *p)
{
	size_t done = 0;

	while (done < p->len) {
		uint64_t addr = p->addr + done, left = 0, n;
		const struct core_segment *s = addr >= p->addr ? segment_at(c, addr) : NULL;
		const uint8_t *from = NULL;

		if (s) {
			from = c->data + s->offset + (addr - s->addr);
			left = s->size - (addr - s->addr);
		} else if (addr >= p->addr) {
			from = exe_at(c, addr, &left);
		}
		if (!from)
			return false;
		n = left < p->len - done ? left : p->len - done;
		memcpy((char *)p->to + done, from, n);
		done += n;
	}
	return true;
}

static int core_read(const struct memory *m, struct memory_piece *v, size_t n)
{
	const struct core *c = (const struct core *)m;

	for (size_t i = 0; i < n; i++)
		v[i].ok = read_piece(c, &v[i]);
	return 0;
}

static bool core_is_gone(const struct memory *m)
{
	return false;
}

static bool core_thread_at(const struct memory *m, uint64_t tid, uint64_t *pc, uint64_t *sp)
{
	const struct core *c = (const struct core *)m;

	for (size_t i = 0; i < c->threads.n; i++) {
		if (c->threads.v[i].tid != tid)
			continue;
		*pc = c->threads.v[i].pc;
		*sp = c->threads.v[i].sp;
		return true;
	}
	return false;
}

/* The build ids of a program in memory: Go's as it is, GNU's in hex. */
struct ids {
	char go[256], gnu[256];
};

static int id_note(void *ctx, const Elf64_Nhdr *nh, const char *name, const uint8_t *desc)
{
	struct ids *ids = ctx;

	if (nh->n_namesz == 4 && memcmp(name, "Go\0\0", 4) == 0 && nh->n_type == 4 && nh->n_descsz < sizeof(ids->go)) {
		memcpy(ids->go, desc, nh->n_descsz);
		ids->go[nh->n_descsz] = 0;
	}
	if (nh->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 && nh->n_type == NT_GNU_BUILD_ID &&
	    nh->n_descsz * 2 < sizeof(ids->gnu))
		for (uint32_t i = 0; i < nh->n_descsz; i++)
			snprintf(ids->gnu + 2 * (size_t)i, 3, "%02x", desc[i]);
	return 0;
}

#define ID_NOTES_MAX 4096

/* The notes of the program are in the first page of its mapping, which cores have unless that is switched off. */
static void find_ids(const struct core *c, struct ids *ids)
{
	uint64_t base = 0, first = UINT64_MAX;
	uint8_t notes[ID_NOTES_MAX];
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	memset(ids, 0, sizeof(*ids));
	for (size_t i = 0; c->exe && i < c->files.n && !base; i++)
		if (!c->files.v[i].offset && strcmp(c->files.v[i].path, c->exe->path) == 0)
			base = c->files.v[i].start;
	if (!base || memory_read(&c->memory, base, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
		return;
	for (int i = 0; i < eh.e_phnum; i++) {
		if (memory_read(&c->memory, base + eh.e_phoff + (uint64_t)i * sizeof(ph), &ph, sizeof(ph)))
			return;
		/* The mapping of offset 0 tells where the others are. */
		if (ph.p_type == PT_LOAD && !ph.p_offset)
			first = ph.p_vaddr & ~0xfffull;
	}
	for (int i = 0; i < eh.e_phnum && first != UINT64_MAX; i++) {
		if (memory_read(&c->memory, base + eh.e_phoff + (uint64_t)i * sizeof(ph), &ph, sizeof(ph)))
			return;
		if (ph.p_type == PT_NOTE && ph.p_filesz <= sizeof(notes) &&
		    !memory_read(&c->memory, base + (ph.p_vaddr - first), notes, ph.p_filesz))
			each_note(notes, ph.p_filesz, 4, id_note, ids);
	}
}

static int map_exe(struct core *c, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		int e = fd >= 0 ? EINVAL : errno;

		if (fd >= 0)
			close(fd);
		return err_set(err, e, "cannot open %s: %s", path, strerror(e));
	}
	ret = filemap_open(&c->exe_map, fd, (size_t)st.st_size, PROT_READ);
	close(fd);
	if (ret)
		return err_set(err, -ret, "cannot map %s: %s", path, strerror(-ret));
	c->exe_data = c->exe_map.data;
	c->exe_size = (uint64_t)st.st_size;
	return 0;
}

bool core_is_cut(const struct core *c)
{
	return filemap_is_cut(&c->map) || filemap_is_cut(&c->exe_map);
}

int core_set_exe(struct core *c, const struct gobin *b, const char *path, bool *is_sure, struct err *err)
{
	const char *id = gobin_build_id(b);
	struct ids ids;

	find_ids(c, &ids);
	*is_sure = *id && (ids.go[0] || ids.gnu[0]);
	if (*is_sure && strcmp(id, ids.go) != 0 && strcmp(id, ids.gnu) != 0)
		return err_set(
		        err, EINVAL,
		        "%s is not the program of this core: its build id is %s, that of the core %s; give the right "
		        "one with --exe",
		        path, id, ids.go[0] ? ids.go : ids.gnu);
	return c->exe ? map_exe(c, path, err) : 0;
}

int core_bias(const struct core *c, const char *path, uint64_t *bias, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf64_Ehdr eh;
	ssize_t n;

	if (fd < 0)
		return err_set(err, errno, "cannot open %s: %s", path, strerror(errno));
	n = pread(fd, &eh, sizeof(eh), 0);
	close(fd);
	if (n != (ssize_t)sizeof(eh))
		return err_set(err, ENOEXEC, "cannot read the ELF header of %s", path);
	/* A truncated core may lack its notes. */
	*bias = 0;
	if (!c->entry && eh.e_type == ET_EXEC)
		return 0;
	if (!c->entry)
		return err_set(err, ENOTSUP, "the core does not say where its program was loaded (it has no NT_AUXV)");
	*bias = c->entry - eh.e_entry;
	if (*bias & 0xfff)
		return err_set(
		        err, EINVAL,
		        "%s is not the program of this core: its entry point does not fit; give the right one with "
		        "--exe",
		        path);
	return 0;
}
