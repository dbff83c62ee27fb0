// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reporting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/source.h"
#include "cli/value.h"
#include "import/import.h"
#include "report/analyze/finding_places.h"
#include "report/analyze/report.h"
#include "report/render/out.h"

const char *report_format_at(size_t i, const char **help)
{
	const struct output *o = output_at(i);

	*help = o ? o->help : NULL;
	return o ? o->name : NULL;
}

static const char *by_at(size_t i, const char **help)
{
	static const struct {
		const char *name, *help;
	} by[] = { [FOLD_BY_TIME] = { "time", "time blocked, in microseconds (default)" },
		   [FOLD_BY_COUNT] = { "count", "number of waits" },
		   [FOLD_BY_WAKE] = { "wake", "time blocked, with the waker's stack on top" } };

	if (i >= sizeof(by) / sizeof(by[0]))
		return NULL;
	*help = by[i].help;
	return by[i].name;
}

/* "3" or "#3", as the report prints it. */
static int set_channel(void *opts, const char *s)
{
	struct view *v = opts;
	uint64_t id;
	int ret = value_number(s + (*s == '#'), &id);

	if (ret || !id || id > UINT32_MAX)
		return ret ? ret : -ERANGE;
	v->opts.model.channel = (uint32_t)id;
	return 0;
}

static int set_at(void *opts, const char *s)
{
	struct view *v = opts;

	v->opts.model.is_instant = true;
	return value_time(s, &v->opts.model.until);
}

const struct option_row report_format[1] = {
	{ .name = "format",
	  .value = "NAME",
	  .kind = OPTION_CHOICE,
	  .choice = report_format_at,
	  OPTION_AT(struct report_args, format),
	  .help = "What to write:" },
};

const struct option_row report_schema[1] = {
	{ .name = "schema",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct report_args, schema),
	  .help = "Print the JSON Schema of --format json or ndjson instead of a report." },
};

const struct option_row report_source[1] = {
	{ .name = "source",
	  .value = "DIR",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct report_args, source),
	  .help = "Show the program's source at each finding, and what chanrec vet finds there; DIR is its folder." },
};

/* These have the base of a struct view, too. */
const struct option_row report_subject[2] = {
	{ .name = "goroutine",
	  .value = "ID",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  OPTION_AT(struct view, opts.model.goroutine),
	  .help = "Show one goroutine: its life, its waits, who woke it and whom it woke." },
	{ .name = "channel",
	  .value = "ID",
	  .kind = OPTION_SET,
	  .set = set_channel,
	  .expected = "the number of a channel, such as 3 or #3",
	  .help = "Show one channel (3 or #3): its life, its users and the waits on it." },
};

const struct option_row report_chains[2] = {
	{ .name = "at",
	  .value = "TIME",
	  .kind = OPTION_SET,
	  .set = set_at,
	  .expected = "a time such as 1.5 (seconds), 500ms or 2m",
	  .help = "Show what waited for what at TIME." },
	{ .name = "min-edge",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  OPTION_AT(struct view, opts.model.min_edge),
	  .help = "Leave waits shorter than TIME out of blocking chains." },
};

const struct option_row report_layout[7] = {
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.all),
	  .help = "List every exited goroutine and every channel in JSON, however many there are." },
	{ .name = "full",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.full),
	  .help = "Print every section of the text: goroutines, stacks, channels, locks, wake-ups, losses." },
	{ .name = "show-command",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.show_command),
	  .help = "Show the whole command line of the program; by default only its first word." },
	{ .name = "full-stacks",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.full_stacks),
	  .help = "Print stacks with the frames of the runtime and of libraries." },
	{ .name = "by",
	  .value = "WHAT",
	  .kind = OPTION_CHOICE,
	  .choice = by_at,
	  OPTION_AT(struct view, opts.fold_by),
	  .help = "Weight of folded stacks:" },
	{ .name = "idle",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.idle),
	  .help = "Also include waits for sleep, network and timers in folded stacks and speedscope." },
	{ .name = "link",
	  .value = "URL",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.link),
	  .help = "The HTML report that nodes of dot and svg link to (default: the document around the picture)." },
};

struct report_job {
	const struct output *format;
	const struct report *report;
};

static int write_report(const void *ctx, FILE *f, struct err *err)
{
	const struct report_job *job = ctx;

	return job->format->write(job->report, f, err);
}

