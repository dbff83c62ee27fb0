// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/tracefile.h"

#include <errno.h>
#include <unistd.h>

#include "cli/command.h"

int tracefile_operand(const struct operands *rest, const char **path, struct err *err)
{
	if (rest->n > 1) {
		err_set(err, EINVAL, "give one trace, not %d ('%s', '%s')", rest->n, rest->v[0], rest->v[1]);
		return EXIT_USAGE;
	}
	*path = rest->n ? rest->v[0] : TRACEFILE_DEFAULT;
	if (!rest->n && access(TRACEFILE_DEFAULT, F_OK)) {
		err_set(err, ENOENT,
		        "there is no " TRACEFILE_DEFAULT " here; name a trace, or make one with chanrec record");
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}
