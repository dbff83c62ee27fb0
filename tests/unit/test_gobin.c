// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go programs of every cached toolchain, built in every way that changes the
 * file, against what nm says and what the programs print about themselves.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/trace.h"
#include "gobin/internal.h"
#include "tests/unit/gobin_fixture.h"

#define MAX_CHAINS 32
#define MAX_PCS 64
#define MAX_WORDS 2048
#define MAX_LINES 64

static struct fixtures all;

static int setup(void **state)
{
	return fixtures_load(&all, "default strip pie pie-strip cgo-pie cgo-pie-strip");
}

static struct gobin *must_open(const char *path)
{
	struct err err = { 0 };
	struct gobin *b;

	if (gobin_open(&b, path, &err))
		fail_msg("%s", err.msg);
	return b;
}

/*
 * A copy without section headers, so without symbols, DWARF and section names,
 * at the same addresses. -1, or its descriptor and its path.
 */
static int without_sections(const char *path, char *copy, size_t size)
{
	static const uint8_t none[8];
	int fd;

	snprintf(copy, size, "/tmp/chanrec-test-XXXXXX");
	fd = mkstemp(copy);
	if (fd < 0)
		return -1;
	free(output_of("cp '%s' '%s'", path, copy));
	/* e_shoff, e_shnum, e_shstrndx */
	if (pwrite(fd, none, 8, 40) != 8 || pwrite(fd, none, 4, 60) != 4)
		return -1;
	return fd;
}

/* Whether a symbol has this name in .gopclntab: no ABI there, up to Go 1.20 no type arguments, and no dot for "·". */
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
		/* And no function that nm has not. */
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

/* What the program said about a chain of calls. */
struct chain {
	struct {
		uint64_t pc;
		char func[256], file[512];
		uint32_t line;
	} frames[MAX_PCS];
	int nframes;
	uint64_t pc, sp, bp;
	uint64_t words[MAX_WORDS];
	int nwords;
};

struct told {
	struct chain *chains;
	int n;
	char version[64];
	uint64_t report; /* run-time address of main.report */
};

static void parse_line(struct told *t, char *line)
{
	char func[256], file[512];
	uint64_t pc, sp, bp;
	uint32_t n, no;

	if (sscanf(line, "frame %u %lx %255s %511s %u", &n, &pc, func, file, &no) == 5 && n < MAX_CHAINS) {
		struct chain *c = &t->chains[n];

		assert_true(c->nframes < MAX_PCS);
		c->frames[c->nframes].pc = pc;
		c->frames[c->nframes].line = no;
		strcpy(c->frames[c->nframes].func, func);
		strcpy(c->frames[c->nframes++].file, file);
		t->n = (int)n + 1;
	} else if (sscanf(line, "stack %u %lx %lx %lx", &n, &pc, &sp, &bp) == 4 && n < MAX_CHAINS) {
		t->chains[n].pc = pc;
		t->chains[n].sp = sp;
		t->chains[n].bp = bp;
	} else if (sscanf(line, "mem %u", &n) == 1 && n < MAX_CHAINS) {
		char *p = strchr(line + 4, ' '), *end;

		while (p && *p && t->chains[n].nwords < MAX_WORDS) {
			t->chains[n].words[t->chains[n].nwords] = strtoull(p, &end, 16);
			if (end == p)
				break;
			t->chains[n].nwords++;
			p = end;
		}
	} else if (sscanf(line, "addr main.report %lx", &pc) == 1) {
		t->report = pc;
	} else {
		sscanf(line, "version %63s", t->version);
	}
}

static void run(const struct fixture *f, struct told *t)
{
	char *out = output_of("'%s'", f->path), *save = NULL;

	memset(t, 0, sizeof(*t));
	assert_non_null(out);
	t->chains = calloc(MAX_CHAINS, sizeof(*t->chains));
	for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		parse_line(t, line);
	free(out);
	assert_true(t->n > 10);
	assert_int_not_equal(t->report, 0);
}

static uint64_t bias_of(const struct gobin *b, const struct told *t)
{
	struct go_func f;

	assert_int_equal(gobin_func_by_name(b, "main.report", &f), 0);
	return t->report - f.entry;
}

