// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/completion.h"

#include <string.h>

#include "cli/command.h"

/* s between single quotes, for any of the shells. */
static void put_quoted(FILE *f, const char *s)
{
	fputc('\'', f);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	}
	fputc('\'', f);
}

/* What an option's value may be: words, or a path. */
static bool is_path(const struct option_row *o)
{
	return o->value && (!strcmp(o->value, "FILE") || !strcmp(o->value, "DIR"));
}

static bool is_list(const struct option_row *o)
{
	return o->value && !strcmp(o->value, "LIST");
}

static void put_choices(FILE *f, const struct option_row *o)
{
	const char *help, *word;

	for (size_t i = 0; (word = o->choice(i, &help)); i++)
		fprintf(f, "%s%s", i ? " " : "", word);
}

/* "help" is no entry of the table of commands. */
static void put_commands(FILE *f)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(f, "%s ", c->syntax.name);
	fputs("help", f);
}

/* bash */

static void bash_option(FILE *f, const struct command *c, const struct option_row *o)
{
	if (!o->value)
		return;
	fprintf(f, "\t%s:--%s", c->syntax.name, o->name);
	if (o->letter)
		fprintf(f, "|%s:-%c", c->syntax.name, o->letter);
	fputs(") ", f);
	if (o->choice) {
		fprintf(f, "%s '", is_list(o) ? "_chanrec_list" : "_chanrec_words");
		put_choices(f, o);
		fputs("'", f);
	} else {
		fputs(is_path(o) ? "_chanrec_files" : ":", f);
	}
	fputs(" ;;\n", f);
}

static void bash_words(FILE *f, const struct command *c)
{
	const struct option_row *o;

	fprintf(f, "\t%s) _chanrec_words '", c->syntax.name);
	for (size_t i = 0; (o = options_at(&c->syntax, i)); i++) {
		fprintf(f, "%s--%s", i ? " " : "", o->name);
		if (o->letter)
			fprintf(f, " -%c", o->letter);
	}
	fputs("' ;;\n", f);
}

static void write_bash(FILE *f)
{
	const struct option_row *o;
	const struct command *c;

	fputs("# chanrec completion bash\n"
	      "_chanrec_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
	      "_chanrec_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\")); }\n"
	      "# The last of several words that commas separate.\n"
	      "_chanrec_list() {\n"
	      "\tlocal before=\n"
	      "\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	      "\tCOMPREPLY=($(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\"))\n"
	      "}\n"
	      "_chanrec() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\tif ((COMP_CWORD == 1)); then _chanrec_words '",
	      f);
	put_commands(f);
	fputs(" --help --version'; return; fi\n"
	      "\t# --format=json is three words to bash.\n"
	      "\tif [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	      "\tcase $command:$prev in\n",
	      f);
	for (size_t i = 0; (c = command_at(i)); i++)
		for (size_t k = 0; (o = options_at(&c->syntax, k)); k++)
			bash_option(f, c, o);
	fputs("\thelp:*) _chanrec_words '", f);
	put_commands(f);
	fputs("' ;;\n\t*) if [[ $cur != -* ]]; then _chanrec_files; return; fi\n\tcase $command in\n", f);
	for (size_t i = 0; (c = command_at(i)); i++)
		bash_words(f, c);
	fputs("\tesac ;;\n\tesac\n}\ncomplete -F _chanrec chanrec\n", f);
}

/* zsh */

/* Text within [] and between colons of an _arguments specification. */
static void zsh_text(FILE *f, const char *s)
{
	for (; *s && *s != '\n'; s++) {
		if (strchr("[]:\\", *s))
			fputc('\\', f);
		fputs(*s == '\'' ? "'\\'" : "", f);
		fputc(*s, f);
	}
}

static void zsh_option(FILE *f, const struct option_row *o)
{
	fputs(" \\\n\t\t", f);
	if (o->letter)
		fprintf(f, "{-%c,--%s}", o->letter, o->name);
	else
		fprintf(f, "--%s", o->name);
	fprintf(f, "%s'[", o->value ? (o->letter ? "" : "=") : "");
	zsh_text(f, o->help);
	fputs("]", f);
	if (o->value) {
		fputs(":", f);
		zsh_text(f, o->value);
		fputs(":", f);
		if (o->choice) {
			fputs(is_list(o) ? "_sequence compadd - " : "(", f);
			put_choices(f, o);
			fputs(is_list(o) ? "" : ")", f);
		} else if (is_path(o)) {
			fputs("_files", f);
		}
	}
	fputs("'", f);
}

static void write_zsh(FILE *f)
{
	const struct option_row *o;
	const struct command *c;

	fputs("#compdef chanrec\n# chanrec completion zsh\n_chanrec() {\n\tlocal -a commands=(", f);
	for (size_t i = 0; (c = command_at(i)); i++) {
		fprintf(f, "\n\t\t'%s:", c->syntax.name);
		zsh_text(f, c->what);
		fputs("'", f);
	}
	fputs("\n\t\t'help:show the options of a command')\n"
	      "\tif ((CURRENT == 2)); then _describe command commands; return; fi\n"
	      "\tlocal command=$words[2]\n"
	      "\tshift words; ((CURRENT--))\n"
	      "\tcase $command in\n"
	      "\thelp) _describe command commands ;;\n",
	      f);
	for (size_t i = 0; (c = command_at(i)); i++) {
		fprintf(f, "\t%s) _arguments -S", c->syntax.name);
		for (size_t k = 0; (o = options_at(&c->syntax, k)); k++)
			zsh_option(f, o);
		fputs(" \\\n\t\t'*:file:_files' ;;\n", f);
	}
	fputs("\tesac\n}\n_chanrec \"$@\"\n", f);
}

/* fish */

static void fish_option(FILE *f, const struct command *c, const struct option_row *o)
{
	fprintf(f, "complete -c chanrec -n '__fish_seen_subcommand_from %s' -l %s", c->syntax.name, o->name);
	if (o->letter)
		fprintf(f, " -s %c", o->letter);
	if (o->choice) {
		fputs(" -x -a '", f);
		put_choices(f, o);
		fputs("'", f);
	} else if (o->value) {
		fputs(is_path(o) ? " -r -F" : " -x", f);
	}
	fputs(" -d ", f);
	put_quoted(f, o->help);
	fputs("\n", f);
}

static void write_fish(FILE *f)
{
	const struct option_row *o;
	const struct command *c;

	fputs("# chanrec completion fish\n", f);
	for (size_t i = 0; (c = command_at(i)); i++) {
		fprintf(f, "complete -c chanrec -n __fish_use_subcommand -f -a %s -d ", c->syntax.name);
		put_quoted(f, c->what);
		fputs("\n", f);
	}
	fputs("complete -c chanrec -n __fish_use_subcommand -f -a help -d 'show the options of a command'\n", f);
	for (size_t i = 0; (c = command_at(i)); i++)
		for (size_t k = 0; (o = options_at(&c->syntax, k)); k++)
			fish_option(f, c, o);
	fputs("complete -c chanrec -n '__fish_seen_subcommand_from help' -f -a '", f);
	put_commands(f);
	fputs("'\n", f);
}

static const struct shell shells[] = {
	{ "bash", "for ~/.bashrc: source <(chanrec completion bash)", write_bash },
	{ "zsh", "for a file _chanrec in $fpath", write_zsh },
	{ "fish", "for ~/.config/fish/completions/chanrec.fish", write_fish },
};

const struct shell *shell_at(size_t i)
{
	return i < sizeof(shells) / sizeof(*shells) ? &shells[i] : NULL;
}
