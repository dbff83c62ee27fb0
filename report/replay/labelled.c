// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/replay/labelled.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "format/trace.h"
#include "util/vec.h"

#define IS_KEY 1u
#define IS_VALUE 2u

struct wanted {
	const char *key, *value; /* value: NULL: any */
	size_t key_len;
	VEC(uint8_t) strings; /* IS_…, by id */
};

static int take_string(struct wanted *w, const struct trace_def_string *d)
{
	uint8_t is = 0;

	if (strlen(d->s) == w->key_len && !strncasecmp(d->s, w->key, w->key_len))
		is |= IS_KEY;
	if (!w->value || !strcasecmp(d->s, w->value))
		is |= IS_VALUE;
	if (d->id < w->strings.n)
		return 0;
	if (vec_extend(&w->strings, (size_t)d->id + 1))
		return -ENOMEM;
	w->strings.v[d->id] = is;
	return 0;
}

/* String 0 is the empty one. */
static uint8_t string_is(const struct wanted *w, uint32_t id)
{
	if (!id)
		return !w->value || !*w->value ? IS_VALUE : 0;
	return id < w->strings.n ? w->strings.v[id] : 0;
}

static int take(struct wanted *w, struct map *goids, const struct trace_rec *rec, bool *any)
{
	if (rec->type == TRACE_DEF_STRING)
		return take_string(w, &rec->def_string);
	if (rec->type != TRACE_SNAP_LABEL || !rec->goid)
		return 0;
	*any = true;
	if (!(string_is(w, rec->snap_label.key) & IS_KEY) || !(string_is(w, rec->snap_label.value) & IS_VALUE))
		return 0;
	return map_put(goids, rec->goid, NULL) ? 0 : -ENOMEM;
}

int labelled_find(struct map *goids, const char *path, const char *want, bool *any, struct err *err)
{
	const char *is = strchr(want, '=');
	struct wanted w = { .key = want,
		            .key_len = is ? (size_t)(is - want) : strlen(want),
		            .value = is ? is + 1 : NULL };
	struct trace_reader *reader = NULL;
	struct trace_rec rec;
	struct err damage = { 0 };
	int ret;

	*any = false;
	if (!strcmp(path, "-"))
		return err_set(err, EINVAL, "--label reads the trace twice, so the trace cannot come from a pipe");
	ret = trace_reader_open(&reader, path, err);
	if (ret)
		return ret;
	while (!ret && trace_reader_next(reader, &rec, &damage) > 0)
		ret = take(&w, goids, &rec, any);
	trace_reader_free(reader);
	vec_free(&w.strings);
	return ret || damage.code == -ENOMEM ? err_nomem(err) : 0;
}
