/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_ARGS_H
#define CHANREC_CLI_ARGS_H

#include <stdint.h>

/* Values of options. 0, or -EINVAL when s is none of its kind. */
int args_u64(const char *s, uint64_t max, uint64_t *v);
/* "1.5" (seconds), "500ms", "20us", "3m"; not negative; to ns. */
int args_time(const char *s, int64_t *ns);

#endif
