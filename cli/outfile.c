// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/outfile.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pager.h"

const struct option_row outfile_options[2] = {
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct outfile_opts, path),
	  .help = "Write to FILE (default: stdout)." },
	{ .name = "no-pager",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct outfile_opts, no_pager),
	  .help = "Do not show text on a terminal through $PAGER." },
};

struct outfile {
	FILE *f;
	const char *path; /* NULL: stdout */
	char *temp;       /* NULL: written in place (a device, a pipe) */
	uint64_t left;    /* that may still be written */
	uint64_t over;    /* bytes of the last line beyond that */
	bool cut;
};

static int open_temp(struct outfile *o, struct err *err)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&o->temp, "%s.XXXXXX", o->path) < 0) {
		o->temp = NULL;
		return err_nomem(err);
	}
	fd = mkstemp(o->temp);
	if (fd < 0 || fchmod(fd, 0666 & ~mask) || !(o->f = fdopen(fd, "w"))) {
		int ret = err_set(err, errno, "cannot write %s: %s", o->path, strerror(errno));

		if (fd >= 0) {
			close(fd);
			unlink(o->temp);
		}
		free(o->temp);
		o->temp = NULL;
		return ret;
	}
	return 0;
}

static int outfile_open(struct outfile *o, const struct outfile_opts *to, struct err *err)
{
	const char *path = to->path;
	struct stat st;

	*o = (struct outfile){ 0 };
	if (!path || !strcmp(path, "-")) {
		/* A reader such as head that has seen enough ends the process silently, as it does git and perf. */
		signal(SIGPIPE, SIG_DFL);
		if (!to->no_pager)
			pager_start();
		o->f = stdout;
		return 0;
	}
	/* For a named file (a FIFO), it is an error to report. */
	signal(SIGPIPE, SIG_IGN);
	o->path = path;
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "cannot write %s: it is a directory", path);
	if (stat(path, &st) || S_ISREG(st.st_mode))
		return open_temp(o, err);
	o->f = fopen(path, "w");
	return o->f ? 0 : err_set(err, errno, "cannot write %s: %s", path, strerror(errno));
}

/* Flushes and closes o, and gives the file its name. On an error there is no file. */
static int outfile_commit(struct outfile *o, struct err *err)
{
	int error = 0;

	errno = 0;
	if (fflush(o->f) || ferror(o->f))
		error = errno ? errno : EIO;
	if (!o->path) {
		clearerr(o->f); /* reported here */
		if (!pager_finish())
			return err_set(err, ENOENT, "cannot run the pager; set PAGER, or use --no-pager");
	}
	if (o->path && fclose(o->f) && !error)
		error = errno;
	o->f = NULL;
	if (!error && o->temp && rename(o->temp, o->path))
		error = errno;
	if (error && o->temp)
		unlink(o->temp);
	free(o->temp);
	o->temp = NULL;
	return error ? err_set(err, error, "cannot write %s: %s", o->path ? o->path : "the output", strerror(error))
	             : 0;
}

/* Closes o without leaving a file. */
static void outfile_abort(struct outfile *o)
{
	if (o->f && o->path)
		fclose(o->f);
	if (!o->path)
		pager_finish();
	o->f = NULL;
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	o->temp = NULL;
}

int outfile_check(const struct outfile_opts *to, const char *input, struct err *err)
{
	struct stat in, out;

	if (!to->path || stat(to->path, &out) || stat(input, &in) || !S_ISREG(out.st_mode))
		return 0;
	if (in.st_dev != out.st_dev || in.st_ino != out.st_ino)
		return 0;
	return err_set(err, EINVAL, "%s is the trace itself; choose another file for the output", to->path);
}

/* Room kept for the rest of the last line; nobody reads a longer one. */
#define LAST_LINE_MAX (4u << 20)

static ssize_t write_limited(void *cookie, const char *s, size_t n)
{
	struct outfile *o = cookie;
	size_t within = n < o->left ? n : (size_t)o->left;
	const char *end;

	if (o->cut)
		return -1;
	if (within < n) {
		size_t room = (size_t)(LAST_LINE_MAX - o->over), more = n - within < room ? n - within : room;

		end = memchr(s + within, '\n', more);
		n = end ? (size_t)(end + 1 - s) : within + more;
		o->over += n - within;
		o->cut = end || o->over == LAST_LINE_MAX;
	}
	o->left -= within;
	if (fwrite(s, 1, n, o->f) < n)
		return -1;
	return o->cut ? -1 : (ssize_t)n;
}

/* As write(), through a stream that fails beyond the limit, which then is no error. */
static int write_up_to(struct outfile *o, uint64_t limit, int (*write)(const void *ctx, FILE *f, struct err *err),
                       const void *ctx, struct err *err)
{
	FILE *f = fopencookie(o, "w", (cookie_io_functions_t){ .write = write_limited });
	int ret;

	if (!f)
		return err_nomem(err);
	o->left = limit > LAST_LINE_MAX ? limit - LAST_LINE_MAX : 0;
	ret = write(ctx, f, err);
	if (fclose(f) && !ret && !o->cut && !ferror(o->f))
		ret = err_set(err, errno, "cannot write the output: %s", strerror(errno));
	if (!o->cut)
		return ret;
	fprintf(stderr,
	        "chanrec: warning: the output is cut after %" PRIu64
	        " MiB: more than a recording of this size needs; --no-limit writes all of it\n",
	        limit >> 20);
	return 0;
}

int outfile_write_up_to(FILE *f, uint64_t limit, int (*write)(const void *ctx, FILE *f, struct err *err),
                        const void *ctx, struct err *err)
{
	struct outfile o = { .f = f };

	return limit ? write_up_to(&o, limit, write, ctx, err) : write(ctx, f, err);
}

int outfile_write(const struct outfile_opts *to, int (*write)(const void *ctx, FILE *f, struct err *err),
                  const void *ctx, struct err *err)
{
	struct outfile o;
	int ret = outfile_open(&o, to, err);

	if (ret)
		return ret;
	ret = to->limit ? write_up_to(&o, to->limit, write, ctx, err) : write(ctx, o.f, err);
	if (!ret)
		return outfile_commit(&o, err);
	outfile_abort(&o);
	return ret;
}
