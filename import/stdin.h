/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_STDIN_H
#define CHANREC_IMPORT_STDIN_H

/*
 * A file in memory with all of stdin, unless that is a trace, which is not
 * touched: traces are read as a stream. -1: it is a trace, or cannot be read; then errno says why.
 */
int stdin_text(void);

#endif
