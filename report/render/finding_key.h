/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_FINDING_KEY_H
#define CHANREC_REPORT_RENDER_FINDING_KEY_H

#include "report/analyze/report.h"
#include "util/buf.h"

/*
 * Appends what identifies a finding from one recording to the next: its kind
 * and functions, without line numbers, which move, and without numbers of
 * goroutines. One line of text: "leak main.produce, created by main.serve".
 */
void finding_key(struct buf *b, const struct report *r, const struct finding *f);

#endif
