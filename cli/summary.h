/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_SUMMARY_H
#define CHANREC_CLI_SUMMARY_H

/* What record says when it is done. */

#include <stdio.h>

#include "record/recorder.h"
#include "record/sampling.h"

/* One line per notable fact; the last line names the file and the next step. */
void summary_print(const struct recorder_opts *opts, const struct recorder_summary *sum, FILE *f);
/* The exit status of a command that ended by itself, as a shell reports it; else 0. */
/* The same of a recording without probes. */
void summary_print_samples(const struct recorder_opts *opts, const struct sampling_summary *sum, FILE *f);
int summary_exit_code(const struct recorder_summary *sum);

#endif
