/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_VET_BASELINE_H
#define CHANREC_CLI_VET_BASELINE_H

/*
 * Findings of vet that are accepted: vet --baseline, --write-baseline. The key
 * of one has no line numbers, so that it stays the same when other code
 * changes: "send-no-receiver api/price.go Price: send on result blocks …".
 */

#include "util/err.h"
#include "vet/vet.h"

/* Leaves out what the file lists, and says on stderr how many entries match no finding. 0 or -errno. */
int vet_baseline_apply(struct vet *v, const char *path, struct err *err);
/* Writes the keys of all findings. 0 or -errno. */
int vet_baseline_write(const struct vet *v, const char *path, struct err *err);

#endif
