// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares every output for the traces of golden_traces.h with tests/golden/. Run
 * it from the root of the tree; CHANREC_GOLDEN=update regenerates the files.
 * With --write DIR it writes the traces themselves, for tests/e2e.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/diff.h"
#include "report/dump/script.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#include "tests/unit/golden_traces.h"

static char *run_with(const struct golden *g, const char *format, struct report_opts o, size_t *n)
{
	const struct output *output = NULL;
	struct report *r;
	struct tb t;
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	golden_make(g, &t);
	r = tb_read(&t, &o);
	r->path = "trace.zst";
	for (size_t i = 0; !output && output_at(i); i++)
		output = strcmp(output_at(i)->name, format) ? NULL : output_at(i);
	assert_non_null(output);
	if (output->write(r, f, &t.err))
		fail_msg("%s: %s", format, t.err.msg);
	fclose(f);
	report_free(r);
	tb_free(&t);
	return text;
}

static char *run_output(const struct golden *g, const char *format, size_t *n)
{
	return run_with(g, format, tb_opts(), n);
}

/* The text with every section. */
static char *run_full(const struct golden *g, size_t *n)
{
	struct report_opts o = tb_opts();

	o.full = true;
	return run_with(g, "text", o, n);
}

static char *run_script(const struct golden *g, size_t *n)
{
	struct script_opts o = { .snapshots = true };
	struct err damage = { 0 };
	struct tb t;
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	golden_make(g, &t);
	if (script_write(t.path, &o, f, &damage, &t.err))
		fail_msg("script: %s", t.err.msg);
	assert_string_equal(damage.msg, "");
	fclose(f);
	tb_free(&t);
	return text;
}

static void compare(const char *name, const char *format, const char *text, size_t n)
{
	const char *mode = getenv("CHANREC_GOLDEN");
	char path[256], *want;
	long len;
	FILE *f;

	if (strstr(text, "{?"))
		fail_msg("%s.%s: a directive of say() got an argument of another type", name, format);
	snprintf(path, sizeof(path), "tests/golden/report-%s.%s", name, format);
	f = fopen(path, mode && !strcmp(mode, "update") ? "w+" : "r");
	if (!f)
		fail_msg("%s: %s (run from the root of the tree)", path, strerror(errno));
	if (mode && !strcmp(mode, "update"))
		fwrite(text, 1, n, f);
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	want = calloc(1, (size_t)len + 1);
	assert_int_equal(fread(want, 1, (size_t)len, f), len);
	fclose(f);
	if ((size_t)len != n || memcmp(want, text, n)) {
		size_t line = 1, i = 0;

		for (; i < n && i < (size_t)len && want[i] == text[i]; i++)
			line += text[i] == '\n';
		fail_msg("%s differs from line %zu on (CHANREC_GOLDEN=update takes the new text)", path, line);
	}
	free(want);
}

static void outputs_are_as_before(void **state)
{
	static const char *const formats[] = { "text", "traceback", "folded", "dot", "json" };

	for (size_t i = 0; i < NGOLDENS; i++) {
		char *text;
		size_t n;

		for (size_t k = 0; k < sizeof(formats) / sizeof(*formats); k++) {
			text = run_output(&goldens[i], formats[k], &n);
			compare(goldens[i].name, formats[k], text, n);
			free(text);
		}
		text = run_full(&goldens[i], &n);
		compare(goldens[i].name, "full", text, n);
		free(text);
		text = run_script(&goldens[i], &n);
		compare(goldens[i].name, "script", text, n);
		free(text);
	}
}

static const struct golden *golden_of(const char *name)
{
	for (size_t i = 0; i < NGOLDENS; i++)
		if (!strcmp(goldens[i].name, name))
			return &goldens[i];
	fail_msg("no golden trace %s", name);
	return NULL;
}

/* The effect of options; the file is report-NAME.FORMAT. */
static void options_are_as_before(void **state)
{
	static const struct {
		const char *trace, *format, *name;
		uint64_t goroutine;
		uint32_t channel;
		enum fold_by by;
		struct filter_opts filter;
		bool full, stacks, color;
		unsigned width;
	} runs[] = {
		{ "shop", "text", "shop-goroutine", .goroutine = 18 },
		{ "shop", "text", "shop-exited", .goroutine = 100 },
		{ "shop", "text", "shop-channel", .channel = 1 },
		{ "ops", "text", "ops-channel", .channel = 3 },
		{ "shop", "text", "shop-stacks", .full = true, .stacks = true },
		{ "shop", "text", "shop-80", .width = 80 },
		{ "shop", "text", "shop-narrow", .full = true, .width = 60 },
		{ "shop", "text", "shop-color", .full = true, .color = true },
		{ "shop", "text", "shop-function", .full = true, .filter = { .function = "Price" } },
		{ "shop", "folded", "shop-package", .filter = { .package = "example.org/shop/pool" } },
		{ "shop", "folded", "shop-reason", .filter = { .reason = "Mutex" } },
		{ "shop", "folded", "shop-count", .by = FOLD_BY_COUNT },
		{ "shop", "folded", "shop-wake", .by = FOLD_BY_WAKE },
		{ "hostile", "folded", "hostile-wake", .by = FOLD_BY_WAKE },
		{ "hostile", "text", "hostile-goroutine", .goroutine = 5 },
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		struct report_opts o = tb_opts();
		size_t n;
		char *text;

		o.model.goroutine = runs[i].goroutine;
		o.model.channel = runs[i].channel;
		o.model.keep_wake_stacks = runs[i].by == FOLD_BY_WAKE;
		o.fold_by = runs[i].by;
		o.model.filter = runs[i].filter;
		o.full = runs[i].full;
		o.full_stacks = runs[i].stacks;
		o.color = runs[i].color;
		o.width = runs[i].width;
		text = run_with(golden_of(runs[i].trace), runs[i].format, o, &n);
		compare(runs[i].name, runs[i].format, text, n);
		free(text);
	}
}

