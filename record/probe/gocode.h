/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_GOCODE_H
#define CHANREC_RECORD_PROBE_GOCODE_H

/*
 * Decodes functions of a program from its file, and finds the frame slots in
 * which they keep their arguments.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/probe/site.h"

/*
 * Decodes a function; free it with code_close(). -ENOENT: no such function;
 * -ENOEXEC: not plausible code. err may be NULL.
 */
int gocode_open(struct code *c, const struct gobin *bin, const struct go_func *f, struct err *err);
int gocode_open_name(struct code *c, const struct gobin *bin, const char *name, struct err *err);

/* Where runtime.selectgo keeps its cases and their number, as offsets from rbp. */
struct select_slots {
	int32_t cas0; /* < 0: not found, or the program has no select */
	int32_t nsends, ncases;
};
struct select_slots gocode_select_slots(const struct gobin *bin);

/* Whether the function stores its first argument in its spill slot, 16 bytes above rbp. */
bool gocode_keeps_arg(const struct gobin *bin, const char *name);

#endif
