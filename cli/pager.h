/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_PAGER_H
#define CHANREC_CLI_PAGER_H

/*
 * Long text on a terminal goes through a pager, as git's does: $CHANREC_PAGER,
 * else $PAGER, else less. Empty or "cat" means none. LESS=FRX is set for it
 * unless LESS is set: colours are kept, and a short text just stays on the screen.
 */

#include <stdbool.h>

/*
 * From here on stdout is a pipe to the pager, if stdout is a terminal and a
 * pager can be started. When the user quits the pager early, the process exits
 * with 0. Returns whether there is a pager.
 */
bool pager_start(void);
/*
 * Waits until the user has quit the pager; stdout is the terminal again. Without a pager does nothing. false: the
 * shell could not run the pager, and what was written is lost.
 */
bool pager_finish(void);

#endif
