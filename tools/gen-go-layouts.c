// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints the tables of gobin/, read from unstripped Go programs:
 *
 *	gen-go-layouts layouts PROGRAM...    gobin/layout_table.inc
 *	gen-go-layouts reasons PROGRAM...    gobin/wait_table.inc
 *
 * tools/gen-go-layouts.sh runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"

static void print_layout(const struct gobin *b, const char *path)
{
	struct go_layout l;

	if (layout_from_dwarf(b, &l)) {
		fprintf(stderr, "gen-go-layouts: %s: has no DWARF\n", path);
		exit(1);
	}
	/* The linker drops a type that the program does not use; then its fields are unset. */
	printf("/* %s */\n{ %d, {\n", gobin_go_version(b), gobin_go_minor(b));
#define X(member, ...) \
	if (l.member == LAYOUT_UNSET) { \
		fprintf(stderr, "gen-go-layouts: %s: the DWARF lacks the type of " #member "\n", path); \
		exit(1); \
	} \
	printf("\t." #member " = %d,\n", l.member);
	GO_LAYOUT_FIELDS(X)
	GO_LAYOUT_SIZES(X)
#undef X
	printf("} },\n");
}

static void print_reasons(const struct gobin *b, const char *path)
{
	const char *names[256];
	uint64_t addr;
	int n;

	if (symbol_find(&b->im, "runtime.waitReasonStrings", &addr, NULL)) {
		fprintf(stderr, "gen-go-layouts: %s: no symbol runtime.waitReasonStrings\n", path);
		exit(1);
	}
	n = gobin_wait_reasons(b, names, 256);
	printf("/* %s */\nstatic const char *const reasons_%d[] = {\n", gobin_go_version(b), gobin_go_minor(b));
	for (int i = 0; i < n; i++)
		printf("\t\"%s\",\n", names[i]);
	printf("};\n\n");
}

int main(int argc, char **argv)
{
	bool layouts = argc > 2 && !strcmp(argv[1], "layouts");
	struct err err = { 0 };
	int minors[64], n = 0;

	if (argc < 3 || argc > 64 || (!layouts && strcmp(argv[1], "reasons") != 0)) {
		fprintf(stderr, "usage: gen-go-layouts layouts|reasons PROGRAM...\n");
		return 2;
	}
	printf("/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
	       "/* Made by tools/gen-go-layouts.sh from real builds; do not edit. */\n");
	for (int i = 2; i < argc; i++) {
		struct gobin *b;

		if (gobin_open(&b, argv[i], &err)) {
			fprintf(stderr, "gen-go-layouts: %s\n", err.msg);
			return 1;
		}
		if (layouts)
			print_layout(b, argv[i]);
		else
			print_reasons(b, argv[i]);
		minors[n++] = gobin_go_minor(b);
		gobin_free(b);
	}
	if (!layouts) {
		printf("static const struct wait_entry wait_table[] = {\n");
		for (int i = 0; i < n; i++)
			printf("\t{ %d, sizeof(reasons_%d) / sizeof(reasons_%d[0]), reasons_%d },\n", minors[i],
			       minors[i], minors[i], minors[i]);
		printf("};\n");
	}
	return 0;
}
