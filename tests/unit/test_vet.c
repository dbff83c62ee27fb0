// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chanrec vet on Go files that say what must be found: "// want: ID" ends the
 * line of a finding. In tests/vet every finding must be wanted, and every wanted
 * one found. tests/leaks is written for recordings.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "vet/locate.h"
#include "vet/report/report.h"
#include "vet/seen.h"

static size_t warnings;

static void warn(void *ctx, const char *msg)
{
	(void)ctx;
	(void)msg;
	warnings++;
}

static void run_vet(struct vet *v, const char *path, unsigned threads)
{
	struct vet_opts o = { .load = { .threads = threads }, .min = CONFIDENCE_LIKELY };
	char *paths[] = { (char *)path };
	struct err err = { 0 };

	warnings = 0;
	if (vet_run(v, paths, 1, &o, warn, NULL, &err))
		fail_msg("%s", err.msg);
}

/* Whether a line has the mark, followed by the ID if that is not NULL. */
static bool line_says(const struct unit *u, uint32_t line, const char *mark, const char *id)
{
	const char *s = u->text + u->lines.v[line - 1], *end = strchr(s, '\n'), *at = strstr(s, mark);

	if (!at || (end && at > end))
		return false;
	at += strlen(mark);
	return !id || (!strncmp(at, id, strlen(id)) && (at[strlen(id)] == '\n' || at[strlen(id)] == '\0'));
}

static bool is_found(const struct vet *v, const struct unit *u, uint32_t line, const char *mark)
{
	for (size_t i = 0; i < v->sink.findings.n; i++) {
		const struct finding *f = &v->sink.findings.v[i];

		if (program_unit(v->p, f->at.unit) == u && unit_line(u, f->at.pos, NULL) == line &&
		    (!mark || line_says(u, line, mark, check_at(f->check)->id)))
			return true;
	}
	return false;
}

static void test_suite(void **state)
{
	static const char mark[] = "// want: ";
	size_t wanted = 0, missed = 0, extra = 0;
	struct vet v;

	(void)state;
	run_vet(&v, "tests/vet", 2);
	for (uint32_t k = 1; k <= v.p->units.n; k++) {
		const struct unit *u = program_unit(v.p, k);

		for (uint32_t line = 1; line <= u->lines.n; line++) {
			if (!line_says(u, line, mark, NULL))
				continue;
			wanted++;
			if (!is_found(&v, u, line, mark)) {
				missed++;
				print_message("%s:%u: not found\n", u->path, line);
			}
		}
	}
	for (size_t i = 0; i < v.sink.findings.n; i++) {
		const struct finding *f = &v.sink.findings.v[i];
		const struct unit *u = program_unit(v.p, f->at.unit);
		uint32_t line = unit_line(u, f->at.pos, NULL);

		if (line_says(u, line, mark, check_at(f->check)->id))
			continue;
		extra++;
		print_message("%s:%u: not wanted: %s [%s]\n", u->path, line, f->text, check_at(f->check)->id);
	}
	print_message("%zu wanted, %zu missed\n", wanted, missed);
	assert_int_equal(warnings, 0);
	assert_true(wanted >= 150);
	assert_true(missed * 10 <= wanted);
	assert_int_equal(extra, 0);
	vet_free(&v);
}

/* Of the 49 defects, those that the source shows; nothing on the way through the repaired function. */
static void test_leaks(void **state)
{
	static const char *const marks[] = { "// want: ", "// recorded: ", "// attached: " };
	size_t files = 0, found = 0;
	struct vet v;

	(void)state;
	run_vet(&v, "tests/leaks", 2);
	for (uint32_t k = 1; k <= v.p->units.n; k++) {
		const struct unit *u = program_unit(v.p, k);
		bool has = false, is = false;

		for (uint32_t line = 1; line <= u->lines.n; line++)
			for (int m = 0; m < 3; m++)
				if (line_says(u, line, marks[m], NULL)) {
					has = true;
					is |= is_found(&v, u, line, NULL);
				}
		files += has && !strstr(u->path, "main.go");
		found += is;
	}
	for (size_t i = 0; i < v.sink.findings.n; i++) {
		char name[200];

		func_text(&v, v.sink.findings.v[i].root, name, sizeof(name));
		if (strstr(name, "Fixed"))
			fail_msg("a finding on the way through %s", name);
	}
	print_message("%zu of %zu found\n", found, files);
	assert_int_equal(files, 49);
	assert_true(found >= 44);
	vet_free(&v);
}

static bool has_finding(const struct vet *v, const char *id)
{
	for (size_t i = 0; i < v->sink.findings.n; i++)
		if (!strcmp(check_at(v->sink.findings.v[i].check)->id, id))
			return true;
	return false;
}

/* Source that is made up for one test; the findings are in v. */
static void run_source(struct vet *v, const char *text)
{
	char path[] = "/tmp/test_vet_XXXXXX.go";
	int fd = mkstemps(path, 3);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	run_vet(v, path, 1);
	unlink(path);
}

#define LEAK "package p\n\nfunc f() {\n\tc := make(chan int)\n\tgo func() {\n"

