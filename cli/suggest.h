/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_SUGGEST_H
#define CHANREC_CLI_SUGGEST_H

/* "Did you mean …?" for a misspelled option or command. */

struct suggestion {
	const char *typed;
	const char *best; /* NULL while nothing is close enough */
	unsigned distance;
};

/* Offers one of the valid words. It must outlive s. */
void suggest_try(struct suggestion *s, const char *word);

#endif
