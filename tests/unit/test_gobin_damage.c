// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damaged and hostile files: truncated, or with bytes changed at random and where
 * it hurts most. Each is opened and queried for everything; every query must
 * return an error or an answer. Run with SAN=1 for the full effect.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "gobin/internal.h"
#include "tests/unit/gobin_fixture.h"

#define ASKED 60

static struct fixtures all;
static int rounds;        /* CHANREC_DAMAGE_ROUNDS: more rounds find more */
static unsigned sections; /* found by part() */

static int setup(void **state)
{
	const char *more = getenv("CHANREC_DAMAGE_ROUNDS");

	rounds = more ? atoi(more) : 30;
	return fixtures_load(&all, "default pie-strip cgo-pie");
}

/* A program in memory that can be damaged and repaired. */
struct victim {
	uint8_t *good;
	size_t size;
	int fd;
	char path[64];
	unsigned opened, refused;
};

static void victim_load(struct victim *v, const char *path)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	memset(v, 0, sizeof(*v));
	fseek(f, 0, SEEK_END);
	v->size = (size_t)ftell(f);
	rewind(f);
	v->good = malloc(v->size);
	assert_int_equal(fread(v->good, 1, v->size, f), v->size);
	fclose(f);
	v->fd = memfd_create("victim", MFD_CLOEXEC);
	assert_int_equal(pwrite(v->fd, v->good, v->size, 0), v->size);
	snprintf(v->path, sizeof(v->path), "/proc/self/fd/%d", v->fd);
}

static void victim_free(struct victim *v)
{
	close(v->fd);
	free(v->good);
}

/* Reads everything that a map claims to have. */
static void ask_frame_map(const struct gobin *b, uint64_t pc)
{
	volatile uint32_t sum = 0;
	struct go_frame_map m;

	if (gobin_frame_map(b, pc, true, &m))
		return;
	for (uint32_t i = 0; i < m.nlocals; i++)
		sum += m.locals[i / 8];
	for (uint32_t i = 0; i < m.nargs; i++)
		sum += m.args[i / 8];
	for (uint32_t i = 0; i < m.nobjs; i++) {
		uint32_t size;
		int32_t off;

		go_frame_obj(&m, i, &off, &size);
		sum += size;
	}
}

static void ask_lines(const struct gobin *b, uint64_t pc)
{
	struct go_line l[16];
	int32_t d;
	int n = gobin_lines(b, pc, l, 16);

	assert_in_range(n, 0, 16);
	for (int i = 0; i < n; i++)
		assert_true(strlen(l[i].func) + strlen(l[i].file) < 1u << 30);
	gobin_sp_delta(b, pc, &d);
	ask_frame_map(b, pc);
}

static void ask_everything(const struct gobin *b)
{
	const char *r[64];
	struct err err = { 0 };
	struct go_layout l;
	struct go_func f;
	uint8_t buf[64];
	uint64_t addr;
	int n;

	assert_non_null(gobin_go_version(b));
	assert_non_null(gobin_build_id(b));
	assert_non_null(gobin_module(b));
	gobin_load_addr(b, &addr);
	for (uint64_t i = 0; i < ASKED; i++) {
		if (gobin_func_by_idx(b, (uint32_t)(gobin_nfuncs(b) * i / ASKED), &f))
			continue;
		ask_lines(b, f.entry);
		ask_lines(b, f.entry + (f.end - f.entry) / 2);
		ask_lines(b, f.end - 1);
		gobin_read(b, f.entry, buf, sizeof(buf));
		gobin_file_offset(b, f.entry);
	}
	gobin_func_by_name(b, "runtime.gopark", &f);
	gobin_layout(b, &l, &err);
	for (int v = 0; v < GO_VAR_N; v++)
		gobin_var(b, (enum go_var)v, &addr, NULL);
	n = gobin_wait_reasons(b, r, 64);
	for (int i = 0; i < n; i++)
		assert_true(strlen(r[i]) < 256);
}

static void try_open(struct victim *v)
{
	struct err err = { 0 };
	struct gobin *b = NULL;
	int rc = gobin_open(&b, v->path, &err);

	if (rc) {
		assert_null(b);
		assert_true(rc < 0);
		assert_true(err.msg[0]);
		v->refused++;
		return;
	}
	ask_everything(b);
	gobin_free(b);
	v->opened++;
}

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* A value at which sums and bounds tend to go wrong, or a random one. */
static uint64_t nasty(uint64_t *seed)
{
	static const uint64_t values[] = { 0,          1,     0x7fffffff, 0x80000000, 0xffffffff,
		                           1ull << 63, ~0ull, ~0ull - 7,  ~0ull >> 1 };
	uint64_t r = rnd(seed);

	return r & 1 ? values[(r >> 8) % (sizeof(values) / sizeof(values[0]))] : r >> (r >> 1 & 63);
}

/* Changes up to 8 places in [from, from + len), opens the file, and restores the bytes. */
static void spoil(struct victim *v, uint64_t *seed, uint64_t from, uint64_t len)
{
	uint64_t at[8];
	unsigned n = 1 + (unsigned)(rnd(seed) & 7);

	if (from >= v->size)
		return;
	len = len < v->size - from ? len : v->size - from;
	for (unsigned i = 0; i < n; i++) {
		uint64_t val = nasty(seed), width = 1ull << (rnd(seed) & 3);

		at[i] = from + rnd(seed) % len;
		at[i] -= rnd(seed) & 1 ? at[i] % width : 0;
		width = width < v->size - at[i] ? width : v->size - at[i];
		assert_int_equal(pwrite(v->fd, &val, width, (off_t)at[i]), width);
	}
	try_open(v);
	for (unsigned i = 0; i < n; i++) {
		uint64_t width = v->size - at[i] < 8 ? v->size - at[i] : 8;

		assert_int_equal(pwrite(v->fd, v->good + at[i], width, (off_t)at[i]), width);
	}
}

