// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/plain.h"

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
	plain_text(msg);
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
	plain_text(err->msg);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %.900s", old);
	return err->code;
}
