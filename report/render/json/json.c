// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/json/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "report/render/utf8.h"
#include "util/buf.h"

/* yajl's own limit of nesting. */
#define MAX_DEPTH YAJL_MAX_DEPTH
/* Room for the last element of an outer list: lists within it are cut only here. */
#define INNER_ROOM (4u << 20)
#define MAX_CUTS 32

struct json {
	yajl_gen g;
	FILE *f;
	struct buf text; /* of a string that had to be mended */
	bool failed, compact;
	struct json_numbers *numbers;

	uint64_t bytes, limit; /* limit 0: none */
	unsigned depth;        /* of open objects and lists */
	bool is_list[MAX_DEPTH + 1];
	unsigned left_out; /* open objects and lists that are left out */
	const char *key;   /* of the document's object */
	struct {
		const char *key;
		uint64_t n;
	} cuts[MAX_CUTS];
	unsigned ncuts;
};

static void print(void *ctx, const char *s, size_t n)
{
	struct json *j = ctx;

	j->bytes += n;
	fwrite(s, 1, n, j->f);
}

int json_new(struct json **out, FILE *f, uint64_t limit, struct err *err)
{
	struct json *j = calloc(1, sizeof(*j));

	if (j)
		j->g = yajl_gen_alloc(NULL);
	if (!j || !j->g) {
		free(j);
		return err_nomem(err);
	}
	j->f = f;
	j->limit = limit;
	yajl_gen_config(j->g, yajl_gen_beautify, 1);
	yajl_gen_config(j->g, yajl_gen_indent_string, " ");
	yajl_gen_config(j->g, yajl_gen_print_callback, print, j);
	*out = j;
	return 0;
}

void json_compact(struct json *j)
{
	j->compact = true;
	yajl_gen_config(j->g, yajl_gen_beautify, 0);
}

void json_next_line(struct json *j)
{
	yajl_gen_reset(j->g, "\n");
}

int json_end_lines(struct json *j, struct err *err)
{
	if (j->failed || buf_failed(&j->text))
		return err_set(err, EIO, "could not complete the JSON document");
	return 0;
}

int json_end(struct json *j, struct err *err)
{
	/* Otherwise yajl writes it. */
	if (j->compact)
		print(j, "\n", 1);
	return json_end_lines(j, err);
}

void json_free(struct json *j)
{
	if (!j)
		return;
	yajl_gen_free(j->g);
	buf_free(&j->text);
	free(j);
}

void json_by_number(struct json *j, struct json_numbers *used)
{
	j->numbers = used;
}

struct json_numbers *json_numbers(const struct json *j)
{
	return j->numbers;
}

void json_numbers_free(struct json_numbers *n)
{
	vec_free(&n->places);
	vec_free(&n->stacks);
}

void json_no_limit(struct json *j)
{
	j->limit = 0;
}

void json_fail(struct json *j)
{
	j->failed = true;
}

static void check(struct json *j, yajl_gen_status s)
{
	if (s != yajl_gen_status_ok && s != yajl_gen_generation_complete)
		j->failed = true;
}

static void count_cut(struct json *j)
{
	if (!j->ncuts || j->cuts[j->ncuts - 1].key != j->key) {
		if (j->ncuts == MAX_CUTS)
			return;
		j->cuts[j->ncuts++].key = j->key;
	}
	j->cuts[j->ncuts - 1].n++;
}

/* Whether the next value is written: beyond the limit, no more elements of lists are. */
static bool has_room(struct json *j)
{
	uint64_t limit = j->limit + (j->depth > 2 ? INNER_ROOM : 0);

	if (j->left_out)
		return false;
	if (!j->limit || j->bytes < limit || j->depth > MAX_DEPTH || !j->is_list[j->depth])
		return true;
	count_cut(j);
	return false;
}

static void open_as(struct json *j, bool is_list)
{
	if (!has_room(j)) {
		j->left_out++;
		return;
	}
	check(j, is_list ? yajl_gen_array_open(j->g) : yajl_gen_map_open(j->g));
	if (++j->depth <= MAX_DEPTH)
		j->is_list[j->depth] = is_list;
}

static void close_as(struct json *j, bool is_list)
{
	if (j->left_out) {
		j->left_out--;
		return;
	}
	check(j, is_list ? yajl_gen_array_close(j->g) : yajl_gen_map_close(j->g));
	j->depth--;
}

void json_open(struct json *j)
{
	open_as(j, false);
}

void json_close(struct json *j)
{
	close_as(j, false);
}

void json_open_list(struct json *j)
{
	open_as(j, true);
}

void json_close_list(struct json *j)
{
	close_as(j, true);
}

void json_key(struct json *j, const char *key)
{
	if (j->left_out)
		return;
	if (j->depth == 1)
		j->key = key;
	check(j, yajl_gen_string(j->g, (const unsigned char *)key, strlen(key)));
}

void json_key_cuts(struct json *j, const char *key)
{
	json_key(j, key);
	if (!j->ncuts) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_u64(j, "limit_bytes", j->limit);
	for (unsigned i = 0; i < j->ncuts; i++)
		json_key_u64(j, j->cuts[i].key, j->cuts[i].n);
	json_close(j);
}

void json_str(struct json *j, const char *s)
{
	size_t left = strlen(s);

	if (!has_room(j))
		return;
	buf_reset(&j->text);
	while (left) {
		uint32_t c;
		size_t n = utf8_decode(s, left, &c);

		if (n)
			buf_put(&j->text, s, n);
		else
			buf_put(&j->text, "\xef\xbf\xbd", 3);
		s += n ? n : 1;
		left -= n ? n : 1;
	}
	check(j, yajl_gen_string(j->g, j->text.len ? j->text.data : (const unsigned char *)"", j->text.len));
}

void json_u64(struct json *j, uint64_t v)
{
	char s[24];
	int n = snprintf(s, sizeof(s), "%" PRIu64, v);

	if (has_room(j))
		check(j, yajl_gen_number(j->g, s, (size_t)n));
}

void json_i64(struct json *j, int64_t v)
{
	if (has_room(j))
		check(j, yajl_gen_integer(j->g, v));
}

void json_bool(struct json *j, bool v)
{
	if (has_room(j))
		check(j, yajl_gen_bool(j->g, v));
}

void json_null(struct json *j)
{
	if (has_room(j))
		check(j, yajl_gen_null(j->g));
}

void json_hex(struct json *j, uint64_t v)
{
	char s[24];

	snprintf(s, sizeof(s), "0x%" PRIx64, v);
	json_str(j, s);
}

void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void json_key_i64(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

void json_key_f64(struct json *j, const char *key, double v)
{
	char s[64];
	int n = snprintf(s, sizeof(s), "%.3f", isfinite(v) ? v : 0);

	json_key(j, key);
	if (has_room(j))
		check(j, yajl_gen_number(j->g, s, (size_t)n));
}

void json_key_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void json_key_null(struct json *j, const char *key)
{
	json_key(j, key);
	json_null(j);
}

void json_key_hex(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_hex(j, v);
}

void json_key_u64_if(struct json *j, const char *key, bool known, uint64_t v)
{
	json_key(j, key);
	if (known)
		json_u64(j, v);
	else
		json_null(j);
}

void json_key_i64_if(struct json *j, const char *key, bool known, int64_t v)
{
	json_key(j, key);
	if (known)
		json_i64(j, v);
	else
		json_null(j);
}

void json_key_str_if(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	if (s && *s)
		json_str(j, s);
	else
		json_null(j);
}