static void test_ignore(void **state)
{
	struct vet v;

	(void)state;
	run_source(&v, LEAK "\t\tc <- 1\n\t}()\n}\n");
	assert_true(has_finding(&v, "send-no-receiver"));
	assert_int_equal(v.ignored, 0);
	vet_free(&v);
	run_source(&v, LEAK "\t\t//chanrec:ignore send-no-receiver meant so\n\t\tc <- 1\n\t}()\n}\n");
	assert_int_equal(v.sink.findings.n, 0);
	assert_int_equal(v.ignored, 1);
	vet_free(&v);
	run_source(&v, LEAK "\t\tc <- 1 //chanrec:ignore lock-twice another check\n\t}()\n}\n");
	assert_true(has_finding(&v, "send-no-receiver"));
	vet_free(&v);
	run_source(&v, LEAK "\t\tc <- 1 //chanrec:ignore send-no-receiver\n\t}()\n}\n");
	assert_int_equal(warnings, 1); /* there is no reason */
	vet_free(&v);
}

/* A function that is no Go is skipped, and the others are analysed. */
static void test_broken(void **state)
{
	struct vet v;

	(void)state;
	run_source(&v, "package p\n\nfunc g() { c := make(chan int); <-c; ) }\n\nfunc h() {\n\tc := make(chan "
	               "int)\n\t<-c\n}\n");
	assert_int_equal(warnings, 1);
	assert_true(has_finding(&v, "receive-no-sender"));
	vet_free(&v);
	run_source(&v, "package p\n\xff\xfe func f() { \x01 }\n");
	assert_int_equal(v.sink.findings.n, 0);
	vet_free(&v);
	run_source(&v, "");
	assert_int_equal(v.sink.findings.n, 0);
	vet_free(&v);
}

static void append(char **to, const char *s, int times)
{
	for (int i = 0; i < times; i++)
		*to = stpcpy(*to, s);
}

/* Expressions, blocks and types that are nested 20,000 deep. */
static void test_deep(void **state)
{
	char *text = malloc(1 << 20), *at = text;
	struct vet v;

	(void)state;
	assert_non_null(text);
	at = stpcpy(at, "package p\n\nvar x ");
	append(&at, "[]", 20000);
	at = stpcpy(at, "int\n\nfunc f() {\n\tc := make(chan int)\n\t<-c\n\ty := ");
	append(&at, "(", 20000);
	at = stpcpy(at, "1");
	append(&at, ")", 20000);
	at = stpcpy(at, "\n\t_ = y\n}\n\nfunc g() {\n");
	append(&at, "{", 20000);
	append(&at, "}", 20000);
	at = stpcpy(at, "\n}\n\nfunc h() {\n\tc := make(chan int)\n\t<-c\n}\n");
	run_source(&v, text);
	assert_true(has_finding(&v, "receive-no-sender"));
	vet_free(&v);
	free(text);
}

static char *written(const struct vet_output *o, const struct vet *v)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	o->write(v, f);
	fclose(f);
	return text;
}

static void test_outputs(void **state)
{
	struct vet v;
	char *text;

	(void)state;
	run_source(&v, LEAK "\t\tc <- 1\n\t}()\n}\n");
	text = written(&vet_text, &v);
	assert_non_null(strstr(text, ".go:6:3: error: send on c blocks forever"));
	assert_non_null(strstr(text, "    \t\tc <- 1") ? text : strstr(text, "      c <- 1"));
	assert_non_null(strstr(text, ".go:5:5: note: the goroutine starts here"));
	free(text);
	text = written(&vet_json, &v);
	assert_non_null(strstr(text, "\"id\": \"send-no-receiver\""));
	assert_non_null(strstr(text, "\"line\": 6, \"column\": 3"));
	free(text);
	text = written(&vet_sarif, &v);
	assert_non_null(strstr(text, "\"ruleId\": \"send-no-receiver\""));
	assert_non_null(strstr(text, "\"startLine\": 6"));
	free(text);
	vet_free(&v);
}

/* The findings are the same with one thread as with four. */
static void test_threads(void **state)
{
	struct vet v;
	char *one, *four;

	(void)state;
	run_vet(&v, "tests/leaks", 1);
	one = written(&vet_text, &v);
	vet_free(&v);
	run_vet(&v, "tests/leaks", 4);
	four = written(&vet_text, &v);
	vet_free(&v);
	assert_string_equal(one, four);
	free(one);
	free(four);
}

static const char *located(const struct locator *l, const char *path, const char *function)
{
	uint32_t unit = locate_file(l, path, function);

	return unit ? program_unit(l->p, unit)->path : "";
}

