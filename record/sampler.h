/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SAMPLER_H
#define CHANREC_RECORD_SAMPLER_H

/*
 * Samples of all goroutines, read from the target's memory without stopping
 * it. The first one is written as the snapshot at the start; of the later ones,
 * what differs from the sample before, as the events that must have happened in
 * between: a goroutine is there, is gone, waits, or waits no more. An event has
 * the time of the sample that shows it. What began and ended between two samples
 * is not seen, and no event says who caused it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/encode/encode.h"
#include "record/goread/gread.h"

struct sampler;

/* env and e must outlive *s. sampler_free() is safe even after an error. */
int sampler_new(struct sampler **s, const struct gread_env *env, struct encoder *e, struct err *err);
/*
 * Begins a sample: reads the list of goroutines. If the target is gone, the
 * sample is over at once; that is no error.
 */
int sampler_begin(struct sampler *s, struct err *err);
/* Looks at the next part of the goroutines. sampler_done() once all were looked at. */
int sampler_step(struct sampler *s, struct err *err);
bool sampler_done(const struct sampler *s);
/* Leaves the rest of the first sample out, so that its snapshot is partial. A later sample is always completed. */
int sampler_abandon(struct sampler *s, struct err *err);
/* The number of samples that were completed. */
uint64_t sampler_samples(const struct sampler *s);
/* Goroutines in the last sample that was completed. */
uint64_t sampler_goroutines(const struct sampler *s);
void sampler_free(struct sampler *s);

#endif
