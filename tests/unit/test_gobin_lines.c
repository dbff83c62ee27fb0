// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares lines, inlined calls and frame sizes with what the programs print
 * about themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

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

/* What the program printed about a chain of calls. */
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

/* Each frame by itself, as runtime.CallersFrames resolved it. */
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

/* Return addresses, by frame pointers. */
static int walk_fp(const struct chain *c, uint64_t *pcs)
{
	int n = 0;

	pcs[n++] = c->pc;
	for (uint64_t bp = c->bp; bp && n < MAX_PCS; bp = word(c, bp))
		pcs[n++] = word(c, bp + 8);
	return n;
}

/* A stack of return addresses, with inlined calls expanded and wrappers dropped, is the chain that the program printed.
 */
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

/* The line of "func NAME(" in the fixture's source. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_agree_with_the_program),
		cmocka_unit_test(stacks_agree_with_the_program),
		cmocka_unit_test(start_lines_are_the_sources),
		cmocka_unit_test(wrappers_are_told),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
