// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: values, the parser, its messages, and the tables of all commands. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/options_help.h"
#include "cli/term.h"
#include "cli/value.h"

struct inner {
	int before;
	unsigned count;
};

struct opts {
	bool quiet;
	const char *name;
	int pid;
	uint64_t id;
	int64_t at;
	uint64_t size;
	int color;
	int set;
	struct inner inner;
};

static const char *color_at(size_t i, const char **help)
{
	static const char *const words[] = { "red", "green", "blue", NULL };

	(void)help;
	return words[i];
}

static int set_even(void *opts, const char *s)
{
	((struct opts *)opts)->set = atoi(s);
	return atoi(s) % 2 ? -EINVAL : 0;
}

static const struct option_row rows[] = {
	{ .name = "quiet", .letter = 'q', .kind = OPTION_FLAG, OPTION_AT(struct opts, quiet), .help = "Be quiet." },
	{ .name = "name",
	  .letter = 'n',
	  .value = "TEXT",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct opts, name),
	  .help = "A name that needs so many words to explain that the line has to be wrapped, not once but twice, "
	          "with µs in it." },
	{ .name = "pid",
	  .letter = 'p',
	  .value = "PID",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = INT32_MAX,
	  OPTION_AT(struct opts, pid),
	  .help = "A process." },
	{ .name = "id",
	  .value = "ID",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  OPTION_AT(struct opts, id),
	  .help = "Any number of 64 bits." },
	{ .name = "at", .value = "TIME", .kind = OPTION_TIME, .min = 1, OPTION_AT(struct opts, at), .help = "A time." },
	{ .name = "size",
	  .value = "SIZE",
	  .kind = OPTION_SIZE,
	  .min = 1024,
	  .max = 1 << 20,
	  OPTION_AT(struct opts, size),
	  .help = "A size." },
	{ .name = "color",
	  .value = "COLOR",
	  .kind = OPTION_CHOICE,
	  .choice = color_at,
	  OPTION_AT(struct opts, color),
	  .help = "A color." },
	{ .name = "even",
	  .value = "N",
	  .kind = OPTION_SET,
	  .set = set_even,
	  .expected = "an even number",
	  .help = "An even number." },
};

static const struct option_row inner_rows[] = {
	{ .name = "count",
	  .letter = 'c',
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  OPTION_AT(struct inner, count),
	  .help = "At an offset within an offset." },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(rows) },
	{ OPTION_GROUP(inner_rows), .base = offsetof(struct opts, inner), .heading = "Inner" },
	{ 0 },
};

static const struct syntax plain = {
	.name = "test", .synopsis = "[OPTIONS]\n-p PID", .about = "A test.", .groups = groups
};
static const struct syntax command = {
	.name = "test", .synopsis = "", .about = "", .groups = groups, .stops_at_operand = true
};

#define MAX_ARGS 32

struct parsed {
	struct opts opts;
	struct operands rest;
	struct err err;
	char words[256];
	char *argv[MAX_ARGS + 1];
};

/* line: words separated by blanks, without the command's name. */
static enum options_result parse(const struct syntax *x, struct parsed *p, const char *line)
{
	int argc = 0;

	memset(p, 0, sizeof(*p));
	snprintf(p->words, sizeof(p->words), "test %s", line);
	for (char *w = strtok(p->words, " "); w && argc < MAX_ARGS; w = strtok(NULL, " "))
		p->argv[argc++] = w;
	return options_parse(x, &p->opts, argc, p->argv, &p->rest, &p->err);
}

static void assert_wrong(const char *line, const char *message)
{
	struct parsed p;

	assert_int_equal(parse(&plain, &p, line), OPTIONS_WRONG);
	assert_string_equal(p.err.msg, message);
}

