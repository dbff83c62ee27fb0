// SPDX-License-Identifier: GPL-2.0-or-later
/* The full text report and the topology as one HTML file, without scripts or anything loaded from elsewhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/out.h"
#include "report/render/text/text.h"
#include "util/path.h"

/* Rows of a table: a page in a browser scrolls. */
#define HTML_TOP 200

/* report.css as a string, made by the Makefile. */
static const char css[] =
#include "report/render/text/report.css.inc"
        ;

static const char head[] =
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=viewport content=\"width=device-width\">\n";

static void put_title(struct text *t)
{
	fprintf(t->f, "%s<style>\n%s</style>\n<title>", head, css);
	text_say(t, "chanrec report: {text}", W_TEXT(path_base(t->r->meta->exe)));
	text_flush(t, t->b.len);
	fputs("</title>\n</head>\n<body>\n", t->f);
}

/* Only Graphviz's svg element: the lines before it refer to an external document type. */
static int put_graph(struct text *t, struct err *err)
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
		fprintf(t->f, "<div class=graph>\n%s</div>\n", from);
	else
		text_line(t, "Not drawn: {text}", W_TEXT(why.msg));
	free(svg);
	return ret == -ENOMEM ? err_set(err, ENOMEM, "%s", why.msg) : 0;
}

static int write_page(const struct report *r, FILE *f, struct err *err)
{
	struct text t;
	int ret;

	text_init(&t, f, r);
	t.html = true;
	put_title(&t);
	text_put_head(&t);
	text_put_warnings(&t);
	text_put_first(&t);
	ret = put_graph(&t, err);
	if (!ret)
		text_put_rest(&t);
	fputs("</body>\n</html>\n", f);
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
	return write_page(&page, f, err);
}

const struct output output_html = {
	.name = "html",
	.help = "the full text and the picture as one file for a browser",
	.write = write_html,
};
