// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/suggest.h"

#include <string.h>

#define WORD_MAX 32

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each at a cost of 1. */
static unsigned distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			unsigned differs = a[i - 1] != b[j - 1];

			d[i][j] = least(d[i - 1][j - 1] + differs, least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

void suggest_try(struct suggestion *s, const char *word)
{
	size_t typed = strlen(s->typed), n = strlen(word);
	unsigned d, close;

	if (!typed || typed > WORD_MAX || n > WORD_MAX)
		return;
	d = distance(s->typed, typed, word, n);
	close = typed < 4 ? 1 : typed < 8 ? 2 : 3;
	if (d > close || (s->best && d >= s->distance))
		return;
	s->best = word;
	s->distance = d;
}
