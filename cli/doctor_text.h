/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_DOCTOR_TEXT_H
#define CHANREC_CLI_DOCTOR_TEXT_H

#include <stdio.h>

#include "record/doctor.h"

/* A finding as a line, or a heading, and what to do about it. */
void doctor_text(FILE *to, const struct doctor_finding *f);

#endif
