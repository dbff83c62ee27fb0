/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_LEAK_WHY_H
#define CHANREC_REPORT_RENDER_LEAK_WHY_H

#include "report/analyze/leak.h"

/* The sentences of a leak: who waits where, and what the verdict rests on. The caller frees it; NULL: out of memory. */
char *leak_why(const struct model *m, struct holders *h, const struct leaks *all, const struct leak *l);

#endif