/* The program was built elsewhere, or with -trimpath, or the file is another's. */
static void test_locate(void **state)
{
	struct locator l;
	struct vet v;
	uint32_t unit;

	(void)state;
	run_vet(&v, "tests/vet", 1);
	assert_int_equal(locator_init(&l, v.p), 0);
	assert_string_equal(located(&l, "/home/me/vet/send.go", "example.com/vet.compute"), "tests/vet/send.go");
	assert_string_equal(located(&l, "example.com/vet/send.go", "example.com/vet.compute"), "tests/vet/send.go");
	assert_string_equal(located(&l, "/a/b/send.go", "example.com/vet.(*stream[...]).x"), "tests/vet/send.go");
	assert_string_equal(located(&l, "/a/b/send.go", ""), "tests/vet/send.go");
	assert_string_equal(located(&l, "/usr/lib/go/src/net/send.go", "net.send"), "");
	assert_string_equal(located(&l, "/home/me/vet/send.go", "main.compute"), "");
	assert_string_equal(located(&l, "send", "example.com/vet.compute"), "");
	assert_string_equal(located(&l, "", ""), "");
	unit = locate_file(&l, "vet/send.go", "example.com/vet.compute");
	assert_int_equal(locate_func(&l, unit, 1), 0);
	assert_true(locate_is_func(&l, locate_func(&l, unit, 10), "example.com/vet.compute"));
	assert_true(locate_is_func(&l, locate_func(&l, unit, 10), "example.com/vet.compute.func1"));
	assert_false(locate_is_func(&l, locate_func(&l, unit, 10), "example.com/vet.computeAll"));
	assert_false(locate_is_func(&l, locate_func(&l, unit, 12), "example.com/vet.compute"));
	assert_int_equal(locate_func(&l, unit, UINT32_MAX), 0);
	locator_free(&l);
	vet_free(&v);
}

#define TRACED \
	"package p\n\n" \
	"func stuck() {\n\tc := make(chan int)\n\tgo func() { c <- 1 }()\n}\n" \
	"func closed(fail bool) {\n\tc := make(chan int)\n\tgo func() {\n\t\tfor range c {\n\t\t}\n\t}()\n" \
	"\tif fail {\n\t\treturn\n\t}\n\tclose(c)\n}\n" \
	"func other() {\n\tc := make(chan int)\n\tgo func() { c <- 1 }()\n}\n"

static const struct finding *finding_at(const struct vet *v, uint32_t line)
{
	for (size_t i = 0; i < v->sink.findings.n; i++) {
		const struct finding *f = &v->sink.findings.v[i];

		if (unit_line(program_unit(v->p, f->at.unit), f->at.pos, NULL) == line)
			return f;
	}
	return NULL;
}

static void test_trace(void **state)
{
	struct trace_lines lines = { 0 };
	char name[200], *text;
	struct vet v;

	(void)state;
	run_source(&v, TRACED);
	snprintf(name, sizeof(name), "%s", program_unit(v.p, 1)->path);
	assert_int_equal(vec_push(&lines.v, (struct trace_line){ .file = name,
	                                                         .function = "p.stuck.func1",
	                                                         .line = 5,
	                                                         .verdict = "no receiver",
	                                                         .goroutines = 61,
	                                                         .longest = 3900000000 }),
	                 0);
	assert_int_equal(
	        vec_push(&lines.v,
	                 (struct trace_line){
	                         .file = name, .function = "p.closed", .line = 8, .made = 4000, .closed = 4000 }),
	        0);
	assert_int_equal(
	        vec_push(&lines.v,
	                 (struct trace_line){ .file = name, .function = "p.renamed.func1", .line = 20, .waits = 3 }),
	        0);
	assert_int_equal(vet_match_trace(&v, &lines), 0);
	assert_int_equal(finding_at(&v, 5)->seen.kind, SEEN_BLOCKED);
	assert_int_equal(finding_at(&v, 10)->seen.kind, SEEN_REFUTED);
	assert_int_equal(finding_at(&v, 20)->seen.kind, SEEN_NOT_RUN);
	assert_ptr_equal(finding_at(&v, 5), &v.sink.findings.v[0]);
	assert_ptr_equal(finding_at(&v, 10), &v.sink.findings.v[2]);
	text = written(&vet_text, &v);
	assert_non_null(strstr(text, "trace: 61 goroutines blocked here, the longest for 3.9 s (no receiver)"));
	assert_non_null(strstr(text, "refuted: all 4000 channels made there were closed"));
	free(text);
	/* One that stays open does not refute it any more. */
	assert_int_equal(
	        vec_push(&lines.v, (struct trace_line){ .file = name, .function = "p.closed", .line = 8, .made = 1 }),
	        0);
	assert_int_equal(vet_match_trace(&v, &lines), 0);
	assert_int_equal(finding_at(&v, 10)->seen.kind, SEEN_RAN);
	vec_free(&lines.v);
	vet_free(&v);
}

static void test_checks(void **state)
{
	const struct check_info *c;

	(void)state;
	for (size_t i = 0; (c = check_at(i)); i++) {
		assert_non_null(c->id);
		assert_non_null(c->title);
		assert_true(strlen(c->explain) > 50);
		assert_int_equal(check_find(c->id), i);
	}
	assert_int_equal(check_find("no such check"), CHECKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),   cmocka_unit_test(test_leaks),  cmocka_unit_test(test_ignore),
		cmocka_unit_test(test_broken),  cmocka_unit_test(test_deep),   cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_threads), cmocka_unit_test(test_checks), cmocka_unit_test(test_locate),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
