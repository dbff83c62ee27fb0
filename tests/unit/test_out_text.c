// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences that do not occur in the golden traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#define POOL \
	"runtime.gopark /usr/lib/go/src/runtime/proc.go:1|runtime.chansend1 /usr/lib/go/src/runtime/chan.go:2|" \
	"database/sql.(*DB).conn /usr/lib/go/src/database/sql/sql.go:1374|"
#define EXIT_FRAME "|runtime.goexit /usr/lib/go/src/runtime/asm_amd64.s:1700"

static char *text_of(const struct report *r)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(output_text.write(r, f, &err), 0);
	fclose(f);
	for (char *p = text; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	return text;
}

/* Three goroutines wait in a library; the last came from another line. */
static char *in_a_library(const char *last)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();
	struct report *r;
	char *text;

	o.width = 500;
	for (uint64_t g = 7; g <= 9; g++) {
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20", "main.load /src/load.go:1");
		tb_park(&t, MS(2), g, TRACE_WAIT_SEND, ch, g == 9 ? last : POOL "main.load /src/load.go:5" EXIT_FRAME);
	}
	r = tb_report_opts(&t, SEC(9), &o);
	text = text_of(r);
	report_free(r);
	return text;
}

static void findings_name_the_programs_own_line(void **state)
{
	char *text = in_a_library(POOL "main.load /src/load.go:5" EXIT_FRAME);

	assert_non_null(strstr(text, "3 goroutines blocked sending at sql.(*DB).conn (sql/sql.go:1374), called by "
	                             "main.load (src/load.go:5) "));
	assert_non_null(
	        strstr(text, "chan send at sql.(*DB).conn (sql/sql.go:1374), called by main.load (src/load.go:5)."));
	free(text);
	text = in_a_library(POOL "main.load /src/load.go:6" EXIT_FRAME);
	assert_non_null(strstr(text, "called e.g. by main.load (src/load.go:"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_name_the_programs_own_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
