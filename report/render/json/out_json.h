/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_JSON_OUT_JSON_H
#define CHANREC_REPORT_RENDER_JSON_OUT_JSON_H

/* The lists of the JSON output: each writes its key and its value. */

#include "report/analyze/finding_places.h"
#include "report/analyze/report.h"
#include "report/analyze/selection.h"
#include "report/render/column.h"
#include "report/render/json/json.h"

/* The first members of the document, up to "edges": what does not grow with goroutines, channels and wake-ups. */
void json_put_summary(struct json *j, const struct report *r, const struct selection *sel);
/* Of a document with json_by_number(): the members "places" and "stacks", which are complete. */
void json_put_numbers(struct json *j, const struct report *r);
/* {function, file, line}, or its number; null for none. An address that was not resolved is its own function name. */
void json_put_place(struct json *j, const struct model *m, uint32_t place);
/* The members of such an object. */
void json_place_members(struct json *j, const struct model *m, uint32_t place);
void json_key_place(struct json *j, const char *key, const struct model *m, uint32_t place);
/* A list of places, innermost first; or its number, 0 for none. */
void json_put_stack(struct json *j, const struct report *r, uint32_t stack);
void json_key_stack(struct json *j, const char *key, const struct report *r, uint32_t stack);
void json_put_obj(struct json *j, const struct trace_obj *o);
/* A row of a table: the keys and values of the columns that have a key; json_put_row() makes an object of them. */
void json_put_cells(struct json *j, const struct report *r, const struct columns *columns, const void *row);
void json_put_row(struct json *j, const struct report *r, const struct columns *columns, const void *row);
void json_put_groups(struct json *j, const struct report *r);
void json_put_goroutines(struct json *j, const struct report *r, const struct selection *l);
/* Goroutines blocked at the end, grouped; and where they waited. */
void json_put_blocked(struct json *j, const struct report *r);
/* Goroutines that do not wait at the end, grouped. */
void json_put_active(struct json *j, const struct report *r);
void json_put_wait_sites(struct json *j, const struct report *r);
void json_put_channels(struct json *j, const struct report *r, const struct selection *l);
/* Channels that look alike; places that made channels and locks. */
void json_put_channel_rows(struct json *j, const struct report *r);
void json_put_objects(struct json *j, const struct report *r);
void json_put_syncs(struct json *j, const struct report *r);
void json_put_owners(struct json *j, const struct report *r);
/* The way from an owner to its object, as a list of strings; NULL: an empty one. */
void json_put_path(struct json *j, const struct model *m, const struct owner *o);
void json_put_wakes(struct json *j, const struct report *r);
void json_put_wake(struct json *j, const struct wake *w);
void json_put_edges(struct json *j, const struct report *r);
/* A list, of USER_… */
void json_put_roles(struct json *j, uint32_t mask);
/* Each goroutine with its channels; and the same pairs summed by where the channel was made and by group. */
void json_put_use_rows(struct json *j, const struct report *r);
void json_put_uses(struct json *j, const struct report *r, const struct selection *l);
void json_put_findings(struct json *j, const struct report *r);
/* With --source: the lines around a place, and what is wrong there. */
void json_key_source_lines(struct json *j, const struct report *r, uint32_t place);
void json_put_source_claims(struct json *j, const struct report *r, const struct finding_facts *facts);
void json_put_leaks(struct json *j, const struct report *r);
void json_put_chains(struct json *j, const struct report *r);

#endif
