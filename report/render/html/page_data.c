// SPDX-License-Identifier: GPL-2.0-or-later
/* The block of facts in the browser report. */
#include <errno.h>
#include <stdlib.h>

#include "report/analyze/selection.h"
#include "report/render/html/page.h"
#include "report/render/json/out_json.h"
#include "report/render/text/text.h"

/* Before compression, which leaves less than a tenth; more makes a browser slow. */
#define PAGE_MAX_BYTES (UINT64_C(64) << 20)
#define PAGE_WAKES 20000
/* Text that is to be copied into a bug report. */
#define COPY_WIDTH 100

static void section_copy(struct text *t, size_t i)
{
	text_put_page(t);
}

static void section_warnings(struct text *t, size_t i)
{
	text_put_warnings(t);
}

static void section_findings_intro(struct text *t, size_t i)
{
	text_put_findings_intro(t);
}

static void section_finding(struct text *t, size_t i)
{
	text_put_finding(t, i);
}

/* A part of the text report as a string. */
static void put_text(struct json *j, const struct report *r, size_t width, void (*section)(struct text *t, size_t i),
                     size_t i)
{
	struct text t;
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	if (!f) {
		json_fail(j);
		json_null(j);
		return;
	}
	text_init(&t, f, r);
	t.color = false;
	t.width = width;
	section(&t, i);
	if (buf_failed(&t.b))
		json_fail(j);
	text_free(&t);
	if (fclose(f))
		json_fail(j);
	json_str(j, s ? s : "");
	free(s);
}

static void put_texts(struct json *j, const struct report *r)
{
	json_key(j, "text");
	put_text(j, r, COPY_WIDTH, section_copy, 0);
	/* A line for each, which the page breaks. */
	json_key(j, "warnings");
	put_text(j, r, SIZE_MAX / 2, section_warnings, 0);
	json_key(j, "findings_intro");
	put_text(j, r, SIZE_MAX / 2, section_findings_intro, 0);
	json_key(j, "finding_texts");
	json_open_list(j);
	for (size_t i = 0; i < r->findings.v.n; i++)
		put_text(j, r, COPY_WIDTH, section_finding, i);
	json_close_list(j);
}

static int heavier(const void *a, const void *b)
{
	const struct wake *x = *(const struct wake *const *)a, *y = *(const struct wake *const *)b;

	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Only those that cost most: a busy server has a pair of goroutines for nearly every wake-up. */
static void put_wakes(struct json *j, const struct report *r)
{
	size_t n = r->m->wakes.n;
	const struct wake **v = calloc(n + 1, sizeof(const struct wake *));

	if (!v)
		json_fail(j);
	for (size_t i = 0; v && i < n; i++)
		v[i] = &r->m->wakes.v[i];
	if (v)
		qsort(v, n, sizeof(*v), heavier);
	json_key(j, "wakes");
	json_open_list(j);
	for (size_t i = 0; v && i < n && i < PAGE_WAKES; i++)
		json_put_wake(j, v[i]);
	json_close_list(j);
	json_key_u64(j, "wakes_left_out", n > PAGE_WAKES ? n - PAGE_WAKES : 0);
	free(v);
}

static int put_all(struct json *j, const struct report *r, const struct selection *sel, struct err *err)
{
	struct json_numbers numbers = { 0 };
	int ret;

	json_compact(j);
	json_by_number(j, &numbers);
	json_open(j);
	put_texts(j, r);
	page_put_graph(j, r);
	page_put_flame(j, r);
	ret = page_put_timeline(j, r, err);
	json_put_summary(j, r, sel);
	/* Who uses which channel is also in "channels". */
	json_put_use_rows(j, r);
	json_put_syncs(j, r);
	json_put_owners(j, r);
	json_put_objects(j, r);
	put_wakes(j, r);
	json_put_channels(j, r, sel);
	json_put_goroutines(j, r, sel);
	json_key_cuts(j, "cut");
	json_put_numbers(j, r);
	json_close(j);
	json_numbers_free(&numbers);
	return ret ? ret : json_end(j, err);
}

int page_data_write(const struct report *r, FILE *f, struct err *err)
{
	uint64_t limit = budget_output(&r->budget, r->reader);
	struct selection sel;
	struct json *j = NULL;
	int ret = selection_make(&sel, r) ? err_nomem(err) : 0;

	if (!ret)
		ret = json_new(&j, f, limit && limit < PAGE_MAX_BYTES ? limit : PAGE_MAX_BYTES, err);
	if (!ret)
		ret = put_all(j, r, &sel, err);
	json_free(j);
	selection_free(&sel);
	return ret;
}
