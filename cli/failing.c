// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/failing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/outfile.h"
#include "report/render/finding_key.h"
#include "report/render/fmt.h"
#include "report/render/words.h"

#define ANY UINT32_MAX

static const char *kind_at(size_t i, const char **help)
{
	static const char *const what[FINDING_KINDS] = {
		[FINDING_LEAK] = "goroutines whose wait nothing can end",
		[FINDING_DEADLOCK] = "goroutines that wait for each other",
		[FINDING_STALL] = "work that has stopped in the middle",
		[FINDING_GROWTH] = "more and more goroutines",
		[FINDING_CONTENTION] = "a lock or channel with long queues; healthy programs have these, too",
	};

	*help = i < FINDING_KINDS ? what[i] : "every one of these";
	return i < FINDING_KINDS ? words_finding_kind_name((enum finding_kind)i) : i == FINDING_KINDS ? "any" : NULL;
}

static int set_kinds(void *opts, const char *list)
{
	struct failing *f = opts;
	const char *name, *help;

	do {
		size_t n = strcspn(list, ","), i = 0;

		while ((name = kind_at(i, &help)) && (strlen(name) != n || strncmp(name, list, n) != 0))
			i++;
		if (!name)
			return -EINVAL;
		f->kinds |= i < FINDING_KINDS ? 1u << i : ANY;
		list += n;
	} while (*list++ == ',');
	return 0;
}

const struct option_row failing_options[3] = {
	{ .name = "fail-on",
	  .value = "LIST",
	  .kind = OPTION_SET,
	  .set = set_kinds,
	  .choice = kind_at,
	  .help = "Exit with status 3 if there is a finding of one of these kinds, separated by commas:" },
	{ .name = "baseline",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct failing, baseline),
	  .help = "With --fail-on: accept the findings that FILE lists." },
	{ .name = "write-baseline",
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct failing, write),
	  .help = "Write the findings (with --fail-on, those of its kinds) to FILE, for --baseline." },
};

int failing_prepare(struct failing *f, const char *input, struct err *err)
{
	const struct outfile_opts to = { .path = f->write };

	if (f->baseline && f->write) {
		err_set(err, EINVAL, "give either --baseline or --write-baseline");
		return EXIT_USAGE;
	}
	if (f->baseline && !f->kinds) {
		err_set(err, EINVAL, "--baseline needs --fail-on, such as --fail-on leak,deadlock");
		return EXIT_USAGE;
	}
	if (outfile_check(&to, input, err))
		return EXIT_USAGE;
	return f->baseline && baseline_read(&f->accepted, f->baseline, err) ? EXIT_FAILED : EXIT_DONE;
}

void failing_free(struct failing *f)
{
	baseline_free(&f->accepted);
}

static bool is_counted(const struct failing *f, const struct finding *found)
{
	return (f->kinds ? f->kinds : ANY) >> found->kind & 1;
}

/* The keys of r's findings. */
static int add_all(struct baseline *b, const struct failing *f, const struct report *r)
{
	struct buf key = { 0 };
	int ret = 0;

	for (size_t i = 0; i < r->findings.v.n && !ret; i++) {
		buf_reset(&key);
		finding_key(&key, r, &r->findings.v.v[i]);
		if (is_counted(f, &r->findings.v.v[i]))
			ret = buf_failed(&key) ? -ENOMEM : baseline_add(b, buf_str(&key));
	}
	buf_free(&key);
	return ret;
}

struct counts {
	size_t found, accepted;
};

static int count(struct counts *c, struct failing *f, const struct report *r, struct baseline *before)
{
	struct buf key = { 0 };
	bool failed;

	for (size_t i = 0; i < r->findings.v.n; i++) {
		if (!is_counted(f, &r->findings.v.v[i]))
			continue;
		buf_reset(&key);
		finding_key(&key, r, &r->findings.v.v[i]);
		if (baseline_has(&f->accepted, buf_str(&key)))
			c->accepted++;
		else
			c->found += !baseline_has(before, buf_str(&key));
	}
	failed = buf_failed(&key);
	buf_free(&key);
	return failed ? -ENOMEM : 0;
}

static void say_kinds(struct buf *b, uint32_t kinds)
{
	const char *comma = "";

	for (size_t i = 0; i < FINDING_KINDS; i++) {
		if (!(kinds >> i & 1))
			continue;
		fmt_f(b, "%s%s", comma, words_finding_kind_name((enum finding_kind)i));
		comma = ",";
	}
}

static void tell(const struct failing *f, const struct counts *c, bool is_diff)
{
	struct buf b = { 0 };

	fmt_plural(&b, c->found, is_diff ? "new finding" : "finding");
	fmt_raw(&b, " of --fail-on ");
	say_kinds(&b, f->kinds);
	if (c->accepted)
		fmt_f(&b, "; %zu more accepted by ", c->accepted);
	if (c->accepted)
		fmt_text(&b, f->baseline);
	if (c->found)
		fprintf(stderr, "chanrec: %s\n", buf_str(&b));
	buf_free(&b);
	if (f->baseline && baseline_unused(&f->accepted))
		fprintf(stderr, "chanrec: %s: no finding matches %zu of its entries any more\n", f->baseline,
		        baseline_unused(&f->accepted));
}

static int write_keys(const void *ctx, FILE *to, struct err *err)
{
	const struct baseline *b = ctx;

	fputs("# Accepted findings, for chanrec's --baseline. One a line; lines that begin with # are comments.\n", to);
	for (size_t i = 0; i < b->v.n; i++)
		fprintf(to, "%s\n", b->v.v[i].key);
	return 0;
}

static int write_baseline(const struct failing *f, const struct report *r, struct err *err)
{
	const struct outfile_opts to = { .path = f->write, .no_pager = true };
	struct baseline all = { 0 };
	int ret = add_all(&all, f, r) ? err_nomem(err) : outfile_write(&to, write_keys, &all, err);

	if (!ret)
		fprintf(stderr, "chanrec: wrote %zu accepted finding%s to %s\n", all.v.n, all.v.n == 1 ? "" : "s",
		        f->write);
	baseline_free(&all);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

int failing_judge(struct failing *f, const struct report *r, const struct report *before, struct err *err)
{
	struct baseline known = { 0 };
	struct counts c = { 0 };
	int ret;

	if (f->write)
		return write_baseline(f, r, err);
	if (!f->kinds)
		return EXIT_DONE;
	ret = before ? add_all(&known, f, before) : 0;
	if (!ret)
		ret = count(&c, f, r, &known);
	baseline_free(&known);
	if (ret) {
		err_nomem(err);
		return EXIT_FAILED;
	}
	tell(f, &c, before != NULL);
	return c.found ? EXIT_FOUND : EXIT_DONE;
}
