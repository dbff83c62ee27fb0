/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_PATH_H
#define CHANREC_UTIL_PATH_H

#include <stdbool.h>
#include <string.h>

/* What follows the last slash; the path itself when it has none. */
static inline const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether what lies there is named by the system, not by users: no file of /dev/shm or queue of /dev/mqueue. */
static inline bool path_is_device(const char *path)
{
	return !strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0 &&
	       strncmp(path, "/dev/mqueue/", 12) != 0;
}

#endif
