// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report as one HTML file with the topology in it: no scripts, nothing from outside. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/text/text.h"
#include "util/path.h"

/* Rows of a table: a page scrolls. */
#define HTML_TOP 200

static const char head[] =
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=viewport content=\"width=device-width\">\n"
        "<style>\n"
        "body{font:14px/1.45 system-ui,sans-serif;color:#212121;background:#fff;margin:1.5em auto;max-width:1200px;"
        "padding:0 1em}\n"
        "h2{font-size:1.1em;margin:2em 0 .5em;border-bottom:1px solid #ccc;text-transform:capitalize}\n"
        "p{margin:.15em 0;overflow-wrap:anywhere}\n"
        "table{border-collapse:collapse;font-size:13px}\n"
        "th{text-align:left;color:#616161;font-weight:normal;border-bottom:1px solid #ccc}\n"
        "td,th{padding:.15em .9em .15em 0;vertical-align:top}\n"
        "td{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
        ".num{text-align:right;white-space:nowrap}\n"
        "tr.note td{color:#616161;padding-left:2em}\n"
        "tr:target td{background:#fff3e0}\n"
        ".strong{font-weight:600}.bad{font-weight:600;color:#c62828}.warn{color:#b26a00}.dim{color:#757575}\n"
        ".graph{overflow:auto;border:1px solid #ddd}.graph svg{max-width:100%;height:auto}\n"
        "</style>\n<title>";

static void put_title(struct text *t)
{
	fputs(head, t->f);
	fmt_raw(&t->b, "chanrec report: ");
	fmt_text(&t->b, path_base(t->r->meta->exe));
	text_flush(t, t->b.len);
	fputs("</title>\n</head>\n<body>\n", t->f);
}

/* The picture; what Graphviz writes before its svg element names a document type elsewhere. */
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
	text_title(t, "topology", NULL);
	from = ret || !svg ? NULL : strstr(svg, "<svg");
	if (from)
		fprintf(t->f, "<div class=graph>\n%s</div>\n", from);
	else
		text_line(t, "Not drawn: %s", why.msg);
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

const struct output output_html = { "html", "the text and the picture as one file for a browser", false, write_html };
