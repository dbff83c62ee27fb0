// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/fit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/inline/clock.h"
#include "record/probe/gocode.h"

int fit_check_allowed(pid_t pid, struct err *err)
{
	char path[64], line[512];
	bool has_shadow = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		has_shadow |= !strncmp(line, "x86_Thread_features:", 20) && strstr(line, "shstk");
	if (f)
		fclose(f);
	return has_shadow ? err_set(err, ENOTSUP, "process %d has a shadow stack", pid) : 0;
}

int fit_check_unused(const struct tracees *t, struct err *err)
{
	struct block_head head;
	struct block left;
	int ret = block_find(&left, &head, t, err);

	if (ret < 0)
		return ret;
	if (ret > 0)
		return 0;
	if (block_is_used(&head))
		return err_set(err, EBUSY, "process %d is being recorded by chanrec, process %d", t->pid,
		               (int)head.recorder);
	return err_set(err, EBUSY,
	               "a recorder that was killed left its probes in process %d; chanrec record --clean -p %d "
	               "removes them",
	               t->pid, t->pid);
}

/* A jump at the site would be possible, and nobody else has changed the bytes. */
static int check_site(const struct probe *pr, const struct gobin *bin, const struct thunk_place *at,
                      const struct tracees *t, struct err *err)
{
	uint8_t now[PATCH_BYTES];
	struct err why = { 0 };
	struct thunk th;
	struct code c;
	int ret;

	if (gocode_open_name(&c, bin, pr->func, err))
		return err->code;
	ret = thunk_make(&c, &pr->site, at, &th, &why);
	code_close(&c);
	if (ret)
		return err_set(err, -ret, "%s has no inline probe: %s", pr->func, why.msg);
	if (tracees_read(t, th.patch_at + at->bias, now, sizeof(now)) || memcmp(now, th.orig, sizeof(now)) != 0)
		return err_set(err, EBUSY, "somebody else has changed the code of %s", pr->func);
	return 0;
}

static int check_sites(const struct inline_candidate *c, const struct block *b, const struct tracees *t,
                       struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < c->plan->v.n; i++) {
		const struct probe *pr = &c->plan->v.v[i];
		struct thunk_place at = {
			.bias = c->bias, .at = b->thunks + n * THUNK_MAX, .conf = b->conf, .handler = b->handler
		};

		if (pr->status != PROBE_FOUND)
			continue;
		if (n++ == BLOCK_SITES)
			return err_set(err, E2BIG, "there are too many sites");
		if (check_site(pr, c->bin, &at, t, err))
			return err->code;
	}
	return 0;
}

int inline_fits(const struct inline_candidate *c, struct err *err)
{
	struct tsc_clock clock;
	struct tracees t;
	struct block b;
	int ret;

	if (fit_check_allowed(c->pid, err) || tsc_clock_open(&clock, err) || tracees_open(&t, c->pid, c->stopped, err))
		return err->code;
	ret = tracees_check(&t, err);
	if (!ret)
		ret = fit_check_unused(&t, err);
	if (!ret)
		ret = block_plan(&b, &t, c->ring_size, err);
	if (!ret)
		ret = check_sites(c, &b, &t, err);
	tracees_close(&t);
	return ret;
}
