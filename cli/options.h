/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OPTIONS_H
#define CHANREC_CLI_OPTIONS_H

/*
 * The options of a command as a table. The parser, --help, the check of the
 * man pages and anything that lists options read the same rows.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/err.h"

enum option_kind {
	OPTION_FLAG,   /* bool: true when given; the only kind without a value */
	OPTION_STRING, /* const char *, into argv */
	OPTION_NUMBER, /* an integer of 4 or 8 bytes, min to max */
	OPTION_TIME,   /* ns, an integer of 8 bytes, min to max */
	OPTION_SIZE,   /* bytes, an integer of 8 bytes, min to max */
	OPTION_CHOICE, /* int or an enum: the index of one of choice() */
	OPTION_SET,    /* set() stores it */
	OPTION_HELP,   /* prints the help; has no target */
	OPTION_VERSION,
};

struct option_row {
	const char *name;
	char letter;       /* 0: there is no short form */
	const char *value; /* what --help calls the value; NULL for a flag */
	const char *help;
	enum option_kind kind;
	size_t at, size;   /* where the value goes, see OPTION_AT */
	uint64_t min, max; /* max 0: what the target can hold */
	/* The i-th of the words that the value may be, then NULL; *help may be set to what it means. */
	const char *(*choice)(size_t i, const char **help);
	/* Stores s in opts, the group's part of the options struct. 0, -EINVAL or -ERANGE. */
	int (*set)(void *opts, const char *s);
	const char *expected; /* for the message: "a process ID"; NULL: what the kind says */
};

/* For .at and .size of a row. */
#define OPTION_AT(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct option_group {
	const char *heading; /* NULL: "Options" */
	const struct option_row *rows;
	size_t n;
	size_t base; /* of the struct that the rows were written for, in the command's options */
};

/* A group from an array. */
#define OPTION_GROUP(array) .rows = (array), .n = sizeof(array) / sizeof((array)[0])

/* -h and --version, which every command has. */
extern const struct option_group options_common;

/* The command line of a command. */
struct syntax {
	const char *name;
	const char *synopsis;              /* what follows "chanrec NAME"; one line per form */
	const char *about;                 /* paragraphs of --help, separated by an empty line */
	const struct option_group *groups; /* ends with a group without rows */
	bool stops_at_operand;             /* the first operand ends the options: a command with options of its own */
};

/* What is left of the command line. v[n] is NULL. */
struct operands {
	int n;
	char *const *v;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/*
 * Parses argv, whose [0] is the command's name, into opts. OPTIONS_HELP and
 * OPTIONS_VERSION: that was asked for, and there is nothing else to do.
 * OPTIONS_WRONG: err says what is wrong with the command line.
 */
enum options_result options_parse(const struct syntax *x, void *opts, int argc, char **argv, struct operands *rest,
                                  struct err *err);

/* The i-th of all options of x in the order of --help, options_common last; NULL after the last. */
const struct option_row *options_at(const struct syntax *x, size_t i);
/* "-o, --output FILE", as --help and the man pages have it. */
void option_title(const struct option_row *o, char *title, size_t size);

#endif
