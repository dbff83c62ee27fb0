/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_SYNTAX_AST_H
#define CHANREC_VET_SYNTAX_AST_H

/*
 * A Go file's syntax tree, as an array: tree-sitter's own tree is freed as soon
 * as it has been copied, because it is three times as large. Comments and
 * punctuation are left out. Node 0 does not exist; the root is node 1.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"
#include "util/vec.h"
#include "vet/syntax/kinds.h"

struct node {
	uint8_t kind;  /* enum node_kind */
	uint8_t field; /* enum node_field: what it is to its parent */
	bool broken;   /* a syntax error is somewhere below */
	uint32_t start, end;
	uint32_t first, next; /* child and sibling; 0: none */
};

struct comment {
	uint32_t start, end;
};

struct ast {
	const char *text; /* the caller's */
	uint32_t len;
	VEC(struct node) nodes;
	uint32_t errors;      /* places that are not Go */
	uint32_t first_error; /* the byte of the first one */
	/* Comments that begin with //chanrec:, and whether the file says that it is generated. */
	VEC(struct comment) directives;
	bool generated;
};

/* A file longer than this is not parsed. */
#define AST_MAX_BYTES (16u << 20) /* generated tables have a few MB */
#define AST_MAX_SECONDS 30

struct ast_parser; /* one per thread */

struct ast_parser *ast_parser_new(struct err *err);
void ast_parser_free(struct ast_parser *p);

/* Parses text, which must outlive the tree. A syntax error is no failure: see errors. 0 or -errno. */
int ast_parse(struct ast *a, struct ast_parser *p, const char *text, uint32_t len, struct err *err);
void ast_free(struct ast *a);

static inline const struct node *ast_node(const struct ast *a, uint32_t n)
{
	return &a->nodes.v[n];
}
static inline enum node_kind ast_kind(const struct ast *a, uint32_t n)
{
	return n ? (enum node_kind)a->nodes.v[n].kind : NODE_OTHER;
}
static inline uint32_t ast_first(const struct ast *a, uint32_t n)
{
	return n ? a->nodes.v[n].first : 0;
}
static inline uint32_t ast_next(const struct ast *a, uint32_t n)
{
	return n ? a->nodes.v[n].next : 0;
}
/* The first child that is this to n; 0: none. */
uint32_t ast_in(const struct ast *a, uint32_t n, enum node_field f);
/* The first child of a kind; 0: none. */
uint32_t ast_child(const struct ast *a, uint32_t n, enum node_kind k);
/* Whether n's text is s. */
bool ast_is(const struct ast *a, uint32_t n, const char *s);

#endif
