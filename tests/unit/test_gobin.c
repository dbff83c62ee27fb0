// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go programs of every cached toolchain, built in every way that changes the
 * file: compares functions with the output of nm, and checks facts about the file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "gobin/internal.h"
#include "tests/unit/gobin_fixture.h"

#define MAX_LINES 64

static struct fixtures all;

static int setup(void **state)
{
	return fixtures_load(&all, "default strip pie pie-strip cgo-pie cgo-pie-strip");
}

/*
 * Whether nm's symbol has this name in .gopclntab. The table omits the ABI and,
 * up to Go 1.20, type arguments, and it keeps "·" where nm prints a dot.
 */
static bool same_name(char *s, const char *name, int minor)
{
	char in_table[1024], *dot;
	size_t len = strlen(s);
	char *open = strchr(s, '['), *close = strrchr(s, ']');

	snprintf(in_table, sizeof(in_table), "%s", name);
	while ((dot = strstr(in_table, "·"))) {
		*dot = '.';
		memmove(dot + 1, dot + 2, strlen(dot + 2) + 1);
	}
	if (len > 5 && !strcmp(s + len - 5, ".abi0"))
		s[len - 5] = 0;
	if (!strcmp(s, in_table))
		return true;
	if (minor < 21 && open && close > open + 1) {
		char rest[1024];

		snprintf(rest, sizeof(rest), "[...]%s", close + 1);
		strcpy(open, rest);
	}
	return !strcmp(s, in_table);
}

struct text_symbol {
	uint64_t addr;
	char name[1024];
};

/* The symbols of functions from runtime.text to runtime.etext, by address. */
static struct text_symbol *symbols_of(const char *path, size_t *n)
{
	char *out = output_of("nm -n '%s' | grep -v ' runtime.text$'", path), *save = NULL;
	char *from = output_of("nm '%s' | grep ' runtime.text$'", path);
	struct text_symbol *v = calloc(20000, sizeof(*v));

	assert_non_null(out);
	assert_non_null(from);
	*n = 0;
	for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct text_symbol s;
		char type;

		if (sscanf(line, "%lx %c %1023[^\n]", &s.addr, &type, s.name) != 3 || (type != 'T' && type != 't'))
			continue;
		if (!strcmp(s.name, "runtime.etext"))
			break;
		if (s.addr >= strtoull(from, NULL, 16) && *n < 20000)
			v[(*n)++] = s;
	}
	free(out);
	free(from);
	return v;
}

static void functions_agree_with_nm(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct text_symbol *syms;
		size_t n, matched = 0;
		struct go_func f;

		if (fixture_stripped(&all.f[i])) {
			gobin_free(b);
			continue;
		}
		syms = symbols_of(all.f[i].path, &n);
		assert_true(n > 1000);
		for (size_t j = 0; j < n; j++) {
			if (gobin_func_by_pc(b, syms[j].addr, &f) || f.entry != syms[j].addr ||

			    !same_name(syms[j].name, f.name, all.f[i].minor))
				fail_msg("%s: %lx is %s in nm and %s at %lx in gobin", all.f[i].path, syms[j].addr,
				         syms[j].name, f.name, f.entry);
			matched++;
		}
		/* And none that nm does not list. */
		for (uint32_t k = 0; k < gobin_nfuncs(b); k++) {
			struct go_func at;

			if (gobin_func_by_idx(b, k, &f))
				continue;
			assert_int_equal(gobin_func_by_pc(b, f.end - 1, &at), 0);
			assert_int_equal(at.idx, k);
			assert_int_equal(gobin_func_by_name(b, f.name, &at), 0);
			assert_string_equal(at.name, f.name);
		}
		if (gobin_nfuncs(b) != matched)
			fail_msg("%s: %u functions, nm has %zu", all.f[i].path, gobin_nfuncs(b), matched);
		assert_int_equal(gobin_func_by_name(b, "main.nosuch", &f), -ENOENT);
		assert_int_equal(gobin_func_by_pc(b, 0, &f), -ENOENT);
		free(syms);
		gobin_free(b);
	}
}

/* Without section headers, tables are found by their magic and the version through the segments. Nothing else changes.
 */
static void sections_are_not_needed(void **state)
{
	for (int i = 0; i < all.n; i++) {
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));
		struct gobin *b = must_open(all.f[i].path), *bare = must_open(copy);
		struct go_func f, g;

		assert_non_null(strstr(gobin_symbols_from(bare), "by its magic"));
		assert_string_equal(gobin_go_version(b), gobin_go_version(bare));
		assert_string_equal(gobin_build_id(b), gobin_build_id(bare));
		assert_int_equal(gobin_nfuncs(b), gobin_nfuncs(bare));
		for (uint32_t k = 0; k < gobin_nfuncs(b); k++) {
			struct go_line l[MAX_LINES], m[MAX_LINES];
			int n;

			assert_int_equal(gobin_func_by_idx(b, k, &f), gobin_func_by_idx(bare, k, &g));
			assert_string_equal(f.name, g.name);
			assert_int_equal(f.entry, g.entry);
			n = gobin_lines(b, f.end - 1, l, MAX_LINES);
			assert_int_equal(n, gobin_lines(bare, f.end - 1, m, MAX_LINES));
			assert_string_equal(l[0].func, m[0].func);
			assert_int_equal(l[0].line, m[0].line);
		}
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

