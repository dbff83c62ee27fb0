// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor_text.h"

void doctor_text(FILE *to, const struct doctor_finding *f)
{
	static const char *const marks[] = {
		[DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_LACKS] = "LACKS", [DOCTOR_FAILS] = "FAILS"
	};

	if (!f->what) {
		fprintf(to, "%s\n", f->text);
		return;
	}
	fprintf(to, "  %-5s  %-14s  %s\n", marks[f->level], f->what, f->text);
	if (f->todo && f->level != DOCTOR_OK)
		fprintf(to, "  %-5s  %-14s  -> %s\n", "", "", f->todo);
}