/* Every frame alone, as runtime.CallersFrames resolved it. */
static void lines_agree_with_the_program(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct told t;
		uint64_t bias;
		int inlined = 0;

		run(&all.f[i], &t);
		bias = bias_of(b, &t);
		assert_string_equal(t.version, gobin_go_version(b));
		for (int c = 0; c < t.n; c++) {
			for (int j = 0; j < t.chains[c].nframes; j++) {
				struct go_line l[MAX_LINES];
				uint64_t pc = t.chains[c].frames[j].pc - bias;
				int n = gobin_lines(b, pc, l, MAX_LINES);

				assert_true(n > 0);
				if (strcmp(l[0].func, t.chains[c].frames[j].func) ||
				    strcmp(l[0].file, t.chains[c].frames[j].file) ||
				    l[0].line != t.chains[c].frames[j].line)
					fail_msg("%s: %lx: %s %s:%u, not %s %s:%u", all.f[i].path, pc, l[0].func,
					         l[0].file, l[0].line, t.chains[c].frames[j].func,
					         t.chains[c].frames[j].file, t.chains[c].frames[j].line);
				inlined += n > 1;
			}
		}
		assert_true(inlined > 10);
		free(t.chains);
		gobin_free(b);
	}
}

static uint64_t word(const struct chain *c, uint64_t addr)
{
	if (addr < c->sp || (addr - c->sp) / 8 >= (uint64_t)c->nwords)
		return 0;
	return c->words[(addr - c->sp) / 8];
}

/* Return addresses by frame pointer. */
static int walk_fp(const struct chain *c, uint64_t *pcs)
{
	int n = 0;

	pcs[n++] = c->pc;
	for (uint64_t bp = c->bp; bp && n < MAX_PCS; bp = word(c, bp))
		pcs[n++] = word(c, bp + 8);
	return n;
}

/* A stack of return addresses, inlined calls expanded and wrappers dropped, is the chain that the program printed. */
static void check_expanded(const struct gobin *b, const struct fixture *fx, const struct chain *c, uint64_t bias)
{
	uint64_t pcs[MAX_PCS];
	int n = walk_fp(c, pcs), at = 0;
	bool sigpanic = false;

	for (int i = 0; i < n; i++) {
		struct go_line l[MAX_LINES];
		/* Above sigpanic is the faulting instruction itself, not a return address. */
		int k = gobin_lines(b, pcs[i] - bias - !sigpanic, l, MAX_LINES);

		assert_true(k > 0);
		for (int j = 0; j < k; j++) {
			if (l[j].wrapper)
				continue;
			assert_true(at < c->nframes);
			if (strcmp(l[j].func, c->frames[at].func) || strcmp(l[j].file, c->frames[at].file) ||
			    (at && l[j].line != c->frames[at].line))
				fail_msg("%s: frame %d: %s %s:%u, not %s %s:%u", fx->path, at, l[j].func, l[j].file,
				         l[j].line, c->frames[at].func, c->frames[at].file, c->frames[at].line);
			at++;
		}
		sigpanic = !strcmp(l[k - 1].func, "runtime.sigpanic");
	}
	assert_int_equal(at, c->nframes);
}

/* The same stack by frame sizes. */
static void check_sp_deltas(const struct gobin *b, const struct fixture *fx, const struct chain *c, uint64_t bias)
{
	uint64_t pcs[MAX_PCS], sp = c->sp;
	int n = walk_fp(c, pcs);

	for (int i = 0; i + 1 < n; i++) {
		int32_t d;

		assert_int_equal(gobin_sp_delta(b, pcs[i] - bias, &d), 0);
		sp += (uint64_t)d;
		if (word(c, sp) != pcs[i + 1])
			fail_msg("%s: frame %d: frame size %d gives return address %lx, not %lx", fx->path, i, d,
			         word(c, sp), pcs[i + 1]);
		sp += 8;
	}
}

static void stacks_agree_with_the_program(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct told t;

		run(&all.f[i], &t);
		for (int c = 0; c < t.n; c++) {
			check_expanded(b, &all.f[i], &t.chains[c], bias_of(b, &t));
			check_sp_deltas(b, &all.f[i], &t.chains[c], bias_of(b, &t));
		}
		free(t.chains);
		gobin_free(b);
	}
}

/* Where "func NAME(" stands in the fixture's source. */
static uint32_t source_line(const char *name)
{
	char *out = output_of("grep -n '^func %s[([]' tests/gobin/fixture/main.go", name);
	uint32_t n;

	assert_non_null(out);
	n = (uint32_t)strtoul(out, NULL, 10);
	free(out);
	return n;
}

static void start_lines_are_the_sources(void **state)
{
	static const char *const names[] = {
		"capture", "bigFrame", "measure", "recurse", "runChains", "report", "main"
	};

	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			struct go_line l[MAX_LINES];
			struct go_func f;
			char full[64];
			int n;

			snprintf(full, sizeof(full), "main.%s", names[j]);
			assert_int_equal(gobin_func_by_name(b, full, &f), 0);
			n = gobin_lines(b, f.entry, l, MAX_LINES);
			assert_true(n > 0);
			assert_int_equal(l[n - 1].start_line, source_line(names[j]));
		}
		gobin_free(b);
	}
}

