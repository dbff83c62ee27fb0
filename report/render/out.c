// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/out.h"

#include <string.h>

/* In the order of --help. */
static const struct output *const outputs[] = {
	&output_text, &output_folded, &output_dot, &output_svg, &output_html, &output_json,
};

const struct output *output_at(size_t i)
{
	return i < sizeof(outputs) / sizeof(*outputs) ? outputs[i] : NULL;
}

const struct output *output_find(const char *name)
{
	const struct output *o;

	for (size_t i = 0; (o = output_at(i)); i++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}
