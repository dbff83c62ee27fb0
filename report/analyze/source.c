// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/source.h"

#include <stdlib.h>

const struct source_place *sources_place(const struct sources *s, uint32_t place)
{
	size_t lo = 0, hi = s ? s->places.n : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->places.v[mid].place == place)
			return &s->places.v[mid];
		if (s->places.v[mid].place < place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct source_claim *sources_claim(const struct sources *s, uint32_t place)
{
	for (size_t i = 0; s && i < s->claims.n; i++)
		if (s->claims.v[i].place == place)
			return &s->claims.v[i];
	return NULL;
}

void sources_free(struct sources *s)
{
	for (size_t i = 0; i < s->places.n; i++) {
		free(s->places.v[i].path);
		for (size_t k = 0; k < s->places.v[i].text.n; k++)
			free(s->places.v[i].text.v[k]);
		vec_free(&s->places.v[i].text);
	}
	for (size_t i = 0; i < s->claims.n; i++) {
		struct source_claim *c = &s->claims.v[i];

		free(c->path);
		free(c->text);
		for (size_t k = 0; k < c->steps.n; k++) {
			free(c->steps.v[k].path);
			free(c->steps.v[k].text);
		}
		vec_free(&c->steps);
	}
	vec_free(&s->places);
	vec_free(&s->claims);
}
