// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/suggest.h"

struct completion_opts {
	char none; /* it has no options of its own */
};

static const struct option_group groups[] = { { 0 } };

static int run(void *opts, const struct operands *rest, struct err *err)
{
	const char *name = rest->n == 1 ? rest->v[0] : "";
	struct suggestion s = { .typed = name };
	const struct shell *shell;

	for (size_t i = 0; (shell = shell_at(i)); i++) {
		if (!strcmp(shell->name, name)) {
			shell->write(stdout);
			return EXIT_DONE;
		}
		suggest_try(&s, shell->name);
	}
	if (rest->n != 1)
		err_set(err, EINVAL, "give a shell: bash, zsh or fish");
	else if (s.best)
		err_set(err, EINVAL, "no completion for '%s' (did you mean '%s'?)", name, s.best);
	else
		err_set(err, EINVAL, "no completion for '%s'; give bash, zsh or fish", name);
	return EXIT_USAGE;
}

const struct command command_completion = {
	.what = "print shell completions for chanrec",
	.syntax = { .name = "completion",
	            .synopsis = "bash|zsh|fish",
	            .about = "Prints a script that completes commands, options and their values. "
	                     "For bash: source <(chanrec completion bash). make install installs all three.",
	            .groups = groups },
	.defaults = &(const struct completion_opts){ 0 },
	.opts_size = sizeof(struct completion_opts),
	.run = run,
};
