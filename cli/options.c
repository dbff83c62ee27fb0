// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"
#include "cli/value.h"

#define OPTIONS_MAX 64
/* getopt_long()'s value of the i-th option: above every letter. */
#define LONG_BASE 256

static const struct option_row common[] = {
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP, .help = "Print this help." },
	{ .name = "version", .kind = OPTION_VERSION, .help = "Print the version." },
};

const struct option_group options_common = { OPTION_GROUP(common) };

static const struct option_row *find_at(const struct syntax *x, size_t i, size_t *base)
{
	for (const struct option_group *g = x->groups; g->rows; g++) {
		*base = g->base;
		if (i < g->n)
			return &g->rows[i];
		i -= g->n;
	}
	return i < options_common.n ? &options_common.rows[i] : NULL;
}

const struct option_row *options_at(const struct syntax *x, size_t i)
{
	size_t base = 0;

	return find_at(x, i, &base);
}

void option_title(const struct option_row *o, char *title, size_t size)
{
	char letter[] = { '-', o->letter, ',', ' ', 0 };

	snprintf(title, size, "%s--%s%s%s", o->letter ? letter : "", o->name, o->value ? " " : "",
	         o->value ? o->value : "");
}

/* Values */

static uint64_t largest(const struct option_row *o)
{
	return o->max ? o->max : o->size == 4 ? UINT32_MAX : UINT64_MAX;
}

static int store(const struct option_row *o, void *opts, uint64_t v)
{
	uint32_t v32 = (uint32_t)v;

	if (v < o->min || v > largest(o))
		return -ERANGE;
	memcpy((char *)opts + o->at, o->size == 4 ? (const void *)&v32 : &v, o->size == 4 ? 4 : 8);
	return 0;
}

static int choose(const struct option_row *o, void *opts, const char *s)
{
	const char *help, *word;

	for (size_t i = 0; (word = o->choice(i, &help)); i++)
		if (!strcmp(word, s))
			return store(o, opts, i);
	return -EINVAL;
}

static int take_value(const struct option_row *o, void *opts, const char *s)
{
	uint64_t v = 0;
	int64_t ns = 0;
	int ret;

	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)((char *)opts + o->at) = true;
		return 0;
	case OPTION_STRING:
		memcpy((char *)opts + o->at, &s, sizeof(s));
		return 0;
	case OPTION_NUMBER:
		ret = value_number(s, &v);
		return ret ? ret : store(o, opts, v);
	case OPTION_TIME:
		ret = value_time(s, &ns);
		return ret ? ret : store(o, opts, (uint64_t)ns);
	case OPTION_SIZE:
		ret = value_size(s, &v);
		return ret ? ret : store(o, opts, v);
	case OPTION_CHOICE:
		return choose(o, opts, s);
	case OPTION_SET:
		return o->set(opts, s);
	default:
		return -EINVAL;
	}
}

/* Messages */

static void print_words(const struct option_row *o, char *to, size_t size)
{
	const char *help, *word;
	size_t n = 0;

	for (size_t i = 0; n < size && (word = o->choice(i, &help)); i++)
		n += (size_t)snprintf(to + n, size - n, "%s%s",
		                      !i                        ? ""
		                      : o->choice(i + 1, &help) ? ", "
		                                                : " or ",
		                      word);
}

/* What the option would have accepted. */
static void print_expected(const struct option_row *o, char *to, size_t size)
{
	if (o->expected)
		snprintf(to, size, "%s", o->expected);
	else if (o->choice)
		print_words(o, to, size);
	else if (o->kind == OPTION_TIME)
		snprintf(to, size, "a time%s such as 1.5 (seconds), 500ms or 2m", o->min ? " above 0" : "");
	else if (o->kind == OPTION_SIZE)
		snprintf(to, size, "a size such as 64K, 10M or 1G");
	else if (o->max)
		snprintf(to, size, "a whole number from %" PRIu64 " to %" PRIu64, o->min, o->max);
	else
		snprintf(to, size, "a whole number%s", o->min ? " above 0" : "");
}

/*
 * The first of the words in s, which commas separate, that o does not know and
 * that is close to one that it does; it is copied to word. NULL: there is none.
 */
static const char *suggest_word(const struct option_row *o, const char *s, char *word, size_t size)
{
	const char *help, *known;

	for (bool more = o->choice; more; s++) {
		struct suggestion best = { .typed = word };
		size_t n = strcspn(s, ",");

		snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), s);
		for (size_t i = 0; (known = o->choice(i, &help)) && strcmp(known, word) != 0; i++)
			suggest_try(&best, known);
		if (!known && best.best)
			return best.best;
		s += n;
		more = *s;
	}
	return NULL;
}

