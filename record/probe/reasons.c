// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/reasons.h"

int wait_reasons_of(const struct gobin *bin, struct wait_reason *out, int max)
{
	const char *names[WAIT_REASONS_MAX];
	int n = gobin_wait_reasons(bin, names, max < WAIT_REASONS_MAX ? max : WAIT_REASONS_MAX);

	for (int i = 0; i < n; i++)
		out[i] = (struct wait_reason){ names[i], wait_class_by_reason(names[i]) };
	return n;
}
