// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/block.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inline/handler.inc"

#define MAGIC "chanrec block 1"
#define NAME "chanrec"
#define SLACK_LEAST 256 /* bytes for one system call and the way back */
#define VDSO_MAX (16 * INLINE_PAGE)

#define PAGES(bytes) (((bytes) + INLINE_PAGE - 1) / INLINE_PAGE)
#define HEAD_PAGES PAGES(sizeof(struct block_head))
#define HANDLER_PAGES PAGES(sizeof(handler_code))
#define THUNK_PAGES PAGES(BLOCK_SITES *THUNK_MAX)

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* Offsets of the parts, in pages. */
enum {
	AT_HANDLER = HEAD_PAGES,
	AT_THUNKS = AT_HANDLER + HANDLER_PAGES,
	AT_LIST = AT_THUNKS + THUNK_PAGES,
	AT_CONF, /* its only page that is not executable, and the only one that the target may write */
	BLOCK_PAGES,
};

/* Distances from the program's end at which the block may be: beyond what the heap of C grows into. */
static const uint64_t distances[] = { 1ull << 30, 3ull << 28, 1ull << 29, 1ull << 28, 1ull << 26, 1ull << 24 };

static void layout(struct block *b, uint64_t at)
{
	b->at = at;
	b->size = BLOCK_PAGES * INLINE_PAGE;
	b->handler = at + AT_HANDLER * INLINE_PAGE;
	b->thunks = at + AT_THUNKS * INLINE_PAGE;
	b->list = at + AT_LIST * INLINE_PAGE;
	b->conf = at + AT_CONF * INLINE_PAGE;
}

/* One line of /proc/PID/maps. */
struct mapping {
	uint64_t lo, hi, off, inode;
	char perm[5];
	char name[256];
};

static bool next_mapping(FILE *f, struct mapping *m)
{
	char line[512];

	if (!fgets(line, sizeof(line), f))
		return false;
	*m->name = '\0';
	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %255[^\n]", &m->lo, &m->hi,
	              m->perm, &m->off, &m->inode, m->name) >= 5;
}

static FILE *open_maps(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

static bool is_free(pid_t pid, uint64_t at, uint64_t size)
{
	FILE *f = open_maps(pid);
	struct mapping m;
	bool is = f != NULL;

	while (f && next_mapping(f, &m))
		is &= at >= m.hi || at + size <= m.lo;
	if (f)
		fclose(f);
	return is;
}

/* The program's executable segment in memory, from its ELF header. */
struct text {
	uint64_t end;       /* of the segment's bytes */
	uint64_t image_end; /* of the whole program */
	uint64_t off;       /* of end in the file */
};

static int find_text(struct text *text, pid_t pid, struct err *err)
{
	char path[64];
	Elf64_Ehdr eh;
	Elf64_Phdr ph[64];
	struct mapping m;
	uint64_t bias = 0, inode;
	struct stat st;
	bool has_bias = false;
	FILE *f;
	int fd;

	*text = (struct text){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || eh.e_phnum > 64 ||
	    eh.e_phentsize != sizeof(ph[0]) ||
	    pread(fd, ph, eh.e_phnum * sizeof(ph[0]), (off_t)eh.e_phoff) != (ssize_t)(eh.e_phnum * sizeof(ph[0]))) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ENOEXEC, "cannot read the program's header");
	}
	close(fd);
	inode = st.st_ino;
	f = open_maps(pid);
	for (int i = 0; i < eh.e_phnum && f; i++) {
		const Elf64_Phdr *p = &ph[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		rewind(f);
		while (!has_bias && next_mapping(f, &m))
			if (m.inode == inode && m.perm[2] == 'x' && m.off == p->p_offset / INLINE_PAGE * INLINE_PAGE) {
				bias = m.lo - p->p_vaddr / INLINE_PAGE * INLINE_PAGE;
				has_bias = true;
			}
		text->end = bias + p->p_vaddr + p->p_memsz;
		text->off = p->p_offset + p->p_filesz;
	}
	if (f)
		fclose(f);
	for (int i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && bias + ph[i].p_vaddr + ph[i].p_memsz > text->image_end)
			text->image_end = bias + ph[i].p_vaddr + ph[i].p_memsz;
	return has_bias ? 0 : err_set(err, ENOEXEC, "cannot find the program's code in the process's memory");
}

/*
 * What is behind the last byte of the vDSO's image, which ends with its section
 * headers. Go knows that code there is not its own.
 */
