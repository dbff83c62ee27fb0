/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_PLAIN_H
#define CHANREC_UTIL_PLAIN_H

/*
 * Replaces control characters, other than line breaks and tabs, by "?": a
 * message may quote a command line, or a name from a trace, a core or a source
 * tree, in which nothing is for the terminal.
 */
static inline void plain_text(char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < ' ' && c != '\n' && c != '\t') || c == 127)
			*s = '?';
		else if (c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80) /* U+0080 to U+009F */
			s[0] = s[1] = '?';
	}
}

#endif
