// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/vet_baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/baseline.h"
#include "cli/outfile.h"
#include "util/plain.h"
#include "vet/report/report.h"

/* NULL: out of memory. */
static char *key_of(const struct vet *v, const struct finding *f)
{
	const char *path = program_unit(v->p, f->at.unit)->path;
	char func[200], *key = NULL;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	if (asprintf(&key, "%s %s %s: %s", check_at(f->check)->id, path, func_text(v, f->func, func, sizeof(func)),
	             f->text) < 0)
		return NULL;
	/* One line, whatever a file is called. */
	plain_text(key);
	for (char *s = key; *s; s++)
		if (*s == '\n' || *s == '\t')
			*s = '?';
	return key;
}

struct filter {
	const struct vet *v;
	struct baseline accepted;
	bool failed;
};

static bool is_new(void *ctx, const struct finding *f)
{
	struct filter *filter = ctx;
	char *key = key_of(filter->v, f);
	bool is_new = !key || !baseline_has(&filter->accepted, key);

	filter->failed |= !key;
	free(key);
	return is_new;
}

int vet_baseline_apply(struct vet *v, const char *path, struct err *err)
{
	struct filter filter = { .v = v };
	int ret = baseline_read(&filter.accepted, path, err);

	if (!ret) {
		vet_keep(v, is_new, &filter);
		if (filter.failed)
			ret = err_nomem(err);
		else if (baseline_unused(&filter.accepted))
			fprintf(stderr, "chanrec: %s: no finding matches %zu of its entries any more\n", path,
			        baseline_unused(&filter.accepted));
	}
	baseline_free(&filter.accepted);
	return ret;
}

static int write_keys(const void *ctx, FILE *to, struct err *err)
{
	const struct baseline *b = ctx;

	(void)err;
	fputs("# Accepted findings, for chanrec vet --baseline. One a line; lines that begin with # are comments.\n",
	      to);
	for (size_t i = 0; i < b->v.n; i++)
		fprintf(to, "%s\n", b->v.v[i].key);
	return 0;
}

int vet_baseline_write(const struct vet *v, const char *path, struct err *err)
{
	const struct outfile_opts to = { .path = path, .no_pager = true };
	struct baseline all = { 0 };
	int ret = 0;

	for (size_t i = 0; i < v->sink.findings.n && !ret; i++) {
		char *key = key_of(v, &v->sink.findings.v[i]);

		ret = key ? baseline_add(&all, key) : -ENOMEM;
		free(key);
	}
	ret = ret ? err_nomem(err) : outfile_write(&to, write_keys, &all, err);
	if (!ret)
		fprintf(stderr, "chanrec: wrote %zu accepted finding%s to %s\n", all.v.n, all.v.n == 1 ? "" : "s",
		        path);
	baseline_free(&all);
	return ret;
}
