// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Of the process: the signal handler needs it. */
static volatile pid_t pager;
static int terminal = -1; /* what stdout was */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))
static struct sigaction before[SIGNALS];

static const char *command(void)
{
	const char *s = getenv("CHANREC_PAGER");

	if (!s)
		s = getenv("PAGER");
	if (!s)
		s = "less";
	return *s && strcmp(s, "cat") ? s : NULL;
}

/* Whether the pager ran: a shell that cannot run it exits with 126 or 127. */
static bool wait_for_pager(void)
{
	int status = 0;

	while (waitpid(pager, &status, 0) < 0 && errno == EINTR)
		;
	return !WIFEXITED(status) || (WEXITSTATUS(status) != 126 && WEXITSTATUS(status) != 127);
}

/*
 * The pager shares the terminal: it has to end first, or the shell and it read
 * the same keys. Calls only async-signal-safe functions.
 */
static void on_signal(int sig)
{
	bool ran;

	close(STDOUT_FILENO);
	ran = wait_for_pager();
	if (sig == SIGPIPE)
		_exit(ran ? 0 : 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &sa, &before[i]);
}

static void restore_signals(void)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}

/* A command with arguments or other syntax is the shell's to parse. */
static int spawn(const char *cmd, int from)
{
	char *direct[] = { (char *)cmd, NULL }, *shell[] = { "sh", "-c", (char *)cmd, NULL };
	char **argv = cmd[strcspn(cmd, "|&;<>()$`\\\"' \t\n*?[#~=%")] ? shell : direct;
	posix_spawn_file_actions_t acts;
	pid_t pid;
	int ret;

	if (posix_spawn_file_actions_init(&acts))
		return -1;
	ret = posix_spawn_file_actions_adddup2(&acts, from, STDIN_FILENO);
	if (!ret)
		ret = posix_spawnp(&pid, argv[0], &acts, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	if (!ret)
		pager = pid;
	return ret ? -1 : 0;
}

bool pager_start(void)
{
	const char *cmd = command();
	int fds[2];

	if (!cmd || pager || !isatty(STDOUT_FILENO))
		return false;
	if (fflush(stdout) || pipe2(fds, O_CLOEXEC))
		return false;
	setenv("LESS", "FRX", 0);
	terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (terminal >= 0 && !spawn(cmd, fds[0])) {
		catch_signals();
		dup2(fds[1], STDOUT_FILENO);
	} else if (terminal >= 0) {
		close(terminal);
	}
	close(fds[0]);
	close(fds[1]);
	return pager != 0;
}

bool pager_finish(void)
{
	bool ran;

	if (!pager)
		return true;
	fflush(stdout);
	/* Takes the last end of the pipe from stdout: the pager sees the end of the text. */
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	ran = wait_for_pager();
	pager = 0;
	restore_signals();
	return ran;
}
