// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/bytes.h"

#include <inttypes.h>
#include <stdio.h>

const char *bytes_text(char to[BYTES_MAX], uint64_t n)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)n;
	int i = 0;

	if (n < 1024) {
		snprintf(to, BYTES_MAX, "%" PRIu64 " bytes", n);
		return to;
	}
	while (v >= 1024 && i < 4) {
		v /= 1024;
		i++;
	}
	snprintf(to, BYTES_MAX, "%.1f %s", v, units[i]);
	return to;
}