static char *run_diff(const char *a, const char *b, const char *build_b, bool json, size_t *n)
{
	const char *const names[] = { a, b };
	struct report_opts o = tb_opts();
	struct report *r[2];
	struct tb t[2];
	struct diff d;
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	for (int i = 0; i < 2; i++) {
		struct golden g = *golden_of(names[i]);

		g.build_id = i ? build_b : NULL;
		golden_make(&g, &t[i]);
		r[i] = tb_read(&t[i], &o);
		r[i]->path = i ? "b.zst" : "a.zst";
	}
	assert_int_equal(diff_new(&d, r[0], r[1], &t[0].err), 0);
	assert_int_equal(json ? diff_write_json(&d, f, &t[0].err) : diff_write_text(&d, f, &t[0].err), 0);
	fclose(f);
	diff_free(&d);
	for (int i = 0; i < 2; i++) {
		report_free(r[i]);
		tb_free(&t[i]);
	}
	return text;
}

static void diffs_are_as_before(void **state)
{
	static const struct {
		const char *a, *b, *build, *name;
	} runs[] = {
		{ "shop", "shop-later", NULL, "later" },
		{ "shop", "shop-later", "another", "rebuilt" },
		{ "ops", "hostile", "evil\x1b[2J\"</svg>", "hostile" },
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		char name[64];

		snprintf(name, sizeof(name), "diff-%s", runs[i].name);
		for (int json = 0; json < 2; json++) {
			size_t n;
			char *text = run_diff(runs[i].a, runs[i].b, runs[i].build, json, &n);

			compare(name, json ? "json" : "text", text, n);
			free(text);
		}
	}
}

/* A trace compared with itself shows no change. */
static void no_change_is_no_difference(void **state)
{
	size_t n;
	char *text = run_diff("shop", "shop", NULL, false, &n);

	assert_non_null(strstr(text, "0 appeared, 0 grew, 0 shrank, 0 vanished"));
	assert_non_null(strstr(text, "slower  none"));
	assert_non_null(strstr(text, "faster  none"));
	assert_non_null(strstr(text, ": 0 appeared, 0 slower, 0 faster."));
	free(text);
}

static void two_runs_give_the_same_bytes(void **state)
{
	for (size_t i = 0; i < NGOLDENS; i++) {
		for (size_t k = 0; output_at(k); k++) {
			size_t na, nb;
			char *a, *b;

			if (output_at(k) == &output_svg)
				continue;
			a = run_output(&goldens[i], output_at(k)->name, &na);
			b = run_output(&goldens[i], output_at(k)->name, &nb);
			assert_int_equal(na, nb);
			assert_memory_equal(a, b, na);
			free(a);
			free(b);
		}
	}
}

static void check_fits(const char *name, char *text, size_t n)
{
	char *save;

	for (size_t k = 0; k < n; k++)
		if (((uint8_t)text[k] < 0x20 && text[k] != '\n') || text[k] == 0x7f)
			fail_msg("%s: control character %d", name, text[k]);
	assert_null(strstr(text, "\xe2\x80\xae"));
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (text_width(l, strlen(l)) > 100)
			fail_msg("%s: %zu columns: %s", name, text_width(l, strlen(l)), l);
	free(text);
}

/* No line of the text is wider than the terminal, and none has a control character. */
static void text_is_fit_for_a_terminal(void **state)
{
	for (size_t i = 0; i < NGOLDENS; i++) {
		size_t n;
		char *text = run_output(&goldens[i], "text", &n);

		check_fits(goldens[i].name, text, n);
		text = run_full(&goldens[i], &n);
		check_fits(goldens[i].name, text, n);
	}
}

static int write_traces(const char *dir)
{
	for (size_t i = 0; i < NGOLDENS; i++) {
		char path[512], block[65536];
		struct tb t;
		ssize_t n;
		FILE *f;

		golden_make(&goldens[i], &t);
		snprintf(path, sizeof(path), "%s/%s.zst", dir, goldens[i].name);
		f = fopen(path, "w");
		if (!f)
			return 1;
		lseek(t.fd, 0, SEEK_SET);
		while ((n = read(t.fd, block, sizeof(block))) > 0)
			fwrite(block, 1, (size_t)n, f);
		fclose(f);
		tb_free(&t);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_as_before),        cmocka_unit_test(options_are_as_before),
		cmocka_unit_test(diffs_are_as_before),          cmocka_unit_test(no_change_is_no_difference),
		cmocka_unit_test(two_runs_give_the_same_bytes), cmocka_unit_test(text_is_fit_for_a_terminal),
	};

	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_traces(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
