// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions, lines and frame sizes: gobin.h's view of the pclntab. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"

static void to_go_func(const struct pcln_func *f, struct go_func *out)
{
	*out = (struct go_func){ .name = f->name, .entry = f->entry, .end = f->end, .idx = f->idx };
}

int gobin_func_by_name(const struct gobin *b, const char *name, struct go_func *out)
{
	struct pcln_func f;
	int rc = pclntab_func_named(&b->pcln, name, &f);

	if (!rc)
		to_go_func(&f, out);
	return rc;
}

int gobin_func_by_pc(const struct gobin *b, uint64_t pc, struct go_func *out)
{
	struct pcln_func f;
	int rc = pclntab_func_at(&b->pcln, pc, &f);

	if (!rc)
		to_go_func(&f, out);
	return rc;
}

uint32_t gobin_nfuncs(const struct gobin *b)
{
	return b->pcln.nfunc;
}

int gobin_func_by_idx(const struct gobin *b, uint32_t idx, struct go_func *out)
{
	struct pcln_func f;
	int rc = pclntab_func(&b->pcln, idx, &f);

	if (!rc)
		to_go_func(&f, out);
	return rc;
}

/*
 * runtime.funcNameForPrint: "main.f[go.shape.int]" is printed as "main.f[...]".
 * The table has the long name from Go 1.21 on, and the short one in 1.18 … 1.20.
 * Each long name is shortened once and cached, which does not change what b says.
 */
static const char *print_name(const struct gobin *b, const char *name)
{
	const char *open = strchr(name, '['), *close = open ? strrchr(open, ']') : NULL;
	uint64_t *kept;
	size_t head;
	char *s;

	if (!close || !strncmp(open, "[...]", 5))
		return name;
	kept = map_get(&b->print_names, (uintptr_t)name);
	if (kept)
		return (const char *)(uintptr_t)*kept;
	head = (size_t)(open - name);
	s = malloc(head + sizeof("[...]") + strlen(close + 1));
	kept = s ? map_put(&((struct gobin *)b)->print_names, (uintptr_t)name, NULL) : NULL;
	if (!kept) {
		free(s);
		return name;
	}
	memcpy(s, name, head);
	memcpy(s + head, "[...]", 5);
	strcpy(s + head + 5, close + 1);
	*kept = (uintptr_t)s;
	return s;
}

/* The start line of a function. Before Go 1.20 the table lacks it, but the first instruction has that line. */
static uint32_t start_line(const struct pclntab *t, const struct pcln_func *f)
{
	const char *file;
	uint32_t line;

	if (f->start_line)
		return f->start_line;
	pclntab_line(t, f, f->entry, &file, &line);
	return line;
}

/* The start line of an inlined function. Before Go 1.20 it is known only if the program also has the function itself.
 */
static uint32_t inlined_start_line(const struct pclntab *t, const struct inlined_call *c)
{
	struct pcln_func f;

	if (c->start_line || pclntab_func_named(t, c->name, &f))
		return c->start_line;
	return start_line(t, &f);
}

int gobin_lines(const struct gobin *b, uint64_t pc, struct go_line *out, int max)
{
	const struct pclntab *t = &b->pcln;
	struct pcln_func f;
	int n = 0;

	if (pclntab_func_at(t, pc, &f))
		return 0;
	while (n < max) {
		struct go_line *l = &out[n++];
		struct inlined_call c;

		pclntab_line(t, &f, pc, &l->file, &l->line);
		if (pclntab_inlined(t, &f, pc, &c)) {
			l->func = print_name(b, f.name);
			l->start_line = start_line(t, &f);
			l->wrapper = pclntab_is_wrapper(t, f.id);
			break;
		}
		l->func = print_name(b, c.name);
		l->start_line = inlined_start_line(t, &c);
		l->wrapper = pclntab_is_wrapper(t, c.id);
		pc = c.parent_pc;
	}
	return n;
}

int gobin_sp_delta(const struct gobin *b, uint64_t pc, int32_t *delta)
{
	struct pcln_func f;
	int32_t d;

	if (pclntab_func_at(&b->pcln, pc, &f))
		return -ENOENT;
	d = pclntab_value(&b->pcln, &f, f.pcsp, pc);
	if (d < 0)
		return -ENOENT;
	*delta = d;
	return 0;
}