static void test_every_kind(void **state)
{
	struct parsed p;

	assert_int_equal(parse(&plain, &p,
	                       "one -q --name x -p 12 --id=18446744073709551615 two --at 1.5 --size 2K --color blue "
	                       "--even 4 -c7 -- -q"),
	                 OPTIONS_RUN);
	assert_true(p.opts.quiet);
	assert_string_equal(p.opts.name, "x");
	assert_int_equal(p.opts.pid, 12);
	assert_true(p.opts.id == UINT64_MAX);
	assert_int_equal(p.opts.at, 1500000000);
	assert_int_equal(p.opts.size, 2048);
	assert_int_equal(p.opts.color, 2);
	assert_int_equal(p.opts.set, 4);
	assert_int_equal(p.opts.inner.count, 7);
	assert_int_equal(p.opts.inner.before, 0);
	assert_int_equal(p.rest.n, 3);
	assert_string_equal(p.rest.v[0], "one");
	assert_string_equal(p.rest.v[2], "-q");
	assert_null(p.rest.v[3]);
}

static void test_nothing_given(void **state)
{
	struct parsed p;

	assert_int_equal(parse(&plain, &p, ""), OPTIONS_RUN);
	assert_int_equal(p.rest.n, 0);
	assert_null(p.opts.name);
}

static void test_a_command_keeps_its_options(void **state)
{
	struct parsed p;

	assert_int_equal(parse(&command, &p, "-q ls -q --color"), OPTIONS_RUN);
	assert_int_equal(p.rest.n, 3);
	assert_string_equal(p.rest.v[1], "-q");
	assert_int_equal(parse(&command, &p, "-- ls --nonsense"), OPTIONS_RUN);
	assert_int_equal(p.rest.n, 2);
}

static void test_abbreviations(void **state)
{
	struct parsed p;

	assert_int_equal(parse(&plain, &p, "--qui --col green"), OPTIONS_RUN);
	assert_true(p.opts.quiet);
	assert_int_equal(p.opts.color, 1);
	assert_wrong("--co red", "option '--co' is ambiguous: it could be --color or --count");
}

static void test_messages(void **state)
{
	assert_wrong("--nonsense", "unknown option '--nonsense'");
	assert_wrong("--colour=red", "unknown option '--colour' (did you mean '--color'?)");
	assert_wrong("--sise 3", "unknown option '--sise' (did you mean '--size'?)");
	assert_wrong("-x", "unknown option '-x'");
	assert_wrong("-qx", "unknown option '-x'");
	assert_wrong("--name", "--name needs a value: --name TEXT");
	assert_wrong("-n", "--name needs a value: --name TEXT");
	assert_wrong("--quiet=yes", "--quiet takes no value");
	assert_wrong("--even 3", "--even: '3' is not a valid value; give an even number");
	assert_wrong("--color pink", "--color: 'pink' is not a valid value; give red, green or blue");
	assert_wrong("--id x", "--id: 'x' is not a valid value; give a whole number above 0");
	assert_wrong("--at soon", "--at: 'soon' is not a valid value; give a time above 0 such as 1.5 (seconds), 500ms "
	                          "or 2m");
	assert_wrong("--size 1T", "--size: '1T' is not a valid value; give a size such as 64K, 10M or 1G");
}

