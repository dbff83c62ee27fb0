/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_CORE_BUILD_H
#define TESTS_UNIT_CORE_BUILD_H

/* Builds core files of any shape: notes, then segments of memory. */

#include <elf.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "util/buf.h"

struct core_builder {
	struct buf notes, memory;
	Elf64_Phdr loads[8];
	int nloads;
};

static inline void cb_note(struct core_builder *b, uint32_t type, const void *desc, size_t n)
{
	static const char zeros[8];

	buf_put_u32(&b->notes, 5);
	buf_put_u32(&b->notes, (uint32_t)n);
	buf_put_u32(&b->notes, type);
	buf_put(&b->notes, "CORE\0\0\0", 8);
	buf_put(&b->notes, desc, n);
	buf_put(&b->notes, zeros, (4 - n % 4) % 4);
}

static inline void cb_thread(struct core_builder *b, int tid, uint64_t pc, uint64_t sp)
{
	struct elf_prstatus s = { .pr_pid = tid };
	struct user_regs_struct regs = { .rip = pc, .rsp = sp };

	memcpy(s.pr_reg, &regs, sizeof(regs));
	cb_note(b, NT_PRSTATUS, &s, sizeof(s));
}

static inline void cb_entry(struct core_builder *b, uint64_t entry)
{
	const uint64_t auxv[] = { AT_ENTRY, entry, AT_NULL, 0 };

	cb_note(b, NT_AUXV, auxv, sizeof(auxv));
}

static inline void cb_file(struct core_builder *b, uint64_t start, uint64_t end, uint64_t page, const char *path)
{
	const uint64_t head[] = { 1, 4096, start, end, page };
	struct buf d = { 0 };

	buf_put(&d, head, sizeof(head));
	buf_put(&d, path, strlen(path) + 1);
	cb_note(b, NT_FILE, d.data, d.len);
	buf_free(&d);
}

static inline void cb_load(struct core_builder *b, uint64_t addr, const void *data, size_t n, uint64_t memsz)
{
	b->loads[b->nloads++] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_vaddr = addr, .p_offset = b->memory.len, .p_filesz = n, .p_memsz = memsz
	};
	buf_put(&b->memory, data, n);
}

/* Frees b. */
static inline struct buf cb_core(struct core_builder *b)
{
	uint64_t at = sizeof(Elf64_Ehdr) + (uint64_t)(b->nloads + 1) * sizeof(Elf64_Phdr);
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		          .e_type = ET_CORE,
		          .e_machine = EM_X86_64,
		          .e_phoff = sizeof(eh),
		          .e_phentsize = sizeof(Elf64_Phdr),
		          .e_phnum = (uint16_t)(b->nloads + 1) };
	Elf64_Phdr notes = { .p_type = PT_NOTE, .p_offset = at, .p_filesz = b->notes.len };
	struct buf core = { 0 };

	buf_put(&core, &eh, sizeof(eh));
	buf_put(&core, &notes, sizeof(notes));
	for (int i = 0; i < b->nloads; i++) {
		b->loads[i].p_offset += at + b->notes.len;
		buf_put(&core, &b->loads[i], sizeof(b->loads[i]));
	}
	buf_put(&core, b->notes.data, b->notes.len);
	buf_put(&core, b->memory.data, b->memory.len);
	buf_free(&b->notes);
	buf_free(&b->memory);
	return core;
}

#endif
