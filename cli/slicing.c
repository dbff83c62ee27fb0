// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/slicing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/render/finding_key.h"
#include "report/render/fmt.h"

static struct report_opts report_opts_of(bool no_limit)
{
	return (struct report_opts){ .model = { .since = INT64_MIN, .until = INT64_MAX, .keep_each = true },
		                     .top = REPORT_TOP_DEFAULT,
		                     .no_limit = no_limit };
}

static int no_finding(const struct report *r, uint64_t number, struct err *err)
{
	if (!r->findings.v.n)
		return err_set(err, ENOENT, "%s: the report has no finding", r->path);
	return err_set(err, ENOENT, "%s: there is no finding %" PRIu64 "; the report has %zu", r->path, number,
	               r->findings.v.n);
}

int slicing_begin(struct slicing *s, const char *path, uint64_t number, bool no_limit, struct err *err)
{
	const struct report_opts opts = report_opts_of(no_limit);
	int ret;

	*s = (struct slicing){ 0 };
	if (!strcmp(path, "-"))
		return err_set(err, EINVAL, "the trace is read several times, so it cannot come from a pipe");
	ret = report_load(&s->report, path, &opts, err);
	if (!ret && (!number || number > s->report->findings.v.n))
		ret = no_finding(s->report, number, err);
	if (!ret) {
		s->finding = (size_t)number - 1;
		finding_key(&s->key, s->report, &s->report->findings.v.v[s->finding]);
		s->all = s->report->m->goroutines.sorted.n + s->report->m->goroutines.gone.n +
		         s->report->m->goroutines.gone_dropped;
		ret = buf_failed(&s->key) ? err_nomem(err) : 0;
	}
	if (ret)
		slicing_end(s);
	return ret;
}

/* Whether the trace in fd has the finding, with as many goroutines. 1, 0 or -errno. */
static int has_finding(struct slicing *s, int fd, struct err *err)
{
	const struct finding *want = &s->report->findings.v.v[s->finding];
	const struct report_opts opts = report_opts_of(true);
	struct buf key = { 0 };
	struct report *r;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = report_load(&r, path, &opts, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < r->findings.v.n && !ret; i++) {
		const struct finding *f = &r->findings.v.v[i];

		buf_reset(&key);
		finding_key(&key, r, f);
		ret = f->strength == want->strength && f->members == want->members &&
		      !strcmp(buf_str(&key), buf_str(&s->key));
	}
	buf_free(&key);
	report_free(r);
	return ret;
}

static int copy_file(int from, int to, struct err *err)
{
	static char block[64 << 10];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, block, sizeof(block), at)) > 0) {
		for (ssize_t done = 0, did; done < n; done += did) {
			did = write(to, block + done, (size_t)(n - done));
			if (did < 0 && errno == EINTR)
				did = 0;
			else if (did <= 0)
				return err_set(err, did ? errno : EIO, "cannot write the slice: %s",
				               strerror(did ? errno : EIO));
		}
		at += n;
	}
	return n ? err_set(err, errno, "cannot read the slice: %s", strerror(errno)) : 0;
}

/* A slice into memory. 1 if it has the finding, 0 or -errno. */
static int try_width(struct slicing *s, const struct pass_opts *opts, enum slice_width width, int fd, struct err *err)
{
	struct slice_opts so = { .pass = *opts, .finding = s->finding, .width = width, .about = buf_str(&s->key) };
	int ret;

	so.pass.to = fd;
	ret = slice_trace(&so, s->report, &s->result, err);
	return ret ? ret : has_finding(s, fd, err);
}

int slicing_write(void *ctx, const struct pass_opts *opts, struct pass_result *result, struct err *err)
{
	struct slicing *s = ctx;
	int ret = 0;

	for (int width = 0; width < SLICE_WIDTHS && !ret; width++) {
		int fd = memfd_create("chanrec slice", MFD_CLOEXEC);

		if (fd < 0)
			return err_set(err, errno, "cannot create a file in memory: %s", strerror(errno));
		ret = try_width(s, opts, (enum slice_width)width, fd, err);
		if (ret > 0 && copy_file(fd, opts->to, err))
			ret = err->code;
		close(fd);
	}
	*result = s->result.pass;
	if (ret)
		return ret < 0 ? ret : 0;
	return err_set(err, ENOTSUP, "a copy of the trace does not show finding '%s'; hand over the trace itself",
	               buf_str(&s->key));
}

void slicing_tell(struct slicing *s, FILE *f)
{
	struct buf b = { 0 };

	if (!s->result.goroutines) {
		fputs("The finding rests on the whole trace, which was copied.\n", f);
		return;
	}
	fmt_count(&b, s->result.goroutines);
	fmt_raw(&b, " of ");
	fmt_plural(&b, s->all, "goroutine");
	fmt_raw(&b, ", for ");
	fmt_text(&b, buf_str(&s->key));
	fprintf(f, "%s\n", buf_str(&b));
	buf_free(&b);
}

void slicing_end(struct slicing *s)
{
	report_free(s->report);
	buf_free(&s->key);
}