static void test_ranges(void **state)
{
	struct parsed p;

	assert_wrong("-p 0", "--pid: '0' is out of range; give a whole number from 1 to 2147483647");
	/* 2^32 + 1 must not be taken for 1. */
	assert_wrong("-p 4294967297", "--pid: '4294967297' is out of range; give a whole number from 1 to 2147483647");
	assert_wrong("-p -1", "--pid: '-1' is not a valid value; give a whole number from 1 to 2147483647");
	assert_wrong("-p 2147483648", "--pid: '2147483648' is out of range; give a whole number from 1 to 2147483647");
	assert_int_equal(parse(&plain, &p, "-p 2147483647"), OPTIONS_RUN);
	assert_int_equal(p.opts.pid, INT32_MAX);
	assert_int_equal(parse(&plain, &p, "-c 4294967295"), OPTIONS_RUN);
	assert_true(p.opts.inner.count == UINT32_MAX);
	assert_wrong("-c 4294967296", "--count: '4294967296' is out of range; give a whole number");
	assert_wrong("--id 18446744073709551616",
	             "--id: '18446744073709551616' is out of range; give a whole number above 0");
	assert_wrong("--at 0", "--at: '0' is out of range; give a time above 0 such as 1.5 (seconds), 500ms or 2m");
	assert_int_equal(parse(&plain, &p, "--size 1M"), OPTIONS_RUN);
	assert_wrong("--size 1023", "--size: '1023' is out of range; give a size such as 64K, 10M or 1G");
	assert_wrong("--size 2M", "--size: '2M' is out of range; give a size such as 64K, 10M or 1G");
}

