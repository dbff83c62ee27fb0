// SPDX-License-Identifier: GPL-2.0-or-later
/* Core files: their memory, notes, truncation and damage. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>
#include <zstd.h>

#include "record/core/core.h"
#include "tests/unit/core_build.h"

static struct buf some_core(void)
{
	struct core_builder b = { 0 };
	struct elf_prpsinfo info = { .pr_pid = 77, .pr_psargs = "shop -addr :80  " };

	cb_thread(&b, 78, 0x401000, 0x7ffe0008);
	cb_note(&b, NT_PRPSINFO, &info, sizeof(info));
	cb_entry(&b, 0x401234);
	cb_file(&b, 0x400000, 0x402000, 0, "/srv/shop");
	/* Out of order, and two that touch. */
	cb_load(&b, 0x5000, "efgh", 4, 4);
	cb_load(&b, 0x9000, "", 0, 4096);
	cb_load(&b, 0x4ffc, "abcd", 4, 4);
	return cb_core(&b);
}

static void test_memory(void **state)
{
	struct buf b = some_core();
	struct err err = { 0 };
	struct core c;
	char to[8];

	assert_int_equal(core_parse(&c, b.data, b.len, &err), 0);
	assert_int_equal(memory_read(&c.memory, 0x4ffe, to, 4), 0);
	assert_memory_equal(to, "cdef", 4);
	assert_int_equal(memory_read(&c.memory, 0x4ffc, to, 8), 0);
	assert_memory_equal(to, "abcdefgh", 8);
	assert_int_equal(memory_read(&c.memory, 0x5001, to, 4), -EFAULT);
	assert_int_equal(memory_read(&c.memory, 0x4ffb, to, 1), -EFAULT);
	assert_int_equal(memory_read(&c.memory, 0x9000, to, 1), -EFAULT);
	assert_int_equal(memory_read(&c.memory, UINT64_MAX - 1, to, 4), -EFAULT);
	assert_true(memory_is_still(&c.memory));
	core_close(&c);
	buf_free(&b);
}

static void test_notes(void **state)
{
	struct buf b = some_core();
	struct err err = { 0 };
	uint64_t pc, sp;
	struct core c;

	assert_int_equal(core_parse(&c, b.data, b.len, &err), 0);
	assert_int_equal(c.pid, 77);
	assert_string_equal(c.command, "shop -addr :80");
	assert_int_equal(c.entry, 0x401234);
	assert_non_null(c.exe);
	assert_string_equal(c.exe->path, "/srv/shop");
	assert_true(memory_thread_at(&c.memory, 78, &pc, &sp));
	assert_true(pc == 0x401000 && sp == 0x7ffe0008);
	assert_false(memory_thread_at(&c.memory, 79, &pc, &sp));
	assert_int_equal(c.missing, 0);
	core_close(&c);
	buf_free(&b);
}

/* However much is cut off, what is left is right, and what is missing is counted. */
static void test_truncated(void **state)
{
	struct buf b = some_core();

	for (size_t n = 0; n < b.len; n++) {
		uint8_t *part = malloc(n + 1); /* so that a checker sees reads behind the end */
		struct err err = { 0 };
		struct core c;
		char to[4];

		assert_non_null(part);
		part = realloc(part, n ? n : 1);
		memcpy(part, b.data, n);
		if (core_parse(&c, part, n, &err)) {
			assert_true(err.msg[0]);
		} else {
			assert_int_equal(c.missing, b.len - n < 8 ? b.len - n : 8);
			if (!memory_read(&c.memory, 0x5000, to, 4))
				assert_memory_equal(to, "efgh", 4);
			assert_int_equal(memory_read(&c.memory, 0x4ffc, to, 4), -EFAULT);
		}
		core_close(&c);
		free(part);
	}
	buf_free(&b);
}

/* Every bit of the headers and notes flipped: nothing is read that is not there. */
static void test_damaged(void **state)
{
	struct buf b = some_core();
	unsigned ok = 0;

	for (size_t i = 0; i < b.len * 8; i++) {
		struct err err = { 0 };
		struct core c;
		char to[64];

		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
		ok += !core_parse(&c, b.data, b.len, &err);
		for (size_t k = 0; k < c.segments.n; k++)
			memory_read(&c.memory, c.segments.v[k].addr, to, sizeof(to));
		core_close(&c);
		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_true(ok > 1000);
	buf_free(&b);
}

/* Programs with many mappings have the number of segments elsewhere. */
static void test_many_segments(void **state)
{
	struct buf b = some_core();
	Elf64_Shdr sh = { .sh_info = 4 };
	struct err err = { 0 };
	Elf64_Ehdr eh;
	struct core c;

	memcpy(&eh, b.data, sizeof(eh));
	assert_int_equal(eh.e_phnum, 4);
	eh.e_phnum = PN_XNUM;
	eh.e_shoff = b.len;
	memcpy(b.data, &eh, sizeof(eh));
	buf_put(&b, &sh, sizeof(sh));
	assert_int_equal(core_parse(&c, b.data, b.len, &err), 0);
	assert_int_equal(c.segments.n, 2);
	core_close(&c);
	buf_free(&b);
}

static void write_file(char *path, const void *data, size_t n)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
}

static void test_compressed(void **state)
{
	char path[] = "/tmp/test_core.XXXXXX", to[8];
	struct buf b = some_core();
	struct err err = { 0 };
	char packed[65536];
	struct core c;
	size_t n = ZSTD_compress(packed, sizeof(packed), b.data, b.len, 3);

	assert_false(ZSTD_isError(n));
	write_file(path, packed, n);
	assert_int_equal(core_open(&c, path, &err), 0);
	assert_int_equal(memory_read(&c.memory, 0x4ffc, to, 8), 0);
	assert_memory_equal(to, "abcdefgh", 8);
	core_close(&c);
	unlink(path);
	buf_free(&b);
}

static void test_refused(void **state)
{
	static const struct {
		const char *data, *says;
		size_t n;
	} files[] = {
		{ "\x04\x22\x4d\x18....", "lz4 -d", 8 },
		{ "\x1f\x8b\x08\x00....", "gzip -d", 8 },
		{ "#!/bin/sh\n", "not the core file", 10 },
		{ "", "empty", 0 },
		{ "\x28\xb5\x2f\xfd\xff\xff\xff\xff", "damaged", 8 },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[] = "/tmp/test_core.XXXXXX";
		struct err err = { 0 };
		struct core c;

		write_file(path, files[i].data, files[i].n);
		assert_int_not_equal(core_open(&c, path, &err), 0);
		assert_non_null(strstr(err.msg, files[i].says));
		assert_non_null(strstr(err.msg, path));
		core_close(&c);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),  cmocka_unit_test(test_notes),         cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_many_segments), cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
