/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_GOPROFILE_H
#define CHANREC_IMPORT_GOPROFILE_H

/*
 * The goroutine profile: debug/pprof/goroutine and pprof.Lookup("goroutine"), in
 * the binary form (github.com/google/pprof, proto/profile.proto) and as the
 * text of debug=1 (runtime/pprof, printCountProfile).
 */

#include <stddef.h>

#include "import/build.h"
#include "util/err.h"

/*
 * Writes the goroutines of a binary profile, which is not compressed, to b.
 * *is_profile: false if it is something else, and nothing was written. -ENOTSUP: a profile of
 * something else than goroutines.
 */
int goprofile_read(struct import_build *b, const void *data, size_t n, bool *is_profile, uint64_t *left_out,
                   struct err *err);
/* The same for text. */
int goprofile_read_text(struct import_build *b, const char *text, size_t n, bool *is_profile, uint64_t *left_out,
                        struct err *err);

#endif
