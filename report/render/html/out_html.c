// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report for a browser, in one file that loads nothing. Its application (web/)
 * shows a block of facts. Browsers that run no scripts show the text and the
 * topology, which the application has as one of its views.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/html/page.h"
#include "report/render/out.h"
#include "report/render/text/text.h"
#include "util/path.h"

/* Rows of a table: a page in a browser scrolls. */
#define HTML_TOP 200

/* What `make web` built, as strings, and their hashes in base64; both made by the Makefile. */
static const char css[] =
#include "report/render/html/app.css.inc"
        ;
static const char js[] =
#include "report/render/html/app.js.inc"
        ;
static const char css_hash[] =
#include "report/render/html/app.css.hash.inc"
        ;
static const char js_hash[] =
#include "report/render/html/app.js.hash.inc"
        ;

/*
 * Nothing is loaded, sent or framed, and no script or style but these two is used, whatever
 * names in the trace look like.
 */
static void put_policy(FILE *f)
{
	fprintf(f,
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-%s'; "
	        "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
	        js_hash, css_hash);
}

static void put_head(struct text *t)
{
	fputs("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n", t->f);
	put_policy(t->f);
	fputs("<meta name=viewport content=\"width=device-width\">\n"
	      "<meta name=color-scheme content=\"light dark\">\n<title>",
	      t->f);
	text_say(t, "chanrec report: {text}", W_TEXT(path_base(t->r->meta->exe)));
	text_flush(t, t->b.len);
	fprintf(t->f, "</title>\n<style>%s</style>\n</head>\n<body>\n", css);
}

/* Only Graphviz's svg element: the lines before it refer to an external document type. */
static int put_picture(struct text *t, struct err *err)
{
	char *svg = NULL, *from;
	size_t n = 0;
	FILE *f = open_memstream(&svg, &n);
	struct err why = { 0 };
	int ret;

	if (!f)
		return err_nomem(err);
	ret = out_svg_write(t->r, f, &why);
	if (fclose(f) && !ret)
		ret = err_nomem(&why);
	text_title(t, "Topology", NULL);
	from = ret || !svg ? NULL : strstr(svg, "<svg");
	if (from)
		fprintf(t->f, "<div class=picture>\n%s</div>\n", from);
	else
		text_line(t, "Not drawn: {text}", W_TEXT(why.msg));
	free(svg);
	return ret == -ENOMEM ? err_set(err, ENOMEM, "%s", why.msg) : 0;
}

/* What the page shows until the application has begun, and where there are no scripts. */
static int put_text(struct text *t, struct err *err)
{
	int ret;

	fputs("<main id=text>\n", t->f);
	text_put_head(t);
	text_put_warnings(t);
	text_put_first(t);
	ret = put_picture(t, err);
	if (!ret)
		text_put_rest(t);
	fputs("</main>\n", t->f);
	return ret;
}

static int put_data(const struct report *r, FILE *f, struct err *err)
{
	FILE *packed;
	int ret;

	fputs("<script id=data type=\"application/gzip\">", f);
	packed = pack_open(f);
	if (!packed)
		return err_nomem(err);
	ret = page_data_write(r, packed, err);
	if (fclose(packed) && !ret)
		ret = err_set(err, EIO, "could not write the report's data");
	fputs("</script>\n", f);
	return ret;
}

static int write_page(const struct report *r, const struct report *page, FILE *f, struct err *err)
{
	struct text t;
	int ret;

	text_init(&t, f, page);
	t.html = true;
	put_head(&t);
	ret = put_text(&t, err);
	if (!ret)
		ret = put_data(r, f, err);
	fprintf(f, "<script>%s</script>\n</body>\n</html>\n", js);
	if (!ret && buf_failed(&t.b))
		ret = err_nomem(err);
	text_free(&t);
	return ret;
}

static int write_html(const struct report *r, FILE *f, struct err *err)
{
	struct report page = *r;

	if (page.opts.top < HTML_TOP)
		page.opts.top = HTML_TOP;
	page.opts.link = NULL;
	return write_page(r, &page, f, err);
}

const struct output output_html = {
	.name = "html",
	.help = "an application for a browser, in one file: findings, tables, timeline, topology, flame graphs",
	.wants_each = true,
	.wants_wake_stacks = true,
	.write = write_html,
};
