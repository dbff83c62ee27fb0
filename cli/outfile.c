// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/outfile.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct outfile {
	FILE *f;
	const char *path; /* NULL: stdout */
	char *temp;       /* NULL: written in place (a device, a pipe) */
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

static int outfile_open(struct outfile *o, const char *path, struct err *err)
{
	struct stat st;

	*o = (struct outfile){ 0 };
	if (!path || !strcmp(path, "-")) {
		/* `| head` has read enough: that ends the process without a word, as it does git and perf. */
		signal(SIGPIPE, SIG_DFL);
		o->f = stdout;
		return 0;
	}
	/* Of a file that was named it is an error to report. */
	signal(SIGPIPE, SIG_IGN);
	o->path = path;
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "cannot write %s: it is a directory", path);
	if (stat(path, &st) || S_ISREG(st.st_mode))
		return open_temp(o, err);
	o->f = fopen(path, "w");
	return o->f ? 0 : err_set(err, errno, "cannot write %s: %s", path, strerror(errno));
}

/* Everything is written, or the error says why not. Ends o in any case. */
static int outfile_commit(struct outfile *o, struct err *err)
{
	int error = 0;

	errno = 0;
	if (fflush(o->f) || ferror(o->f))
		error = errno ? errno : EIO;
	if (!o->path)
		clearerr(o->f); /* reported here */
	else if (fclose(o->f) && !error)
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

/* Ends o without leaving a file. */
static void outfile_abort(struct outfile *o)
{
	if (o->f && o->path)
		fclose(o->f);
	o->f = NULL;
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	o->temp = NULL;
}

int outfile_write(const char *path, int (*write)(const void *ctx, FILE *f, struct err *err), const void *ctx,
                  struct err *err)
{
	struct outfile o;
	int ret = outfile_open(&o, path, err);

	if (ret)
		return ret;
	ret = write(ctx, o.f, err);
	if (!ret)
		return outfile_commit(&o, err);
	outfile_abort(&o);
	return ret;
}