static void wrappers_are_told(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct go_line l[MAX_LINES];
		struct go_func f;
		int n;

		assert_int_equal(gobin_func_by_name(b, "main.(*derived).area", &f), 0);
		n = gobin_lines(b, f.entry, l, MAX_LINES);
		assert_true(n > 0);
		assert_true(l[n - 1].wrapper);
		assert_string_equal(l[n - 1].file, "<autogenerated>");
		/* The wrapper between the two ABIs has the same name as the function. */
		assert_int_equal(gobin_func_by_name(b, "runtime.newproc", &f), 0);
		n = gobin_lines(b, f.entry, l, MAX_LINES);
		assert_true(n > 0);
		assert_false(l[n - 1].wrapper);
		gobin_free(b);
	}
}

#define X(member, ...) #member,
static const char *const members[] = { GO_LAYOUT_FIELDS(X) GO_LAYOUT_SIZES(X) };
#undef X

static void same_layout(const struct go_layout *a, const struct go_layout *b, const char *path)
{
	const int32_t *x = (const int32_t *)a, *y = (const int32_t *)b;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (x[i] != y[i])
			fail_msg("%s: %s is %d in the DWARF and %d in the table", path, members[i], x[i], y[i]);
	}
}

static void layouts_from_dwarf_and_table_agree(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path), *bare;
		struct go_layout l, t;
		char copy[64], want[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));

		assert_true(fd >= 0);
		bare = must_open(copy);
		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		assert_int_equal(gobin_layout(bare, &t, NULL), 0);
		snprintf(want, sizeof(want), "table entry for go1.%d", all.f[i].minor);
		assert_string_equal(l.from, fixture_stripped(&all.f[i]) ? want : "DWARF of the program");
		assert_string_equal(t.from, want);
		assert_false(l.guessed || t.guessed);
		same_layout(&l, &t, all.f[i].path);
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

/* Offsets that are known from elsewhere (delve, the runtime's own tests), so that one mistake cannot be in both. */
static void layouts_are_the_known_ones(void **state)
{
	static const struct {
		int minor, goid, status, reason, waiting, elem, c, lock;
	} known[] = {
		{ 19, 152, 144, 176, 328, 24, 80, 88 },
		{ 23, 160, 152, 184, 320, 24, 80, 96 },
		{ 25, 152, 144, 176, 312, 24, 80, 104 },
		{ 27, 152, 144, 176, 320, 32, 96, 104 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct fixture *f = fixture_find(&all, known[i].minor, "strip");
		struct go_layout l;
		struct gobin *b;

		if (!f)
			continue;
		b = must_open(f->path);
		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		assert_int_equal(l.g_goid, known[i].goid);
		assert_int_equal(l.g_atomicstatus, known[i].status);
		assert_int_equal(l.g_waitreason, known[i].reason);
		assert_int_equal(l.g_waiting, known[i].waiting);
		assert_int_equal(l.sudog_elem, known[i].elem);
		assert_int_equal(l.sudog_c, known[i].c);
		assert_int_equal(l.hchan_lock, known[i].lock);
		assert_int_equal(l.g_syscallbp == GO_NO_FIELD, known[i].minor < 23);
		gobin_free(b);
	}
}

/* The checked-in table is what these builds give: tools/gen-go-layouts.sh makes it again. */
static void tables_are_what_the_toolchains_give(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct go_wait_reason r[256], t[256];
		struct go_layout l;
		bool guessed;
		int n;

		if (!layout_from_dwarf(b, &l)) {
			assert_non_null(layout_from_table(all.f[i].minor, &guessed));
			assert_false(guessed);
			same_layout(&l, layout_from_table(all.f[i].minor, &guessed), all.f[i].path);
		}
		n = gobin_wait_reasons(b, r, 256);
		assert_int_equal(wait_reasons_from_table(all.f[i].minor, t, 256), n);
		for (int j = 0; j < n; j++)
			assert_string_equal(r[j].name, t[j].name);
		gobin_free(b);
	}
}

static void unknown_versions_get_a_neighbour(void **state)
{
	static const struct {
		int minor, like;
	} cases[] = { { 17, 19 }, { 18, 19 }, { 20, 19 }, { 28, 27 }, { 99, 27 }, { -1, 27 } };
	bool guessed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct go_layout *l = layout_from_table(cases[i].like, &guessed);

		assert_false(guessed);
		assert_ptr_equal(layout_from_table(cases[i].minor, &guessed), l);
		assert_true(guessed);
	}
	assert_null(layout_from_table(16, &guessed));
	assert_null(layout_from_table(4, &guessed));
}

