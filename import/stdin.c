// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/stdin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "format/trace.h"

#define TEXT_MAX (1ll << 30) /* bytes of text that are taken */
#define TRY_MS 10

/*
 * The first bytes of a pipe, which stay in it: tee() copies without taking. A
 * writer may be slow, so it is asked again until there are enough or no more.
 */
static size_t peek(char *to, size_t want)
{
	ssize_t n = 0, before = -1;

	while ((size_t)n < want && n != before) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		int fds[2];

		before = n;
		if (poll(&p, 1, -1) < 0 || pipe2(fds, O_CLOEXEC))
			return 0;
		n = tee(STDIN_FILENO, fds[1], want, 0);
		n = n > 0 ? read(fds[0], to, (size_t)n) : 0;
		close(fds[0]);
		close(fds[1]);
		if (n < 0)
			return 0;
		/* What is there has been seen; unless the writer is gone, more may come. */
		if ((size_t)n < want && !(p.revents & POLLHUP)) {
			usleep(TRY_MS * 1000);
			before = -1;
		}
	}
	return (size_t)n;
}

static int take_all(void)
{
	int fd = memfd_create("chanrec stdin", MFD_CLOEXEC);
	long long all = 0;
	char buf[1 << 16];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0 && (all += n) <= TEXT_MAX)
		for (ssize_t at = 0, k; at < n; at += k)
			if ((k = write(fd, buf + at, (size_t)(n - at))) <= 0)
				goto failed;
	if (!n)
		return fd;
failed:
	close(fd);
	return -1;
}

int stdin_text(void)
{
	char head[TRACE_HEAD_BYTES];
	struct stat st;
	size_t n;

	if (fstat(STDIN_FILENO, &st))
		return -1;
	if (S_ISREG(st.st_mode))
		return dup(STDIN_FILENO);
	if (!S_ISFIFO(st.st_mode))
		return -1;
	n = peek(head, sizeof(head));
	return n == sizeof(head) && trace_is(head, n) ? -1 : take_all();
}
