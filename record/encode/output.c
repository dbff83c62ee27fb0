// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/encode/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int trace_output_open(struct trace_output *o, const char *path, struct err *err)
{
	struct stat st;

	memset(o, 0, sizeof(*o));
	o->path = path;
	if (strcmp(path, "-") == 0) {
		o->is_stdout = true;
		o->fd = STDOUT_FILENO;
		if (isatty(o->fd))
			return err_set(err, EINVAL, "not writing a binary trace to a terminal; use -o FILE");
		return 0;
	}
	o->created = stat(path, &st) != 0 && errno == ENOENT;
	/* The trace contains names and paths from the target: not for everybody. */
	o->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (o->fd < 0)
		return err_set(err, errno, "cannot write %s: %s; choose another place with -o FILE", path,
		               strerror(errno));
	return 0;
}

int trace_output_start(struct trace_output *o, struct err *err)
{
	struct stat st;

	o->started = true;
	if (o->is_stdout || fstat(o->fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (ftruncate(o->fd, 0))
		return err_set(err, errno, "cannot write %s: %s", o->path, strerror(errno));
	return 0;
}

int trace_output_commit(struct trace_output *o, struct err *err)
{
	int fd = o->fd;

	if (o->is_stdout)
		return 0;
	o->fd = -1;
	if (close(fd))
		return err_set(err, errno, "cannot write %s: %s", o->path, strerror(errno));
	return 0;
}

void trace_output_close(struct trace_output *o)
{
	if (o->fd >= 0 && !o->is_stdout)
		close(o->fd);
	o->fd = -1;
	if (o->created && !o->started)
		unlink(o->path);
}
