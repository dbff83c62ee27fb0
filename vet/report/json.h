/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_REPORT_JSON_H
#define CHANREC_VET_REPORT_JSON_H

#include <stdio.h>

void json_string(FILE *f, const char *s);

#endif