static void find_vdso_slack(const struct tracees *t, struct remote_room *room)
{
	uint8_t image[VDSO_MAX];
	FILE *f = open_maps(t->pid);
	uint64_t size, end;
	struct mapping m;
	Elf64_Ehdr eh;

	while (f && next_mapping(f, &m)) {
		size = m.hi - m.lo;
		if (strcmp(m.name, "[vdso]") != 0 || size > sizeof(image) || tracees_read(t, m.lo, image, size))
			continue;
		memcpy(&eh, image, sizeof(eh));
		end = (eh.e_shoff + (uint64_t)eh.e_shnum * eh.e_shentsize + 15) & ~15ull;
		if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || !eh.e_shoff || end >= size)
			continue;
		*room = (struct remote_room){ .at = m.lo + end,
			                      .size = size - end < REMOTE_MAX ? size - end : REMOTE_MAX };
	}
	if (f)
		fclose(f);
}

static void set_slack(struct block *b, const struct tracees *t, const struct text *text)
{
	uint64_t at = (text->end + 15) & ~15ull;

	b->slack = (struct remote_room){ .at = at, .size = PAGES(text->end) * INLINE_PAGE - at };
	b->slack_off = text->off + (at - text->end);
	if (b->slack.size >= SLACK_LEAST)
		return;
	b->slack_off = 0;
	find_vdso_slack(t, &b->slack);
}

int block_restore_slack(const struct block *b, const struct tracees *t)
{
	uint8_t bytes[INLINE_PAGE] = { 0 }, now[INLINE_PAGE];
	size_t size = b->slack.size;
	char path[64];
	int fd, ret;

	if (!size || size > sizeof(bytes))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/exe", t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = b->slack_off && pread(fd, bytes, size, (off_t)b->slack_off) < 0 ? -errno : 0;
	close(fd);
	if (!ret)
		ret = tracees_read(t, b->slack.at, now, size);
	return ret || !memcmp(bytes, now, size) ? ret : tracees_write(t, b->slack.at, bytes, size);
}

#define PLACES (sizeof(distances) / sizeof(distances[0]))

static uint64_t place(const struct text *text, size_t i)
{
	return PAGES(text->image_end + distances[i]) * INLINE_PAGE;
}

static bool is_place(const struct text *text, uint64_t at)
{
	for (size_t i = 0; i < PLACES; i++)
		if (place(text, i) == at)
			return true;
	return false;
}

static int choose_place(struct block *b, pid_t pid, const struct text *text, struct err *err)
{
	for (size_t i = 0; i < PLACES; i++) {
		uint64_t at = place(text, i);

		if (is_free(pid, at, BLOCK_PAGES * INLINE_PAGE)) {
			layout(b, at);
			return 0;
		}
	}
	return err_set(err, ENOTSUP, "there is no free memory within reach of the program's code");
}

static struct remote_call code_call(const struct block *b)
{
	return (struct remote_call){ .nr = SYS_mmap,
		                     .nargs = 6,
		                     .arg = { b->at, b->size, PROT_READ | PROT_EXEC,
		                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0 } };
}

static struct remote_call unmap_call(uint64_t at, uint64_t size)
{
	return (struct remote_call){ .nr = SYS_munmap, .nargs = 2, .arg = { at, size } };
}

static int map_code(struct block *b, struct tracees *t, struct err *err)
{
	struct remote_call map = code_call(b);
	uint64_t at = b->at;

	b->at = 0;
	if (remote_run(t, &b->slack, &map, 1, NULL, NULL, err))
		return err->code;
	if (map.result != (long)at)
		return err_set(err, EACCES, "the process may not map executable memory: %s",
		               map.result < 0 ? strerror((int)-map.result) : "it got another address");
	b->at = at;
	return 0;
}

enum shm_calls { MAP_CONF, WIPE_CONF, MAKE_FD, SIZE_FD, MAP_SHM, DONT_FORK, CLOSE_FD, SHM_CALLS };

struct shm_taking {
	struct block *b;
	const struct tracees *t;
	long fd;
};

/* Takes the file of the shared memory from the process, and makes sure that it cannot shrink. */
static int take_shm(void *arg, size_t i, long result, struct err *err)
{
	struct shm_taking *s = arg;
	struct block *b = s->b;
	char path[64];
	struct stat st;
	void *mem;

	if (i != SIZE_FD && result < 0 && result > -4096)
		return err_set(err, (int)-result, "the process may not map memory for the recorder: %s",
		               strerror((int)-result));
	if (i == MAKE_FD)
		s->fd = result;
	if (i != MAP_SHM)
		return 0;
	b->shm_at = (uint64_t)result;
	snprintf(path, sizeof(path), "/proc/%d/fd/%ld", s->t->pid, s->fd);
	b->memfd = open(path, O_RDWR | O_CLOEXEC);
	if (b->memfd < 0)
		return err_set(err, errno, "cannot open the process's shared memory: %s", strerror(errno));
	if (fcntl(b->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) || fstat(b->memfd, &st) ||
	    st.st_size != (off_t)b->shm_size)
		return err_set(err, EACCES, "the process's shared memory cannot be sealed");
	mem = mmap(NULL, sizeof(*b->shm), PROT_READ | PROT_WRITE, MAP_SHARED, b->memfd, 0);
	if (mem == MAP_FAILED)
		return err_set(err, errno, "cannot map the process's shared memory: %s", strerror(errno));
	b->shm = mem;
	return 0;
}

