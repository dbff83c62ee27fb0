/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ALERT_ALERT_H
#define CHANREC_RECORD_ALERT_ALERT_H

/*
 * Notices goroutines that wait too long while a recording goes on. Every quarter
 * of the limit it glances at all goroutines; only one that has been in the same
 * wait for the whole limit is read with its stack, once, and judged. So events
 * cost nothing, lost or left out ones do not matter, and the target is not touched.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/alert/fact.h"
#include "record/goread/gread.h"

/* All classes of waits that an alert can be about: on channels and on locks, and those that nothing can end. */
uint32_t alert_classes(void);

struct alerts;

/*
 * env and opts must outlive *out. -ENOTSUP: this program's goroutines do not show whether a wait is still the
 * same one.
 */
int alerts_new(struct alerts **out, const struct alert_opts *opts, const struct gread_env *env, uint32_t pid,
               struct err *err);
/*
 * Does a bounded part of the work, if any is due. halted: ns that the target
 * has been stopped or frozen so far. *fired: an alert was raised. 0 or -ENOMEM.
 */
int alerts_step(struct alerts *a, uint64_t halted, bool *fired, struct err *err);
/* Whether a scan has begun and is not over. a may be NULL. */
bool alerts_busy(const struct alerts *a);
/* Number of alerts raised. a may be NULL. */
uint64_t alerts_raised(const struct alerts *a);
/* Waits for a program that runs, for some seconds at most. a may be NULL. */
void alerts_free(struct alerts *a);

#endif
