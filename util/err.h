/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_ERR_H
#define CHANREC_UTIL_ERR_H

/*
 * A message that travels up beside a -errno. The function that knows what
 * happened fills it; only the command line prints it.
 */
#define ERR_MSG_SIZE 1024

struct err {
	int code; /* -errno of the last err_set(), 0 when none */
	char msg[ERR_MSG_SIZE];
};

/* Says what happened, why, and what to do. Returns -errnum. err may be NULL. */
int err_set(struct err *err, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Sets the message "out of memory"; what was being allocated would not help the user. Returns -ENOMEM. */
int err_nomem(struct err *err);

/* Prepends "fmt: " to the message. Returns err->code. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