static uint64_t name_at(const struct block *b)
{
	return b->list + REMOTE_MAX;
}

static void shm_calls(const struct block *b, struct remote_call *c)
{
	const struct remote_call all[SHM_CALLS] = {
		[MAP_CONF] = { .nr = SYS_mmap,
		               .nargs = 6,
		               .arg = { b->conf, INLINE_PAGE, PROT_READ | PROT_WRITE,
		                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0 } },
		[WIPE_CONF] = { .nr = SYS_madvise, .nargs = 3, .arg = { b->conf, INLINE_PAGE, MADV_WIPEONFORK } },
		[MAKE_FD] = { .nr = SYS_memfd_create,
		              .nargs = 2,
		              .arg = { name_at(b), MFD_CLOEXEC | MFD_ALLOW_SEALING },
		              .sets = REMOTE_FD },
		[SIZE_FD] = { .nr = SYS_ftruncate, .nargs = 2, .arg = { 0, b->shm_size }, .var = { REMOTE_FD } },
		[MAP_SHM] = { .nr = SYS_mmap,
		              .nargs = 6,
		              .arg = { 0, b->shm_size, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0 },
		              .var = { [4] = REMOTE_FD },
		              .sets = REMOTE_ADDR },
		[DONT_FORK] = { .nr = SYS_madvise,
		                .nargs = 3,
		                .arg = { 0, b->shm_size, MADV_DONTFORK },
		                .var = { REMOTE_ADDR } },
		[CLOSE_FD] = { .nr = SYS_close, .nargs = 1, .var = { REMOTE_FD } },
	};

	memcpy(c, all, sizeof(all));
}

static int map_shm(struct block *b, struct tracees *t, struct err *err)
{
	const struct remote_room room = { .at = b->list, .size = REMOTE_MAX };
	struct shm_taking s = { .b = b, .t = t };
	struct remote_call c[SHM_CALLS];

	shm_calls(b, c);
	if (tracees_write(t, name_at(b), NAME, sizeof(NAME)))
		return err_set(err, EACCES, "the kernel does not let the recorder write the process's code");
	return remote_run(t, &room, c, SHM_CALLS, take_shm, &s, err);
}

/* Whether the process may make every call from the first to the last. */
static int check_calls(const struct block *b, struct tracees *t, struct err *err)
{
	struct remote_call c[SHM_CALLS + 2];

	shm_calls(b, c);
	c[SHM_CALLS] = code_call(b);
	c[SHM_CALLS + 1] = unmap_call(b->at, b->size);
	return remote_check(t, c, SHM_CALLS + 2, err);
}

static int write_owner(const struct block *b, const struct tracees *t)
{
	struct block_head head = {
		.magic = MAGIC, .size = b->size, .shm_size = b->shm_size, .recorder = (uint64_t)getpid()
	};

	head.started = block_started(head.recorder);
	return tracees_write(t, b->at, &head, sizeof(head));
}

int block_plan(struct block *b, struct tracees *t, uint64_t ring_size, struct err *err)
{
	struct text text;

	*b = (struct block){ .memfd = -1, .shm_size = INLINE_RING_AT + ring_size };
	if (find_text(&text, t->pid, err) || choose_place(b, t->pid, &text, err))
		return err->code;
	set_slack(b, t, &text);
	return check_calls(b, t, err);
}

int block_map(struct block *b, struct tracees *t, uint64_t ring_size, struct err *err)
{
	if (block_plan(b, t, ring_size, err)) {
		b->at = 0;
		return err->code;
	}
	if (map_code(b, t, err))
		return err->code;
	/* Recognisable from here on. */
	if (write_owner(b, t) || tracees_write(t, b->handler, handler_code, sizeof(handler_code)))
		return err_set(err, EACCES, "the kernel does not let the recorder write the process's code");
	return map_shm(b, t, err);
}

int block_switch(const struct block *b, const struct tracees *t, bool on)
{
	uint32_t word = on;

	return tracees_write(t, b->conf + offsetof(struct inline_conf, on), &word, sizeof(word));
}