/* The section's place in the file; empty if there is no such section. */
static bool part(const struct victim *v, const char *name, uint64_t *off, uint64_t *len)
{
	struct err err = { 0 };
	struct section s;
	struct image im;
	int rc;

	assert_int_equal(image_open(&im, v->path, &err), 0);
	rc = image_section(&im, name, &s);
	image_close(&im);
	sections += !rc;
	*off = s.off;
	*len = s.size;
	return !rc;
}

static void each_victim(void (*fn)(struct victim *v, uint64_t *seed))
{
	uint64_t seed = 0x9e3779b97f4a7c15ull;

	for (int i = 0; i < all.n; i++) {
		struct victim v;

		if (all.f[i].minor != 19 && all.f[i].minor != 23 && all.f[i].minor != 27)
			continue;
		victim_load(&v, all.f[i].path);
		fn(&v, &seed);
		try_open(&v);
		assert_true(v.opened > 0);
		victim_free(&v);
	}
}

static void cut_at(struct victim *v, size_t len)
{
	assert_int_equal(ftruncate(v->fd, (off_t)len), 0);
	try_open(v);
	assert_int_equal(ftruncate(v->fd, (off_t)v->size), 0);
	if (len < v->size)
		assert_int_equal(pwrite(v->fd, v->good + len, v->size - len, (off_t)len), v->size - len);
}

static void cut(struct victim *v, uint64_t *seed)
{
	for (size_t len = 0; len < 1100; len += 61)
		cut_at(v, len);
	for (int i = 0; i < rounds / 2; i++)
		cut_at(v, rnd(seed) % v->size);
	for (size_t len = v->size - 300; len < v->size; len += 37)
		cut_at(v, len);
	assert_true(v->refused > 10);
}

static void spoil_headers(struct victim *v, uint64_t *seed)
{
	uint64_t shoff = le64(v->good + offsetof(Elf64_Ehdr, e_shoff));

	for (int i = 0; i < rounds; i++) {
		spoil(v, seed, 16, 48);
		spoil(v, seed, 64, 56 * 12);
		spoil(v, seed, shoff, 64 * 40);
	}
	assert_true(v->refused > 10);
}

static void spoil_anywhere(struct victim *v, uint64_t *seed)
{
	for (int i = 0; i < rounds; i++)
		spoil(v, seed, 0, v->size);
}

static void spoil_tables(struct victim *v, uint64_t *seed)
{
	static const char *const names[] = {
		".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo", ".go.module",   ".dynamic",  ".rela",
		".rela.dyn",  ".note.go.buildid",       ".symtab",       ".data.rel.ro", ".noptrdata"
	};
	uint64_t off, len;

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		if (!part(v, names[k], &off, &len) || !len)
			continue;
		for (int i = 0; i < rounds / 3; i++) {
			spoil(v, seed, off, len);
			spoil(v, seed, off, 128);
		}
	}
}

/* Changes in the code must not lead the decoders astray. */
static void spoil_code(struct victim *v, uint64_t *seed)
{
	static const char *const names[] = { "runtime.allgadd", "runtime.semacquire1", "runtime.schedinit",
		                             "runtime.waitReason.String" };
	struct err err = { 0 };

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		struct gobin *b;
		struct go_func f;
		int64_t off;

		assert_int_equal(gobin_open(&b, v->path, &err), 0);
		assert_int_equal(gobin_func_by_name(b, names[k], &f), 0);
		off = gobin_file_offset(b, f.entry);
		gobin_free(b);
		assert_true(off > 0);
		for (int i = 0; i < rounds / 3; i++)
			spoil(v, seed, (uint64_t)off, f.end - f.entry);
	}
}

static void spoil_dwarf(struct victim *v, uint64_t *seed)
{
	static const char *const names[] = { ".debug_abbrev", ".debug_info", ".debug_addr", ".debug_str",
		                             ".zdebug_info" };
	uint64_t off, len;

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		if (!part(v, names[k], &off, &len) || !len)
			continue;
		for (int i = 0; i < rounds / 2; i++) {
			spoil(v, seed, off, len);
			spoil(v, seed, off, 64);
		}
	}
}

static void cut_files(void **state)
{
	each_victim(cut);
}

static void spoilt_headers(void **state)
{
	each_victim(spoil_headers);
}

static void spoilt_anywhere(void **state)
{
	each_victim(spoil_anywhere);
}

static void spoilt_tables(void **state)
{
	sections = 0;
	each_victim(spoil_tables);
	assert_true(sections > 3);
}

static void spoilt_code(void **state)
{
	each_victim(spoil_code);
}

static void spoilt_dwarf(void **state)
{
	sections = 0;
	each_victim(spoil_dwarf);
	assert_true(sections > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_files),     cmocka_unit_test(spoilt_headers), cmocka_unit_test(spoilt_anywhere),
		cmocka_unit_test(spoilt_tables), cmocka_unit_test(spoilt_code),    cmocka_unit_test(spoilt_dwarf),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
