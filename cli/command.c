// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command.h"

#include <string.h>

#include "cli/suggest.h"

static const struct command *const commands[] = {
	&command_record,
	&command_dump,
	&command_report,
	&command_diff,
	&command_script,
	&command_info,
	&command_doctor,
	&command_vet,
	&command_redact,
	&command_slice,
	&command_bundle,
	&command_completion,
	NULL,
};

const struct command *command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->syntax.name, name))
			return commands[i];
	return NULL;
}

const char *command_suggest(const char *name)
{
	struct suggestion s = { .typed = name };

	for (size_t i = 0; commands[i]; i++)
		suggest_try(&s, commands[i]->syntax.name);
	return s.best;
}
