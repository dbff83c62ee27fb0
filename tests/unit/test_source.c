// SPDX-License-Identifier: GPL-2.0-or-later
/* What report --source shows: files found by the trace's paths, their lines, and what vet finds there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "cli/source.h"
#include "report/render/words.h"

#define FILE_OF "/build/src/leaks/send_unbuffered.go"

/* The line of tests/leaks/send_unbuffered.go that says what must be found, and the function that it is in. */
static uint32_t wanted_line(void)
{
	FILE *f = fopen("tests/leaks/send_unbuffered.go", "r");
	char text[400];
	uint32_t line = 0;

	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		line++;
		if (strstr(text, "// want: "))
			break;
	}
	fclose(f);
	return line;
}

static void look(struct sources *s, const struct source_wanted *v, size_t n)
{
	struct source_list wanted = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++)
		assert_int_equal(vec_push(&wanted.v, v[i]), 0);
	*s = (struct sources){ 0 };
	if (source_look(s, &wanted, "tests/leaks", &err))
		fail_msg("%s", err.msg);
	vec_free(&wanted.v);
}

static void test_claim(void **state)
{
	const struct source_wanted v[] = {
		{ .place = 3, .line = wanted_line(), .file = FILE_OF, .function = "main.sendUnbufferedBroken.func1" },
		{ .place = 8, .line = 1, .file = "/usr/lib/go/src/time/sleep.go", .function = "time.Sleep" },
	};
	const struct source_claim *c;
	const struct source_place *p;
	struct buf b = { 0 };
	struct sources s;

	look(&s, v, 2);
	p = sources_place(&s, 3);
	assert_non_null(p);
	assert_string_equal(p->path, "tests/leaks/send_unbuffered.go");
	assert_int_equal(p->text.n, 3);
	assert_int_equal(p->first, p->line - 1);
	assert_non_null(strstr(p->text.v[1], "want: "));
	assert_null(sources_place(&s, 8));
	c = sources_claim(&s, 3);
	if (!c || p->differs)
		fail_msg("nothing is confirmed, or the function is not %s", v[0].function);
	assert_string_equal(c->check, "send-no-receiver");
	words_source_claim(&b, NULL, c);
	buf_put_u8(&b, 0);
	assert_non_null(strstr((char *)b.data, "Confirmed in the source (send-no-receiver): send on "));
	assert_non_null(strstr((char *)b.data, "blocks forever: nobody is left to receive it. Path: made at :"));
	assert_null(strstr((char *)b.data, " here"));
	buf_free(&b);
	sources_free(&s);
}

/* A line in another function than the trace names: another version of the file, of which nothing is claimed. */
static void test_another_version(void **state)
{
	const struct source_wanted v[] = {
		{ .place = 1, .line = wanted_line(), .file = FILE_OF, .function = "main.somethingElse" },
		{ .place = 2, .line = 999999, .file = FILE_OF, .function = "main.sendUnbuffered" },
		{ .place = 3, .line = wanted_line(), .file = FILE_OF, .function = "example.com/other.sendUnbuffered" },
	};
	struct sources s;

	look(&s, v, 3);
	assert_true(sources_place(&s, 1)->differs);
	assert_int_equal(s.claims.n, 0);
	assert_null(sources_place(&s, 2));
	assert_null(sources_place(&s, 3));
	sources_free(&s);
}

static void test_no_source(void **state)
{
	struct source_list none = { 0 };
	struct sources s = { 0 };
	struct err err = { 0 };

	assert_int_not_equal(source_look(&s, &none, "/nonexistent", &err), 0);
	assert_non_null(strstr(err.msg, "--source"));
	sources_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_claim), cmocka_unit_test(test_another_version),
		                            cmocka_unit_test(test_no_source) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
