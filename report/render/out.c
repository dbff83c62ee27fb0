// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/out.h"

#include <string.h>

static const struct output *const outputs[] = {
	&output_text, &output_folded, &output_dot, &output_svg, &output_html, &output_json, NULL,
};

const struct output *output_at(size_t i)
{
	return i < sizeof(outputs) / sizeof(*outputs) ? outputs[i] : NULL;
}

const struct output *output_find(const char *name)
{
	for (size_t i = 0; outputs[i]; i++)
		if (!strcmp(outputs[i]->name, name))
			return outputs[i];
	return NULL;
}
