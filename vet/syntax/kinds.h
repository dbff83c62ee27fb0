/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_SYNTAX_KINDS_H
#define CHANREC_VET_SYNTAX_KINDS_H

/*
 * The names of the grammar that vet reads, as enums: X(our name, the grammar's).
 * Whatever else a file holds is NODE_OTHER.
 */
#define NODE_KINDS(X) \
	X(FILE, "source_file") \
	X(PACKAGE, "package_clause") \
	X(PACKAGE_NAME, "package_identifier") \
	X(IMPORTS, "import_declaration") \
	X(IMPORT_LIST, "import_spec_list") \
	X(IMPORT, "import_spec") \
	X(DOT, "dot") \
	X(BLANK, "blank_identifier") \
	X(CONSTS, "const_declaration") \
	X(CONST, "const_spec") \
	X(VARS, "var_declaration") \
	X(VAR_LIST, "var_spec_list") \
	X(VAR, "var_spec") \
	X(FUNC, "function_declaration") \
	X(METHOD, "method_declaration") \
	X(PARAMS, "parameter_list") \
	X(PARAM, "parameter_declaration") \
	X(VARIADIC, "variadic_parameter_declaration") \
	X(TYPE_PARAMS, "type_parameter_list") \
	X(TYPE_PARAM, "type_parameter_declaration") \
	X(TYPES, "type_declaration") \
	X(TYPE_SPEC, "type_spec") \
	X(TYPE_ALIAS, "type_alias") \
	X(T_PAREN, "parenthesized_type") \
	X(T_POINTER, "pointer_type") \
	X(T_STRUCT, "struct_type") \
	X(FIELDS, "field_declaration_list") \
	X(FIELD, "field_declaration") \
	X(FIELD_NAME, "field_identifier") \
	X(T_INTERFACE, "interface_type") \
	X(T_ARRAY, "array_type") \
	X(T_ARRAY_DOTS, "implicit_length_array_type") \
	X(T_SLICE, "slice_type") \
	X(T_MAP, "map_type") \
	X(T_CHAN, "channel_type") \
	X(T_FUNC, "function_type") \
	X(T_GENERIC, "generic_type") \
	X(T_QUALIFIED, "qualified_type") \
	X(T_NAME, "type_identifier") \
	X(T_NEGATED, "negated_type") \
	X(TYPE_ARGS, "type_arguments") \
	X(TYPE_ELEM, "type_elem") \
	X(BLOCK, "block") \
	X(STATEMENTS, "statement_list") \
	X(EXPR_STMT, "expression_statement") \
	X(SEND, "send_statement") \
	X(INC, "inc_statement") \
	X(DEC, "dec_statement") \
	X(ASSIGN, "assignment_statement") \
	X(DEFINE, "short_var_declaration") \
	X(LABELED, "labeled_statement") \
	X(LABEL, "label_name") \
	X(EMPTY, "empty_statement") \
	X(FALLTHROUGH, "fallthrough_statement") \
	X(BREAK, "break_statement") \
	X(CONTINUE, "continue_statement") \
	X(GOTO, "goto_statement") \
	X(RETURN, "return_statement") \
	X(GO, "go_statement") \
	X(DEFER, "defer_statement") \
	X(IF, "if_statement") \
	X(FOR, "for_statement") \
	X(FOR_CLAUSE, "for_clause") \
	X(RANGE, "range_clause") \
	X(SWITCH, "expression_switch_statement") \
	X(CASE, "expression_case") \
	X(DEFAULT, "default_case") \
	X(TYPE_SWITCH, "type_switch_statement") \
	X(TYPE_CASE, "type_case") \
	X(SELECT, "select_statement") \
	X(COMM, "communication_case") \
	X(RECEIVE, "receive_statement") \
	X(EXPRS, "expression_list") \
	X(UNARY, "unary_expression") \
	X(BINARY, "binary_expression") \
	X(SELECTOR, "selector_expression") \
	X(INDEX, "index_expression") \
	X(SLICE, "slice_expression") \
	X(ASSERT, "type_assertion_expression") \
	X(CONVERT, "type_conversion_expression") \
	X(CALL, "call_expression") \
	X(ARGS, "argument_list") \
	X(SPREAD, "variadic_argument") \
	X(COMPOSITE, "composite_literal") \
	X(ELEMENTS, "literal_value") \
	X(ELEMENT, "literal_element") \
	X(KEYED, "keyed_element") \
	X(FUNC_LIT, "func_literal") \
	X(INSTANCE, "type_instantiation_expression") \
	X(IDENT, "identifier") \
	X(STRING, "interpreted_string_literal") \
	X(RAW_STRING, "raw_string_literal") \
	X(INT, "int_literal") \
	X(FLOAT, "float_literal") \
	X(IMAGINARY, "imaginary_literal") \
	X(RUNE, "rune_literal") \
	X(NIL, "nil") \
	X(TRUE, "true") \
	X(FALSE, "false") \
	X(IOTA, "iota") \
	X(PAREN, "parenthesized_expression") \
	X(COMMENT, "comment") \
	X(ERROR, "ERROR")

#define NODE_FIELDS(X) \
	X(ALIAS, "alias") \
	X(ALTERNATIVE, "alternative") \
	X(ARGUMENTS, "arguments") \
	X(BODY, "body") \
	X(CAPACITY, "capacity") \
	X(CHANNEL, "channel") \
	X(COMMUNICATION, "communication") \
	X(CONDITION, "condition") \
	X(CONSEQUENCE, "consequence") \
	X(ELEMENT, "element") \
	X(END, "end") \
	X(FIELD, "field") \
	X(FUNCTION, "function") \
	X(INDEX, "index") \
	X(INITIALIZER, "initializer") \
	X(KEY, "key") \
	X(LABEL, "label") \
	X(LEFT, "left") \
	X(LENGTH, "length") \
	X(NAME, "name") \
	X(OPERAND, "operand") \
	X(OPERATOR, "operator") \
	X(PACKAGE, "package") \
	X(PARAMETERS, "parameters") \
	X(PATH, "path") \
	X(RECEIVER, "receiver") \
	X(RESULT, "result") \
	X(RIGHT, "right") \
	X(START, "start") \
	X(TYPE, "type") \
	X(TYPE_ARGUMENTS, "type_arguments") \
	X(TYPE_PARAMETERS, "type_parameters") \
	X(UPDATE, "update") \
	X(VALUE, "value")

#define NODE_KIND_NAME(name, text) NODE_##name,
enum node_kind { NODE_OTHER, NODE_TOKEN, NODE_KINDS(NODE_KIND_NAME) NODE_KIND_COUNT };
#undef NODE_KIND_NAME

#define NODE_FIELD_NAME(name, text) IN_##name,
enum node_field { IN_NONE, NODE_FIELDS(NODE_FIELD_NAME) IN_COUNT };
#undef NODE_FIELD_NAME

#endif
