/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_FILES_H
#define CHANREC_VET_FILES_H

#include <stdbool.h>

#include "util/err.h"
#include "util/vec.h"

struct go_file {
	char *path;
	char *pkg;         /* its import path; the folder, if no go.mod says more */
	unsigned go_minor; /* 22, if go.mod says go 1.22; 0: it does not say */
};

struct go_files {
	VEC(struct go_file) v;
};

/*
 * Adds the Go files at a path: a file, or a folder with all below it but testdata, vendor, and names that begin with
 * . or _, as the go command does. Symbolic links below the path are not followed.
 */
int files_find(struct go_files *f, const char *path, bool tests, struct err *err);
void files_free(struct go_files *f);

#endif