static void facts_about_the_file(void **state)
{
	for (int i = 0; i < all.n; i++) {
		const char *p = all.f[i].path;
		struct gobin *b = must_open(p);
		char *id = output_of("readelf -p .note.go.buildid '%s'", p);
		uint64_t off = 1, addr;
		uint8_t code[16], file[16];
		struct go_func f;
		FILE *fp = fopen(p, "r");

		assert_int_equal(gobin_go_minor(b), all.f[i].minor);
		assert_string_equal(gobin_module(b), "example.org/chanrec/fixture");
		assert_int_equal(gobin_has_cgo(b), fixture_is(&all.f[i], "cgo"));
		assert_int_equal(gobin_is_pie(b), fixture_is(&all.f[i], "pie"));
		/* action ID / content ID and two more hashes */
		assert_int_equal(strlen(gobin_build_id(b)), 83);
		assert_non_null(id);
		assert_non_null(strstr(id, gobin_build_id(b)));
		free(id);
		addr = gobin_load_addr(b, &off);
		assert_int_equal(off, 0);
		assert_int_equal(gobin_read(b, addr, code, 4), 0);
		assert_memory_equal(code, "\177ELF", 4);
		/* Code has no relocations: the bytes are those of the file. */
		assert_int_equal(gobin_func_by_name(b, "runtime.gopark", &f), 0);
		assert_int_equal(gobin_read(b, f.entry, code, sizeof(code)), 0);
		assert_non_null(fp);
		assert_int_equal(fseek(fp, gobin_file_offset(b, f.entry), SEEK_SET), 0);
		assert_int_equal(fread(file, 1, sizeof(file), fp), sizeof(file));
		assert_memory_equal(code, file, sizeof(code));
		fclose(fp);
		assert_int_equal(gobin_file_offset(b, 1ull << 60), -1);
		assert_int_equal(gobin_read(b, 1ull << 60, code, 1), -EFAULT);
		assert_int_equal(gobin_read(b, ~0ull - 3, code, 8), -EFAULT);
		gobin_free(b);
	}
}

/* bss reads as zeros, although the file has no bytes for it. */
static void bss_reads_as_zero(void **state)
{
	struct gobin *b = must_open(fixture_find(&all, 23, "default")->path);
	uint64_t addr, w[3] = { 1, 1, 1 };

	assert_int_equal(gobin_var(b, GO_VAR_ALLGS, &addr, NULL), 0);
	assert_int_equal(gobin_file_offset(b, addr), -1);
	assert_int_equal(gobin_read(b, addr, w, sizeof(w)), 0);
	assert_int_equal(w[0] | w[1] | w[2], 0);
	gobin_free(b);
}

/* The build info's magic is overwritten, as some packers do. */
static void version_without_build_info(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path), *bare;
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));
		char *out = output_of("grep -a -b -o 'Go buildinf:' '%s'", all.f[i].path), *save = NULL;

		assert_non_null(out);
		for (char *l = strtok_r(out, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			assert_int_equal(pwrite(fd, "xxxxx", 5, strtol(l, NULL, 10)), 5);
		free(out);
		bare = must_open(copy);
		assert_string_equal(gobin_go_version(bare), gobin_go_version(b));
		assert_int_equal(gobin_go_minor(bare), all.f[i].minor);
		assert_string_equal(gobin_module(bare), "");
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

static void system_goroutines(void **state)
{
	assert_true(go_is_system_entry("runtime.gcBgMarkWorker"));
	assert_true(go_is_system_entry("runtime.forcegchelper"));
	assert_true(go_is_system_entry("runtime.runfinq"));
	assert_true(go_is_system_entry("runtime.runCleanups"));
	assert_true(go_is_system_entry("runtime.init.5.gowrap1"));
	assert_false(go_is_system_entry("runtime.main"));
	assert_false(go_is_system_entry("runtime.corostart"));
	assert_false(go_is_system_entry("runtime.handleAsyncEvent"));
	assert_false(go_is_system_entry("runtime/trace.Start.func1"));
	assert_false(go_is_system_entry("main.runtime.x"));
}

static void refused(const char *path, const char *why)
{
	struct err err = { 0 };
	struct gobin *b = NULL;

	assert_int_equal(gobin_open(&b, path, &err), -ENOEXEC);
	assert_null(b);
	if (!strstr(err.msg, why))
		fail_msg("%s: the message is \"%s\", without \"%s\"", path, err.msg, why);
}

static void other_files_are_refused(void **state)
{
	struct err err = { 0 };
	struct gobin *b;

	refused("/bin/sh", "not a Go program");
	refused("tests/gobin/build-fixtures", "not an ELF file");
	refused("/dev/null", "not a regular file");
	assert_int_equal(gobin_open(&b, "/nonexistent", &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_agree_with_nm),    cmocka_unit_test(sections_are_not_needed),
		cmocka_unit_test(facts_about_the_file),       cmocka_unit_test(bss_reads_as_zero),
		cmocka_unit_test(version_without_build_info), cmocka_unit_test(system_goroutines),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
