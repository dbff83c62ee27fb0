// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "vet/report/json.h"
#include "vet/report/report.h"

void json_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < ' ' || c == 127)
			fprintf(f, "\\u%04x", c);
		else
			putc(c, f);
	}
	putc('"', f);
}

static void write_place(const struct vet *v, FILE *f, struct place at)
{
	const struct unit *u = program_unit(v->p, at.unit);
	uint32_t column, line = unit_line(u, at.pos, &column);

	fputs("\"file\": ", f);
	json_string(f, u->path);
	fprintf(f, ", \"line\": %u, \"column\": %u", line, column);
}

static void write_seen(FILE *f, const struct seen *s)
{
	char text[160];

	if (!s->kind)
		return;
	seen_text(s, text, sizeof(text));
	fprintf(f,
	        ", \"trace\": {\"seen\": \"%s\", \"goroutines\": %" PRIu64 ", \"waits\": %" PRIu64
	        ", \"open\": %" PRIu64 ", \"longest_ns\": %" PRId64 ", \"made\": %" PRIu64 ", \"closed\": %" PRIu64
	        ", \"message\": ",
	        seen_name(s->kind), s->goroutines, s->waits, s->open, s->longest, s->made, s->closed);
	json_string(f, text);
	putc('}', f);
}

static void write_finding(const struct vet *v, FILE *f, const struct finding *n)
{
	const struct check_info *c = check_at(n->check);
	char name[200];

	fprintf(f, "    {\"id\": \"%s\", \"severity\": \"%s\", \"confidence\": \"%s\", ", c->id,
	        c->severity == SEVERITY_ERROR ? "error" : "warning", confidence_name(n->confidence));
	if (c->verdict)
		fprintf(f, "\"verdict\": \"%s\", ", c->verdict);
	write_place(v, f, n->at);
	fputs(", \"message\": ", f);
	json_string(f, n->text);
	fputs(", \"function\": ", f);
	json_string(f, func_text(v, n->func, name, sizeof(name)));
	fputs(", \"from\": ", f);
	json_string(f, func_text(v, n->root, name, sizeof(name)));
	fputs(", \"path\": [", f);
	for (size_t i = 0; i < n->notes.n; i++) {
		fputs(i ? ", {" : "{", f);
		write_place(v, f, n->notes.v[i].at);
		fputs(", \"note\": ", f);
		json_string(f, n->notes.v[i].text);
		putc('}', f);
	}
	putc(']', f);
	write_seen(f, &n->seen);
	putc('}', f);
}

static void write_json(const struct vet *v, FILE *f)
{
	fprintf(f,
	        "{\n  \"version\": 1,\n  \"files\": %zu,\n  \"lines\": %zu,\n  \"ignored\": %zu,\n  \"findings\": [\n",
	        v->stats.files, v->stats.lines, v->ignored);
	for (size_t i = 0; i < v->sink.findings.n; i++) {
		write_finding(v, f, &v->sink.findings.v[i]);
		fputs(i + 1 < v->sink.findings.n ? ",\n" : "\n", f);
	}
	fputs("  ]\n}\n", f);
}

const struct vet_output vet_json = { "json",
	                             "for programs; a place that is reached from several functions is listed for each",
	                             write_json };