static void test_value_number(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.0", "x" };
	uint64_t v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(value_number(bad[i], &v), -EINVAL);
	assert_int_equal(value_number("00010", &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(value_number("99999999999999999999999", &v), -ERANGE);
}

static void test_value_time(void **state)
{
	static const struct {
		const char *s;
		int64_t ns;
	} good[] = { { "0", 0 },
		     { "1.5", 1500000000 },
		     { "500ms", 500000000 },
		     { "20us", 20000 },
		     { "20µs", 20000 },
		     { "7ns", 7 },
		     { "2m", 120000000000 },
		     { "1h", 3600000000000 },
		     { ".5s", 500000000 },
		     { "1s", 1000000000 },
		     { "9000000000", 9000000000000000000 } };
	static const char *const bad[] = {
		"", "x", "-1", "1x", "1e3", "0x1p3", "inf", "nan", "1.2.3", ".", " 1", "1 s"
	};
	int64_t ns;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_time(good[i].s, &ns), 0);
		assert_true(ns == good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(value_time(bad[i], &ns), -EINVAL);
	assert_int_equal(value_time("9000000001", &ns), -ERANGE);
	assert_int_equal(value_time("2600000h", &ns), -ERANGE);
	assert_int_equal(value_time("1111111111111111111111111111111111111111111111111111111111111111111111111", &ns),
	                 -ERANGE);
}

static void test_value_size(void **state)
{
	static const char *const bad[] = { "", "K", "1KB", "1k", "1.5M", "-1", "1 K", "M1" };
	uint64_t v;

	assert_int_equal(value_size("65536", &v), 0);
	assert_int_equal(v, 65536);
	assert_int_equal(value_size("3M", &v), 0);
	assert_int_equal(v, 3 << 20);
	assert_int_equal(value_size("17179869183G", &v), 0);
	assert_int_equal(value_size("17179869184G", &v), -ERANGE);
	assert_int_equal(value_size("18446744073709551616", &v), -ERANGE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(value_size(bad[i], &v), -EINVAL);
}

static void test_value_percent(void **state)
{
	uint32_t v;

	assert_int_equal(value_percent("20", &v), 0);
	assert_int_equal(v, 200000);
	assert_int_equal(value_percent("2.5%", &v), 0);
	assert_int_equal(v, 25000);
	assert_int_equal(value_percent("0.01", &v), 0);
	assert_int_equal(v, 100);
	assert_int_equal(value_percent("0", &v), -ERANGE);
	assert_int_equal(value_percent("100.1", &v), -ERANGE);
	assert_int_equal(value_percent("5%%", &v), -EINVAL);
	assert_int_equal(value_percent("-5", &v), -EINVAL);
	assert_int_equal(value_percent("", &v), -EINVAL);
}

static void test_value_events(void **state)
{
	uint32_t v = 0;

	assert_int_equal(value_events("chan,ops", &v), 0);
	assert_int_equal(v, TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_OPS);
	assert_int_equal(value_events("default", &v), 0);
	assert_int_equal(v, EVENTS_DEFAULT);
	assert_int_equal(value_events("", &v), -EINVAL);
	assert_int_equal(value_events("chan,", &v), -EINVAL);
	assert_int_equal(value_events("chans", &v), -EINVAL);
	assert_int_equal(value_events("cha", &v), -EINVAL);
	assert_int_equal(v, EVENTS_DEFAULT);
}

static void test_suggestions(void **state)
{
	assert_string_equal(command_suggest("reprot"), "report");
	assert_string_equal(command_suggest("recrod"), "record");
	assert_string_equal(command_suggest("inf"), "info");
	assert_null(command_suggest("frobnicate"));
	assert_null(command_suggest(""));
	assert_null(command_suggest("reportreportreportreportreportreportreport"));
}

static void test_help_wraps(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	options_print_help(&plain, f, 60);
	fclose(f);
	assert_non_null(
	        strstr(text, "Usage: chanrec test [OPTIONS]\n       chanrec test -p PID\n\nA test.\n\nOptions:\n"));
	assert_non_null(strstr(text, "  -n, --name TEXT         A name that needs so many words to\n"
	                             "                          explain that the line has to be\n"
	                             "                          wrapped, not once but twice, with\n"
	                             "                          µs in it.\n"));
	assert_non_null(strstr(text, "\nInner:\n  -c, --count N           At an offset within an offset.\n"));
	assert_non_null(strstr(text, "  -h, --help "));
	free(text);
}

/* What the parser relies on, for every row of every command. */
static void check_row(const struct option_row *o)
{
	assert_true(o->help && *o->help);
	assert_true(o->kind == OPTION_FLAG || o->kind >= OPTION_HELP ? !o->value : o->value != NULL);
	switch (o->kind) {
	case OPTION_FLAG:
		assert_int_equal(o->size, sizeof(bool));
		break;
	case OPTION_STRING:
		assert_int_equal(o->size, sizeof(char *));
		break;
	case OPTION_NUMBER:
		assert_true(o->size == 4 || o->size == 8);
		assert_true(o->size == 8 || o->max <= UINT32_MAX);
		break;
	case OPTION_TIME:
	case OPTION_SIZE:
		assert_int_equal(o->size, 8);
		break;
	case OPTION_CHOICE:
		assert_true(o->choice && o->size == 4);
		break;
	case OPTION_SET:
		assert_true(o->set && (o->expected || o->choice));
		break;
	default:
		break;
	}
}

static void test_tables(void **state)
{
	const struct command *c;
	const struct option_row *a, *b;

	for (size_t k = 0; (c = command_at(k)); k++) {
		assert_ptr_equal(command_find(c->syntax.name), c);
		for (size_t i = 0; (a = options_at(&c->syntax, i)); i++) {
			check_row(a);
			for (size_t j = 0; j < i && (b = options_at(&c->syntax, j)); j++) {
				assert_string_not_equal(a->name, b->name);
				assert_true(!a->letter || a->letter != b->letter);
			}
		}
	}
}

static void test_width(void **state)
{
	setenv("COLUMNS", "120", 1);
	assert_int_equal(term_width("file"), 120);
	setenv("COLUMNS", "3", 1);
	assert_int_equal(term_width("file"), TERM_MIN_WIDTH);
	setenv("COLUMNS", "x", 1);
	assert_int_equal(term_width("file"), TERM_DEFAULT_WIDTH);
	unsetenv("COLUMNS");
	assert_int_equal(term_width("file"), TERM_DEFAULT_WIDTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_nothing_given),
		cmocka_unit_test(test_a_command_keeps_its_options),
		cmocka_unit_test(test_abbreviations),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_value_number),
		cmocka_unit_test(test_value_time),
		cmocka_unit_test(test_value_size),
		cmocka_unit_test(test_value_percent),
		cmocka_unit_test(test_value_events),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_help_wraps),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