/* Without symbols the same addresses as with. */
static void variables_agree_with_the_symbols(void **state)
{
	static const char *const names[] = { "runtime.allgs", "runtime.allglen", "runtime.allgptr", "runtime.semtable",
		                             "runtime.mheap_" };

	for (int i = 0; i < all.n; i++) {
		struct go_layout l;
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));
		struct gobin *b = must_open(all.f[i].path), *bare = must_open(copy);

		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		for (int v = 0; v < GO_VAR_N; v++) {
			uint64_t addr, found;
			const char *how;

			assert_int_equal(gobin_var(b, (enum go_var)v, &addr, &how), 0);
			assert_int_equal(!strcmp(how, "symbol"), !fixture_stripped(&all.f[i]));
			assert_int_equal(gobin_var(bare, (enum go_var)v, &found, &how), 0);
			assert_memory_equal(how, "operand in ", 11);
			assert_int_equal(found, addr);
			if (!fixture_stripped(&all.f[i])) {
				char *out = output_of("nm '%s' | grep ' %s$'", all.f[i].path, names[v]);

				assert_non_null(out);
				assert_int_equal(strtoull(out, NULL, 16) +
				                         (v == GO_VAR_ARENAS ? (uint64_t)l.mheap_arenas : 0),
				                 addr);
				free(out);
			}
		}
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

/* The program has no section headers: tables by magic, version by the segments. All stays the same. */
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
		/* Code has no relocations: the file has the same bytes. */
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

/* bss is zero though the file has no bytes for it. */
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

static int number_of(const struct go_wait_reason *r, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(r[i].name, name))
			return i;
	}
	return -1;
}

static void wait_reasons(void **state)
{
	static const struct {
		int minor, recv, select, sleep, sema;
	} known[] = {
		{ 19, 14, 9, 19, 18 }, { 21, 14, 9, 19, 18 },  { 24, 14, 9, 19, 18 },
		{ 25, 14, 9, 20, 19 }, { 26, 19, 18, 14, -1 }, { 27, 19, 18, 14, -1 },
	};

	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path), *bare;
		struct go_wait_reason r[256], q[256];
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy)), n, recv;

		bare = must_open(copy);
		n = gobin_wait_reasons(b, r, 256);
		assert_true(n > 20);
		assert_int_equal(gobin_wait_reasons(bare, q, 256), n);
		for (int j = 0; j < n; j++) {
			assert_string_equal(r[j].name, q[j].name);
			assert_int_equal(r[j].class, q[j].class);
		}
		assert_int_equal(gobin_wait_reasons(b, q, 3), 3);
		recv = number_of(r, n, "chan receive");
		assert_true(recv > 0);
		assert_int_equal(r[recv].class, TRACE_WAIT_RECV);
		assert_int_equal(r[number_of(r, n, "IO wait")].class, TRACE_WAIT_NETWORK);
		assert_int_equal(r[number_of(r, n, "GC worker (idle)")].class, TRACE_WAIT_SYSTEM);
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
			if (known[k].minor != all.f[i].minor)
				continue;
			assert_int_equal(recv, known[k].recv);
			assert_int_equal(number_of(r, n, "select"), known[k].select);
			assert_int_equal(number_of(r, n, "sleep"), known[k].sleep);
			assert_true(known[k].sema < 0 || number_of(r, n, "semacquire") == known[k].sema);
		}
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
		cmocka_unit_test(functions_agree_with_nm),
		cmocka_unit_test(lines_agree_with_the_program),
		cmocka_unit_test(stacks_agree_with_the_program),
		cmocka_unit_test(start_lines_are_the_sources),
		cmocka_unit_test(wrappers_are_told),
		cmocka_unit_test(layouts_from_dwarf_and_table_agree),
		cmocka_unit_test(layouts_are_the_known_ones),
		cmocka_unit_test(tables_are_what_the_toolchains_give),
		cmocka_unit_test(unknown_versions_get_a_neighbour),
		cmocka_unit_test(variables_agree_with_the_symbols),
		cmocka_unit_test(sections_are_not_needed),
		cmocka_unit_test(facts_about_the_file),
		cmocka_unit_test(bss_reads_as_zero),
		cmocka_unit_test(version_without_build_info),
		cmocka_unit_test(wait_reasons),
		cmocka_unit_test(system_goroutines),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
