/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_CORE_CORE_H
#define CHANREC_RECORD_CORE_CORE_H

/*
 * The memory of a program that has crashed or was copied by gcore: an ELF core
 * file, plain or compressed by zstd, as the kernel, gdb and systemd-coredump
 * write it. The file is mapped, not read through. Nothing in it is trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/memory/memory.h"
#include "util/err.h"
#include "util/filemap.h"
#include "util/vec.h"

/* Memory of which the core has the first `size` bytes. */
struct core_segment {
	uint64_t addr, size; /* in memory */
	uint64_t offset;     /* in the core */
};

/* A file that was mapped. */
struct core_file {
	uint64_t start, end; /* in memory */
	uint64_t offset;     /* in the file */
	const char *path;    /* in the core; terminated */
};

/* Where a thread was. */
struct core_thread {
	uint32_t tid;
	uint64_t pc, sp;
};

struct core {
	struct memory memory;
	const uint8_t *data;
	uint64_t size;
	VEC(struct core_segment) segments; /* by address; without empty ones */
	VEC(struct core_file) files;
	VEC(struct core_thread) threads;
	const uint8_t *exe_data; /* the executable, which has the pages that were never written to */
	uint64_t exe_size;
	const struct core_file *exe; /* one of files; NULL: not known */
	uint64_t entry;              /* AT_ENTRY; 0: not known */
	uint32_t pid;
	char command[81];            /* the beginning of the command line; "" */
	struct filemap map, exe_map; /* of data and exe_data; not of data given to core_parse() */
	int64_t written;             /* when the core was, ns since 1970: its mtime */
	uint64_t missing; /* bytes of memory that the core says it has but that are not in it: it is truncated */
};

/* c may be passed to core_close() even after an error. */
int core_open(struct core *c, const char *path, struct err *err);
/* The same for n bytes of memory, which must outlive c. */
int core_parse(struct core *c, const void *data, uint64_t n, struct err *err);
void core_close(struct core *c);
/* Whether the core or its executable was truncated while it was read: what was missing is zeros. */
bool core_is_cut(const struct core *c);
/*
 * Says which executable it is that b has opened at path. -EINVAL: it is another
 * one than that of the core. *is_sure: the core has a build id, which is the same.
 */
int core_set_exe(struct core *c, const struct gobin *b, const char *path, bool *is_sure, struct err *err);
/* The load address of the program minus the address in its file. */
int core_bias(const struct core *c, const char *path, uint64_t *bias, struct err *err);

#endif
