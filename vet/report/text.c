// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/report/report.h"

#include <string.h>

#include "util/plain.h"

const struct vet_output *vet_output_at(size_t i)
{
	static const struct vet_output *const outputs[] = { &vet_text, &vet_json, &vet_sarif };

	return i < sizeof(outputs) / sizeof(outputs[0]) ? outputs[i] : NULL;
}

const char *func_text(const struct vet *v, uint32_t func, char *to, size_t size)
{
	const struct func *f = program_func(v->p, func);
	int closures = 0;

	while (f->outer) {
		closures++;
		f = program_func(v->p, f->outer);
	}
	snprintf(to, size, "%s%s%s%s", name_text(v->p->names, f->recv), f->recv ? "." : "",
	         name_text(v->p->names, f->name), closures ? ", in a closure" : "");
	return to;
}

bool is_repeated(const struct vet *v, size_t i)
{
	const struct finding *a = i ? &v->sink.findings.v[i - 1] : NULL, *b = &v->sink.findings.v[i];

	return a && a->check == b->check && a->at.unit == b->at.unit && a->at.pos == b->at.pos;
}

/* The source is printed as it is, but for what a terminal would interpret. */
static void print_line(FILE *f, const struct unit *u, uint32_t line, uint32_t column)
{
	const char *s = u->text + u->lines.v[line - 1], *end = u->text + u->len;
	size_t n = 0;

	while (s + n < end && s[n] != '\n' && n < 200)
		n++;
	fputs("    ", f);
	for (size_t i = 0; i < n; i++) {
		/* U+0080 to U+009F, which take two bytes, are control characters, too. */
		bool is_c1 = s[i] == '\xc2' && i + 1 < n && ((unsigned char)s[i + 1] & 0xe0) == 0x80;

		putc((unsigned char)s[i] < ' ' ? ' ' : s[i] == 127 || is_c1 ? '?' : s[i], f);
		i += is_c1;
	}
	fputs("\n    ", f);
	for (uint32_t i = 1; i < column && i < 200; i++)
		putc(' ', f);
	fputs("^\n", f);
}

/* A path or a name from the source tree, in which nothing is for the terminal. */
static void print_plain(FILE *f, const char *s)
{
	char part[512];

	while (*s) {
		/* Not in the middle of a character. */
		size_t n = strnlen(s, sizeof(part) - 1);

		while (s[n] && n > sizeof(part) - 8 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		memcpy(part, s, n);
		part[n] = 0;
		for (char *c = part; *c; c++)
			if (*c == '\n' || *c == '\t')
				*c = '?';
		plain_text(part);
		fputs(part, f);
		s += n;
	}
}

static void print_place(const struct vet *v, FILE *f, struct place at)
{
	const struct unit *u = program_unit(v->p, at.unit);
	uint32_t column, line = unit_line(u, at.pos, &column);

	print_plain(f, u->path);
	fprintf(f, ":%u:%u: ", line, column);
}

static void write_finding(const struct vet *v, FILE *f, const struct finding *n)
{
	const struct check_info *c = check_at(n->check);
	const struct unit *u = program_unit(v->p, n->at.unit);
	uint32_t column, line = unit_line(u, n->at.pos, &column);
	char name[200];

	print_place(v, f, n->at);
	fprintf(f, "%s: ", c->severity == SEVERITY_ERROR ? "error" : "warning");
	print_plain(f, n->text);
	fprintf(f, " [%s, %s]\n", c->id, confidence_name(n->confidence));
	print_line(f, u, line, column);
	if (n->seen.kind) {
		char seen[160];

		seen_text(&n->seen, seen, sizeof(seen));
		print_place(v, f, n->at);
		fprintf(f, "trace: %s\n", seen);
	}
	for (size_t i = 0; i < n->notes.n; i++) {
		print_place(v, f, n->notes.v[i].at);
		fputs("note: ", f);
		print_plain(f, n->notes.v[i].text);
		putc('\n', f);
	}
	if (n->root != n->func) {
		print_place(v, f,
		            (struct place){ program_func(v->p, n->root)->unit, program_func(v->p, n->root)->pos });
		fprintf(f, "note: found on a path from %s\n", func_text(v, n->root, name, sizeof(name)));
	}
	putc('\n', f);
}

/* "Of 12 findings, the trace shows 2 blocked; it refutes 1." */
static void write_seen(const struct vet *v, FILE *f)
{
	size_t n[SEEN_REFUTED + 1] = { 0 };

	for (size_t i = 0; i < v->sink.findings.n; i++)
		if (!is_repeated(v, i))
			n[v->sink.findings.v[i].seen.kind]++;
	if (n[SEEN_NONE])
		return;
	fprintf(f,
	        "In the trace: %zu blocked, %zu waiting, %zu waited and went on, %zu where nothing waited, %zu not "
	        "seen, %zu refuted.\n",
	        n[SEEN_BLOCKED], n[SEEN_WAITING], n[SEEN_WAITED], n[SEEN_RAN], n[SEEN_NOT_RUN], n[SEEN_REFUTED]);
}

static void write_text(const struct vet *v, FILE *f)
{
	size_t n = 0;

	for (size_t i = 0; i < v->sink.findings.n; i++) {
		if (is_repeated(v, i))
			continue;
		n++;
		write_finding(v, f, &v->sink.findings.v[i]);
	}
	if (n)
		write_seen(v, f);
	if (n)
		fprintf(f, "%zu finding%s in %zu files; chanrec vet --explain ID explains one.\n", n, n == 1 ? "" : "s",
		        v->stats.files);
	else
		fprintf(f, "No leaks found in %zu files (%zu lines).\n", v->stats.files, v->stats.lines);
}

const struct vet_output vet_text = { "text", "for people: each finding with the path that leads to it", write_text };
