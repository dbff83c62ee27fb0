// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/out.h"

/* In the order of --help. */
static const struct output *const outputs[] = {
	&output_text,     &output_traceback, &output_folded, &output_pprof, &output_speedscope,
	&output_perfetto, &output_chrome,    &output_dot,    &output_svg,   &output_html,
	&output_json,     &output_ndjson,    &output_sqlite,
};

const struct output *output_at(size_t i)
{
	return i < sizeof(outputs) / sizeof(*outputs) ? outputs[i] : NULL;
}
