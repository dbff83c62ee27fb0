// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vet/report/json.h"
#include "vet/report/report.h"

/* SARIF 2.1.0 (OASIS), as code hosts read it. */

static void write_rules(FILE *f)
{
	const struct check_info *c;

	for (size_t i = 0; (c = check_at(i)); i++) {
		fprintf(f, "%s        {\"id\": \"%s\", \"shortDescription\": {\"text\": ", i ? ",\n" : "", c->id);
		json_string(f, c->title);
		fputs("}, \"fullDescription\": {\"text\": ", f);
		json_string(f, c->explain);
		fprintf(f, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}",
		        c->severity == SEVERITY_ERROR ? "error" : "warning");
	}
}

/* A path as a URI reference (RFC 3986): relative, or with the scheme file. In JSON's quotation marks. */
static void write_uri(FILE *f, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@";

	fputs(path[0] == '/' ? "\"file://" : "\"", f);
	for (; *path; path++)
		if (strchr(plain, *path))
			putc(*path, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*path);
	putc('"', f);
}

static void write_location(const struct vet *v, FILE *f, struct place at, const char *text)
{
	const struct unit *u = program_unit(v->p, at.unit);
	uint32_t column, line = unit_line(u, at.pos, &column);
	const char *path = u->path;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	fputs("{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ", f);
	write_uri(f, path);
	fprintf(f, "}, \"region\": {\"startLine\": %u, \"startColumn\": %u}}", line, column);
	if (text) {
		fputs(", \"message\": {\"text\": ", f);
		json_string(f, text);
		putc('}', f);
	}
	putc('}', f);
}

static void write_result(const struct vet *v, FILE *f, const struct finding *n)
{
	const struct check_info *c = check_at(n->check);

	fprintf(f, "      {\"ruleId\": \"%s\", \"ruleIndex\": %d, \"level\": \"%s\", \"message\": {\"text\": ", c->id,
	        (int)n->check, c->severity == SEVERITY_ERROR ? "error" : "warning");
	json_string(f, n->text);
	fputs("}, \"locations\": [", f);
	write_location(v, f, n->at, NULL);
	fputs("]", f);
	if (n->notes.n) {
		fputs(", \"codeFlows\": [{\"threadFlows\": [{\"locations\": [", f);
		for (size_t i = 0; i < n->notes.n; i++) {
			fputs("{\"location\": ", f);
			write_location(v, f, n->notes.v[i].at, n->notes.v[i].text);
			fputs("}, ", f);
		}
		fputs("{\"location\": ", f);
		write_location(v, f, n->at, n->text);
		fputs("}]}]}]", f);
	}
	fprintf(f, ", \"properties\": {\"confidence\": \"%s\"", confidence_name(n->confidence));
	if (n->seen.kind)
		fprintf(f, ", \"trace\": \"%s\"", seen_name(n->seen.kind));
	fputs("}}", f);
}

static void write_sarif(const struct vet *v, FILE *f)
{
	bool first = true;

	fputs("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n"
	      "  \"runs\": [{\n    \"tool\": {\"driver\": {\"name\": \"chanrec vet\", \"version\": \"" CHANREC_VERSION
	      "\",\n"
	      "      \"rules\": [\n",
	      f);
	write_rules(f);
	fputs("]}},\n    \"columnKind\": \"utf16CodeUnits\",\n    \"results\": [\n", f);
	for (size_t i = 0; i < v->sink.findings.n; i++) {
		if (is_repeated(v, i))
			continue;
		fputs(first ? "" : ",\n", f);
		first = false;
		write_result(v, f, &v->sink.findings.v[i]);
	}
	fputs("\n    ]\n  }]\n}\n", f);
}

const struct vet_output vet_sarif = { "sarif", "SARIF 2.1.0, for code hosts and editors", write_sarif };
