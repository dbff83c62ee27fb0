// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/syntax/ast.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

/* third_party/tree-sitter-go/parser.c */
const TSLanguage *tree_sitter_go(void);

/* The grammar's numbers → ours. Written once. */
static uint8_t kind_of[1024], field_of[256];
static pthread_once_t grammar_once = PTHREAD_ONCE_INIT;

struct ast_parser {
	TSParser *ts;
};

static void read_kinds(const TSLanguage *go)
{
#define KIND_TEXT(name, text) [NODE_##name] = (text),
	static const char *const texts[NODE_KIND_COUNT] = { NODE_KINDS(KIND_TEXT) };
#undef KIND_TEXT

	for (uint32_t s = 0; s < ts_language_symbol_count(go) && s < sizeof(kind_of); s++) {
		kind_of[s] = NODE_OTHER;
		if (ts_language_symbol_type(go, (TSSymbol)s) != TSSymbolTypeRegular) {
			kind_of[s] = NODE_TOKEN;
			continue;
		}
		for (int k = NODE_TOKEN + 1; k < NODE_KIND_COUNT; k++)
			if (!strcmp(texts[k], ts_language_symbol_name(go, (TSSymbol)s)))
				kind_of[s] = (uint8_t)k;
	}
}

static void read_grammar(void)
{
#define FIELD_TEXT(name, text) [IN_##name] = (text),
	static const char *const texts[IN_COUNT] = { NODE_FIELDS(FIELD_TEXT) };
#undef FIELD_TEXT
	const TSLanguage *go = tree_sitter_go();

	read_kinds(go);
	for (int f = IN_NONE + 1; f < IN_COUNT; f++)
		field_of[ts_language_field_id_for_name(go, texts[f], (uint32_t)strlen(texts[f])) & 255] = (uint8_t)f;
	field_of[0] = IN_NONE;
}

struct ast_parser *ast_parser_new(struct err *err)
{
	struct ast_parser *p = calloc(1, sizeof(*p));

	pthread_once(&grammar_once, read_grammar);
	if (p)
		p->ts = ts_parser_new();
	if (!p || !p->ts || !ts_parser_set_language(p->ts, tree_sitter_go())) {
		ast_parser_free(p);
		err_set(err, EINVAL,
		        "tree-sitter does not accept the grammar of Go: the library is too old or too new");
		return NULL;
	}
	return p;
}

void ast_parser_free(struct ast_parser *p)
{
	if (p && p->ts)
		ts_parser_delete(p->ts);
	free(p);
}

static bool token_matters(const struct ast *a, uint32_t start, uint32_t end)
{
	static const char *const tokens[] = { "...", "<-", ":=", "=", "range" };

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (strlen(tokens[i]) == end - start && !memcmp(tokens[i], a->text + start, end - start))
			return true;
	return false;
}

static int note_comment(struct ast *a, uint32_t start, uint32_t end)
{
	static const char directive[] = "//chanrec:", generated[] = "// Code generated ", edit[] = "DO NOT EDIT.";
	const char *text = a->text + start;
	size_t n = end - start;

	if (n >= sizeof(directive) - 1 && !memcmp(text, directive, sizeof(directive) - 1))
		return vec_push(&a->directives, (struct comment){ start, end });
	/* https://go.dev/s/generatedcode */
	if (n >= sizeof(generated) + sizeof(edit) - 2 && !memcmp(text, generated, sizeof(generated) - 1) &&
	    memmem(text, n, edit, sizeof(edit) - 1))
		a->generated = true;
	return 0;
}

/* The copy of one node; 0: not kept. */
static int copy_node(struct ast *a, TSNode node, uint8_t field, uint32_t *at)
{
	TSSymbol symbol = ts_node_symbol(node);
	uint8_t kind = symbol < sizeof(kind_of) ? kind_of[symbol] : NODE_ERROR; /* the symbol of ERROR is 65535 */
	struct node n = { .kind = kind,
		          .field = field,
		          .start = ts_node_start_byte(node),
		          .end = ts_node_end_byte(node),
		          .broken = ts_node_has_error(node) };

	*at = 0;
	if (kind == NODE_COMMENT)
		return note_comment(a, n.start, n.end);
	if (kind == NODE_ERROR || ts_node_is_missing(node)) {
		if (!a->errors++)
			a->first_error = n.start;
		n.broken = true;
	}
	if (kind == NODE_TOKEN && !(field == IN_OPERATOR || token_matters(a, n.start, n.end)))
		return 0;
	*at = (uint32_t)a->nodes.n;
	return vec_push(&a->nodes, n);
}

/* The way down to the node that is being copied. */
struct level {
	uint32_t node, last; /* its copy, and that of its last child so far */
};

static int copy_tree(struct ast *a, TSTreeCursor *c)
{
	VEC(struct level) way = { 0 };
	int ret = vec_push(&way, (struct level){ 0 });

	while (!ret) {
		struct level *above = &way.v[way.n - 1];
		uint32_t at;

		ret = copy_node(a, ts_tree_cursor_current_node(c), field_of[ts_tree_cursor_current_field_id(c) & 255],
		                &at);
		if (ret)
			break;
		if (at && above->last)
			a->nodes.v[above->last].next = at;
		else if (at && above->node)
			a->nodes.v[above->node].first = at;
		above->last = at ? at : above->last;
		if (at && ts_tree_cursor_goto_first_child(c)) {
			ret = vec_push(&way, (struct level){ .node = at });
			continue;
		}
		while (!ts_tree_cursor_goto_next_sibling(c)) {
			if (--way.n == 0 || !ts_tree_cursor_goto_parent(c)) {
				vec_free(&way);
				return 0;
			}
		}
	}
	vec_free(&way);
	return ret;
}

int ast_parse(struct ast *a, struct ast_parser *p, const char *text, uint32_t len, struct err *err)
{
	TSTreeCursor cursor;
	TSTree *tree;
	int ret;

	*a = (struct ast){ .text = text, .len = len };
	ts_parser_reset(p->ts);
	ts_parser_set_timeout_micros(p->ts, AST_MAX_SECONDS * 1000000ull);
	tree = ts_parser_parse_string(p->ts, NULL, text, len);
	if (!tree)
		return err_set(err, EINVAL, "not parsed within %d s", AST_MAX_SECONDS);
	cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	ret = vec_push(&a->nodes, (struct node){ 0 });
	if (!ret)
		ret = copy_tree(a, &cursor);
	ts_tree_cursor_delete(&cursor);
	ts_tree_delete(tree);
	if (!ret && a->nodes.n < 2)
		ret = err_set(err, EINVAL, "cannot be parsed");
	if (ret == -ENOMEM)
		err_nomem(err);
	if (ret)
		ast_free(a);
	return ret;
}

void ast_free(struct ast *a)
{
	vec_free(&a->nodes);
	vec_free(&a->directives);
}

uint32_t ast_in(const struct ast *a, uint32_t n, enum node_field f)
{
	uint32_t c = ast_first(a, n);

	while (c && a->nodes.v[c].field != f)
		c = a->nodes.v[c].next;
	return c;
}

uint32_t ast_child(const struct ast *a, uint32_t n, enum node_kind k)
{
	uint32_t c = ast_first(a, n);

	while (c && a->nodes.v[c].kind != k)
		c = a->nodes.v[c].next;
	return c;
}

bool ast_is(const struct ast *a, uint32_t n, const char *s)
{
	const struct node *node = ast_node(a, n);
	size_t len = strlen(s);

	return n && node->end - node->start == len && !memcmp(a->text + node->start, s, len);
}
