/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_REPORT_REPORT_H
#define CHANREC_VET_REPORT_REPORT_H

#include <stdio.h>

#include "vet/vet.h"

/* An output of chanrec vet. */
struct vet_output {
	const char *name, *help;
	void (*write)(const struct vet *v, FILE *f);
};

/* NULL after the last; the first is the default. */
const struct vet_output *vet_output_at(size_t i);

/* "server.refresh", as the function is called in reports. */
const char *func_text(const struct vet *v, uint32_t func, char *to, size_t size);
/* Whether the finding before it is the same, found from another function. */
bool is_repeated(const struct vet *v, size_t i);

/* "blocked", "not seen": a part of the JSON; NULL for SEEN_NONE. */
const char *seen_name(enum seen_kind k);
/* What the trace shows, as a phrase that follows "the trace: ". */
void seen_text(const struct seen *s, char *to, size_t size);

extern const struct vet_output vet_text, vet_json, vet_sarif;

#endif