static enum options_result wrong_value(const struct option_row *o, const char *s, int why, struct err *err)
{
	char expected[256] = "", word[64];
	const char *close = why == -ERANGE ? NULL : suggest_word(o, s, word, sizeof(word));

	print_expected(o, expected, sizeof(expected));
	if (close)
		err_set(err, EINVAL, "--%s: '%s' is not a valid value (did you mean '%s'?); give %s", o->name, word,
		        close, expected);
	else
		err_set(err, EINVAL, "--%s: '%s' is %s; give %s", o->name, s,
		        why == -ERANGE ? "out of range" : "not a valid value", expected);
	return OPTIONS_WRONG;
}

static enum options_result missing_value(const struct option_row *o, struct err *err)
{
	err_set(err, EINVAL, "--%s needs a value: --%s %s", o->name, o->name, o->value);
	return OPTIONS_WRONG;
}

/* arg: "--outptu=x". */
static enum options_result unknown_option(const struct syntax *x, const char *arg, struct err *err)
{
	char typed[64], also[64] = "";
	struct suggestion s = { .typed = typed };
	const struct option_row *o, *first = NULL;
	int fits = 0;

	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
	for (size_t i = 0; (o = options_at(x, i)); i++) {
		suggest_try(&s, o->name);
		if (strncmp(o->name, typed, strlen(typed)))
			continue;
		if (fits++ == 1)
			snprintf(also, sizeof(also), "--%s or --%s", first->name, o->name);
		first = first ? first : o;
	}
	if (fits > 1)
		err_set(err, EINVAL, "option '--%s' is ambiguous: it could be %s", typed, also);
	else if (s.best)
		err_set(err, EINVAL, "unknown option '--%s' (did you mean '--%s'?)", typed, s.best);
	else
		err_set(err, EINVAL, "unknown option '--%s'", typed);
	return OPTIONS_WRONG;
}

/* Parsing */

struct parser {
	const struct syntax *syntax;
	const struct option_row *rows[OPTIONS_MAX];
	void *targets[OPTIONS_MAX]; /* the group's part of the options struct */
	size_t n;
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
};

/* "+:o:h": stop at the first operand, return ':' for a missing value. */
static void prepare(struct parser *p, const struct syntax *x, void *opts)
{
	const struct option_row *o;
	size_t base = 0;
	char *to = p->shorts;

	p->syntax = x;
	if (x->stops_at_operand)
		*to++ = '+';
	*to++ = ':';
	while (p->n < OPTIONS_MAX && (o = find_at(x, p->n, &base))) {
		p->rows[p->n] = o;
		p->targets[p->n] = (char *)opts + base;
		p->longs[p->n] = (struct option){ o->name, o->value ? required_argument : no_argument, NULL,
			                          LONG_BASE + (int)p->n };
		p->n++;
		if (!o->letter)
			continue;
		*to++ = o->letter;
		if (o->value)
			*to++ = ':';
	}
	*to = 0;
}

/* The row for a value of getopt_long(), or p->n. */
static size_t row_of(const struct parser *p, int c)
{
	size_t i = 0;

	if (c >= LONG_BASE)
		return (size_t)c - LONG_BASE;
	while (i < p->n && (!p->rows[i]->letter || p->rows[i]->letter != c))
		i++;
	return i;
}

static enum options_result refuse(const struct parser *p, int c, char **argv, struct err *err)
{
	size_t i = optopt ? row_of(p, optopt) : p->n;

	if (c == ':' && i < p->n)
		return missing_value(p->rows[i], err);
	if (i < p->n) {
		err_set(err, EINVAL, "--%s takes no value", p->rows[i]->name);
		return OPTIONS_WRONG;
	}
	if (!optopt)
		return unknown_option(p->syntax, argv[optind - 1], err);
	err_set(err, EINVAL, "unknown option '-%c'", optopt);
	return OPTIONS_WRONG;
}

enum options_result options_parse(const struct syntax *x, void *opts, int argc, char **argv, struct operands *rest,
                                  struct err *err)
{
	struct parser p = { 0 };
	int opt, ret;

	prepare(&p, x, opts);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		size_t i = row_of(&p, opt);

		if (i == p.n)
			return refuse(&p, opt, argv, err);
		if (p.rows[i]->kind >= OPTION_HELP)
			return p.rows[i]->kind == OPTION_HELP ? OPTIONS_HELP : OPTIONS_VERSION;
		ret = take_value(p.rows[i], p.targets[i], optarg);
		if (ret)
			return wrong_value(p.rows[i], optarg, ret, err);
	}
	*rest = (struct operands){ argc - optind, argv + optind };
	return OPTIONS_RUN;
}