uint64_t block_handler(const struct block *b, const char *name)
{
	static const struct {
		const char *name;
		uint64_t offset;
	} functions[] = {
#define X(fn) { #fn, handler_at_##fn },
		INLINE_HANDLERS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(functions[i].name, name))
			return b->handler + functions[i].offset;
	return 0;
}

#define EMPTY_TRIES 2000
#define EMPTY_US 200

/* Waits until no thread is in the block, and none can enter it. */
static int wait_empty(const struct block *b, struct tracees *t, struct err *err)
{
	const struct extent e = { b->at, b->size };

	for (int i = 0; i < EMPTY_TRIES; i++) {
		bool is_inside;

		if (tracees_stop(t, err))
			return err->code;
		is_inside = tracees_inside(t, &e, 1);
		tracees_resume(t);
		if (!is_inside)
			return 0;
		usleep(EMPTY_US);
	}
	return err_set(err, EBUSY, "a thread is still inside the recorder's code; try again");
}

int block_unmap(struct block *b, struct tracees *t, struct err *err)
{
	const struct remote_room room = { .at = b->list, .size = REMOTE_MAX };
	struct remote_call shm = unmap_call(b->shm_at, b->shm_size);
	struct remote_call code = unmap_call(b->at, b->size);

	if (b->at)
		block_switch(b, t, false);
	if (wait_empty(b, t, err) || (b->shm_at && remote_run(t, b->at ? &room : &b->slack, &shm, 1, NULL, NULL, err)))
		return err->code;
	b->shm_at = 0;
	if (!b->at)
		return 0;
	if (wait_empty(b, t, err) || remote_run(t, &b->slack, &code, 1, NULL, NULL, err))
		return err->code;
	b->at = 0;
	return 0;
}

void block_close(struct block *b)
{
	if (b->shm)
		munmap(b->shm, sizeof(*b->shm));
	if (b->memfd > 0)
		close(b->memfd);
	*b = (struct block){ .memfd = -1 };
}

uint64_t block_started(uint64_t pid)
{
	char path[64], text[1024], *p;
	uint64_t started = 0;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	/* The name, in parentheses, may contain anything; the start is field 22. */
	p = strrchr(text, ')');
	if (p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
	                &started) != 1)
		started = 0;
	return started;
}

bool block_is_used(const struct block_head *head)
{
	return head->recorder && head->started && block_started(head->recorder) == head->started;
}

/* A block of a recorder that was killed before it wrote the head. */
static bool is_blank(const struct tracees *t, const struct mapping *m)
{
	uint8_t page[INLINE_PAGE];

	if (m->hi - m->lo != BLOCK_PAGES * INLINE_PAGE || tracees_read(t, m->lo, page, sizeof(page)))
		return false;
	for (size_t i = 0; i < sizeof(page); i++)
		if (page[i])
			return false;
	return true;
}

/* Whether the mapping is a block. Reads its head, which is all zeros if none was written. */
static bool is_block(const struct tracees *t, const struct mapping *m, struct block_head *head)
{
	if (strcmp(m->perm, "r-xp") != 0 || *m->name || tracees_read(t, m->lo, head, sizeof(*head)))
		return false;
	return !strcmp(head->magic, MAGIC) || is_blank(t, m);
}

int block_find(struct block *b, struct block_head *head, const struct tracees *t, struct err *err)
{
	FILE *f = open_maps(t->pid);
	struct block_head h;
	struct mapping m;
	struct text text;

	if (!f)
		return err_set(err, ESRCH, "process %d has exited", t->pid);
	*b = (struct block){ .memfd = -1 };
	memset(head, 0, sizeof(*head));
	while (next_mapping(f, &m)) {
		if (!strcmp(m.name, "/memfd:" NAME " (deleted)")) {
			b->shm_at = m.lo;
			b->shm_size = m.hi - m.lo;
		} else if (!b->at && is_block(t, &m, &h)) {
			layout(b, m.lo);
			*head = h;
		}
	}
	fclose(f);
	if (!b->at && !b->shm_at)
		return 1;
	/* A head of another version of chanrec. */
	if (b->at && head->size && head->size != b->size)
		return err_set(err, EPROTO,
		               "another version of chanrec left its probes in process %d: clean up with that one",
		               t->pid);
	if (find_text(&text, t->pid, err))
		return err->code;
	/* Code that somebody else is about to write begins with zeros, too. */
	if (b->at && !head->magic[0] && !is_place(&text, b->at))
		*b = (struct block){ .memfd = -1, .shm_at = b->shm_at, .shm_size = b->shm_size };
	if (!b->at && !b->shm_at)
		return 1;
	set_slack(b, t, &text);
	return 0;
}
