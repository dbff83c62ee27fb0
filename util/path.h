/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_PATH_H
#define CHANREC_UTIL_PATH_H

#include <string.h>

/* What follows the last slash; the path itself when it has none. */
static inline const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

#endif
