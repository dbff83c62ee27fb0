// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/encode/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/trace.h"

/* The trace contains names and paths from the target: not for everybody. */
#define MODE 0600

static int cannot_write(const struct trace_output *o, struct err *err)
{
	return err_set(err, errno, "cannot write %s: %s; choose another place with -o FILE", o->path, strerror(errno));
}

/* Keeps other recorders away from the file, for as long as it is open. */
static int lock(const struct trace_output *o, int fd, struct err *err)
{
	if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	return err_set(err, EBUSY, "another chanrec is writing %s; choose another file with -o FILE", o->path);
}

static int create(struct trace_output *o, struct err *err)
{
	o->fd = open(o->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (o->fd < 0)
		return cannot_write(o, err);
	return lock(o, o->fd, err);
}

/* A file that exists: what it has must not be lost. */
static int check_old(struct trace_output *o, bool force, struct err *err)
{
	char head[TRACE_HEAD_BYTES];
	ssize_t n;
	int fd = open(o->path, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return cannot_write(o, err);
	ret = lock(o, fd, err);
	n = ret ? 0 : pread(fd, head, sizeof(head), 0);
	if (!ret && n && !force && !trace_is(head, n < 0 ? 0 : (size_t)n))
		ret = err_set(err, EEXIST,
		              "%s exists and is not a trace; choose another file with -o FILE, or replace it with "
		              "--force",
		              o->path);
	/* Nothing is worth keeping in an empty file; one from mktemp(1), say. */
	o->is_old = n != 0;
	close(fd);
	return ret;
}

/*
 * In a folder where everybody may create files (/tmp), a name may be another
 * user's trap: a link, or a FIFO or device that is not ours to write to.
 */
static int check_owner(const struct trace_output *o, struct err *err)
{
	char folder[PATH_MAX];
	struct stat st, dir;
	char *slash;

	if (lstat(o->path, &st) || st.st_uid == geteuid())
		return 0;
	if ((size_t)snprintf(folder, sizeof(folder), "%s", o->path) >= sizeof(folder))
		return 0;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = 0;
	if (stat(slash ? folder : ".", &dir) || !(dir.st_mode & S_ISVTX) || !(dir.st_mode & S_IWOTH) ||
	    st.st_uid == dir.st_uid)
		return 0;
	return err_set(err, EACCES,
	               "%s belongs to another user (uid %u), in a folder that everybody may write to; choose another "
	               "file with -o FILE",
	               o->path, st.st_uid);
}

/* What was opened is what was looked at. */
static int check_same(const struct trace_output *o, int fd, const struct stat *seen, struct err *err)
{
	struct stat st;

	if (!fstat(fd, &st) && st.st_dev == seen->st_dev && st.st_ino == seen->st_ino)
		return 0;
	return err_set(err, EBUSY, "%s was replaced while it was opened; choose another file with -o FILE", o->path);
}

int trace_output_open(struct trace_output *o, const char *path, bool force, struct err *err)
{
	struct stat st;

	*o = (struct trace_output){ .fd = -1, .path = path };
	if (strcmp(path, "-") == 0) {
		o->is_stdout = true;
		o->fd = STDOUT_FILENO;
		if (isatty(o->fd))
			return err_set(err, EINVAL, "not writing a binary trace to a terminal; use -o FILE");
		return 0;
	}
	if (stat(path, &st)) {
		o->created = errno == ENOENT;
		return o->created ? create(o, err) : cannot_write(o, err);
	}
	if (check_owner(o, err))
		return err->code;
	if (S_ISREG(st.st_mode)) {
		o->is_file = true;
		return check_old(o, force, err);
	}
	o->fd = open(path, O_WRONLY | O_CLOEXEC);
	return o->fd < 0 ? cannot_write(o, err) : check_same(o, o->fd, &st, err);
}

/* The old file gets the name FILE.old, as perf does it. */
static int replace_old(struct trace_output *o, struct err *err)
{
	char old[PATH_MAX];

	if ((size_t)snprintf(old, sizeof(old), "%s.old", o->path) >= sizeof(old)) {
		errno = ENAMETOOLONG;
		return cannot_write(o, err);
	}
	if (o->is_old ? rename(o->path, old) : unlink(o->path))
		return err_set(err, errno, "cannot rename %s to %s: %s", o->path, old, strerror(errno));
	return create(o, err);
}

int trace_output_start(struct trace_output *o, struct err *err)
{
	o->started = true;
	return o->is_file ? replace_old(o, err) : 0;
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
	if (o->created && !o->started && o->fd >= 0)
		unlink(o->path);
	o->fd = -1;
}