static void warn(const struct report *r)
{
	if (r->damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that is reported\n", r->path, r->damage);
	if (r->m->wake_stacks.dropped)
		fprintf(stderr,
		        "chanrec: warning: over %u different pairs of waiter's and waker's stacks: %" PRIu64
		        " wake-ups are shown as \"[not kept]\"\n",
		        MODEL_MAX_WAKE_STACKS, r->m->wake_stacks.dropped);
}

static int write_schema(const void *ctx, FILE *f, struct err *err)
{
	const struct output *format = ctx;

	fputs(format->schema, f);
	return 0;
}

int report_schema_write(struct report_args *a, struct err *err)
{
	const struct output *format = output_at((size_t)a->format);

	if (!format->schema) {
		err_set(err, EINVAL, "--format %s has no schema; only json and ndjson have one", format->name);
		return EXIT_USAGE;
	}
	a->out.no_pager = true;
	return outfile_write(&a->out, write_schema, format, err) ? EXIT_FAILED : EXIT_DONE;
}

#define WANTED_MAX 1000 /* places of findings */

static int by_place(const void *va, const void *vb)
{
	const struct source_wanted *a = va, *b = vb;

	return (a->place > b->place) - (a->place < b->place);
}

static int want_places(struct source_list *to, struct map *known, const struct report *r, const struct finding *f)
{
	struct finding_facts facts;
	int ret = finding_facts(&facts, r, f);

	for (size_t i = 0; i < facts.places.n && to->v.n < WANTED_MAX && !ret; i++) {
		uint32_t id = facts.places.v[i].place;
		const struct place *p = symbols_place(&r->m->sym, id);
		bool added = false;

		if (!map_put(known, id, &added))
			ret = -ENOMEM;
		else if (added)
			ret = vec_push(&to->v,
			               (struct source_wanted){ .place = id,
			                                       .line = p->line,
			                                       .file = symbols_string(&r->m->sym, p->file),
			                                       .function = symbols_string(&r->m->sym, p->func) });
	}
	finding_facts_free(&facts);
	return ret;
}

/* Reads the source of the places that findings name. */
static int read_source(struct sources *s, const struct report *r, const char *dir, struct err *err)
{
	struct source_list wanted = { 0 };
	struct map known = { 0 };
	int ret = 0;

	for (size_t i = 0; i < r->findings.v.n && !ret; i++)
		ret = want_places(&wanted, &known, r, &r->findings.v.v[i]);
	if (ret)
		ret = err_nomem(err);
	if (wanted.v.n)
		qsort(wanted.v.v, wanted.v.n, sizeof(*wanted.v.v), by_place);
	if (!ret)
		ret = source_look(s, &wanted, dir, err);
	map_free(&known);
	vec_free(&wanted.v);
	return ret;
}

static int write_one(struct report_args *a, const char *path, struct err *err)
{
	struct report_opts *o = &a->view.opts;
	const struct output *format = output_at((size_t)a->format);
	struct report *r = NULL;
	struct sources sources = { 0 };
	char imported[64];
	int fd = -1, ret;

	if (view_complete(&a->view, a->out.path, err) || outfile_check(&a->out, path, err))
		return EXIT_USAGE;
	a->out.no_pager |= format != &output_text;
	o->model.keep_each = format->wants_each;
	o->model.keep_wakes = format->wants_each || o->model.goroutine;
	o->model.keep_wake_stacks = o->fold_by == FOLD_BY_WAKE || format->wants_wake_stacks;
	ret = import_file(path, &fd, err);
	if (!ret && fd >= 0) {
		snprintf(imported, sizeof(imported), "/proc/self/fd/%d", fd);
		a->name = path;
		path = imported;
	}
	if (!ret)
		ret = report_load(&r, path, o, err);
	if (!ret)
		ret = report_check_filters(r, err);
	if (!ret && a->name)
		r->path = a->name;
	if (!ret && a->source) {
		ret = read_source(&sources, r, a->source, err);
		r->sources = &sources;
	}
	if (!ret) {
		warn(r);
		if (!format->limits_itself)
			a->out.limit = budget_output(&r->budget, r->reader);
		ret = outfile_write(&a->out, write_report, &(struct report_job){ format, r }, err);
	}
	ret = ret ? EXIT_FAILED : failing_judge(&a->failing, r, NULL, err);
	report_free(r);
	sources_free(&sources);
	if (fd >= 0)
		close(fd);
	return ret;
}

int report_file(struct report_args *a, const char *path, struct err *err)
{
	int ret = failing_prepare(&a->failing, path, err);

	if (ret == EXIT_DONE)
		ret = write_one(a, path, err);
	failing_free(&a->failing);
	return ret;
}
