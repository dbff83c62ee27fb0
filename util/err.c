// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message may quote a name from a trace or a core, in which nothing is for the terminal. */
static void make_plain(char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < ' ' && c != '\n' && c != '\t') || c == 127)
			*s = '?';
		else if (c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80) /* U+0080 to U+009F */
			s[0] = s[1] = '?';
	}
}

int err_set(struct err *err, int errnum, const char *fmt, ...)
{
	char msg[ERR_MSG_SIZE];
	va_list ap;

	if (!err)
		return -errnum;
	/* An argument may be the old message. */
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	make_plain(msg);
	err->code = -errnum;
	memcpy(err->msg, msg, strlen(msg) + 1);
	return -errnum;
}

int err_nomem(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char old[ERR_MSG_SIZE];
	va_list ap;
	int n;

	if (!err)
		return 0;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_plain(err->msg);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %.900s", old);
	return err->code;
}
