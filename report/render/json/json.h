/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_JSON_JSON_H
#define CHANREC_REPORT_RENDER_JSON_JSON_H

/* A JSON document, written as it is made. Invalid UTF-8 becomes U+FFFD. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/err.h"
#include "util/vec.h"

struct json;

/*
 * Beyond limit bytes (0: none), elements of lists are left out, so that the
 * document is whole and little longer; json_key_cuts() tells.
 */
int json_new(struct json **out, FILE *f, uint64_t limit, struct err *err);
/* Before the first value: without line breaks and blanks. */
void json_compact(struct json *j);
/* Ends a document of which another follows on the next line; compact only. */
void json_next_line(struct json *j);
/* After the last json_next_line(): as json_end(). */
int json_end_lines(struct json *j, struct err *err);
/* Ends the document with a newline. -EIO with a message when it is not whole. */
int json_end(struct json *j, struct err *err);
void json_free(struct json *j);
/* Places and stacks that a document names by number, and so has to list. */
struct json_numbers {
	VEC(bool) places, stacks;
};
/* From now on it names them by number. used must outlive the document. */
void json_by_number(struct json *j, struct json_numbers *used);
/* NULL: it does not. */
struct json_numbers *json_numbers(const struct json *j);
void json_numbers_free(struct json_numbers *n);
/* From now on nothing is left out. */
void json_no_limit(struct json *j);
/* Marks the document as not whole: json_end() will say so. */
void json_fail(struct json *j);

/* The last key of the document: how many elements each of its lists lacks; null: none. */
void json_key_cuts(struct json *j, const char *key);

void json_open(struct json *j); /* { */
void json_close(struct json *j);
void json_open_list(struct json *j); /* [ */
void json_close_list(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
void json_hex(struct json *j, uint64_t v); /* "0x…" */

/* Key and value. */
void json_key_str(struct json *j, const char *key, const char *s);
void json_key_u64(struct json *j, const char *key, uint64_t v);
void json_key_i64(struct json *j, const char *key, int64_t v);
void json_key_f64(struct json *j, const char *key, double v); /* three decimals */
void json_key_bool(struct json *j, const char *key, bool v);
void json_key_null(struct json *j, const char *key);
void json_key_hex(struct json *j, const char *key, uint64_t v);
/* null unless known */
void json_key_u64_if(struct json *j, const char *key, bool known, uint64_t v);
void json_key_i64_if(struct json *j, const char *key, bool known, int64_t v);
void json_key_str_if(struct json *j, const char *key, const char *s);

#endif
