// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/alert/alert_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 4096 /* bytes of one variable */
#define END_MS 5000
#define NAP_MS 10

extern char **environ;

/* The variables of one run. */
struct alert_env {
	char **v;
	size_t n;
	char text[16][VALUE_MAX];
	size_t ntext;
};

static void put_var(struct alert_env *e, const char *name, const char *value)
{
	char *to = e->text[e->ntext++];

	snprintf(to, VALUE_MAX, "CHANREC_ALERT_%s=%s", name, value);
	e->v[e->n++] = to;
}

static void put_number(struct alert_env *e, const char *name, uint64_t v)
{
	char s[24];

	snprintf(s, sizeof(s), "%" PRIu64, v);
	put_var(e, name, s);
}

/* One line per frame; names come from the program's file, so they must not make lines of their own. */
static void put_frames(struct alert_env *e, const struct alert_place *p)
{
	char all[VALUE_MAX / 2] = "";
	size_t at = 0;

	for (int i = 0; i < p->nframes; i++) {
		char one[VALUE_MAX / 2 / ALERT_FRAMES];

		snprintf(one, sizeof(one), "%s (%s:%u)", p->frames[i].func, p->frames[i].file, p->frames[i].line);
		for (char *c = one; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i ? "\n" : "", one);
		if (at >= sizeof(all))
			break;
	}
	put_var(e, "FRAMES", all);
}

static void put_all(struct alert_env *e, const struct alert_exec *x, const struct alert *a)
{
	char addr[24] = "";

	if (a->addr)
		snprintf(addr, sizeof(addr), "%#" PRIx64, a->addr);
	put_number(e, "PID", x->target);
	put_number(e, "GOROUTINE", a->goid);
	put_number(e, "COUNT", a->count);
	put_number(e, "WAIT_NS", a->wait_ns);
	put_number(e, "SKIPPED", x->skipped);
	put_var(e, "REASON", a->place->reason);
	put_var(e, "CHAN", addr);
	put_frames(e, a->place);
}

/* The caller's environment, and the alert. NULL: out of memory. */
static struct alert_env *env_new(const struct alert_exec *x, const struct alert *a)
{
	struct alert_env *e = calloc(1, sizeof(*e));
	size_t n = 0;

	while (environ[n])
		n++;
	if (!e)
		return NULL;
	e->v = calloc(n + sizeof(e->text) / sizeof(e->text[0]) + 1, sizeof(*e->v));
	if (!e->v) {
		free(e);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "CHANREC_ALERT_", strlen("CHANREC_ALERT_")) != 0)
			e->v[e->n++] = environ[i];
	put_all(e, x, a);
	return e;
}

static void env_free(struct alert_env *e)
{
	if (e)
		free(e->v);
	free(e);
}

/*
 * Its own process group, so that Ctrl-C ends the recording and not the message
 * about it; no signals blocked, as they are in the recorder; stdout may be the trace.
 */
static int spawn(struct alert_exec *x, char **env)
{
	char *argv[] = { (char *)(uintptr_t)x->path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, fresh;
	int ret;

	sigemptyset(&none);
	sigemptyset(&fresh);
	sigaddset(&fresh, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &fresh);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	ret = posix_spawnp(&x->running, x->path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return ret;
}

void alert_exec_run(struct alert_exec *x, const struct alert *a)
{
	struct alert_env *e;
	int ret = ENOMEM;

	if (!x->path)
		return;
	alert_exec_reap(x);
	if (x->running) {
		x->skipped++;
		return;
	}
	e = env_new(x, a);
	if (e)
		ret = spawn(x, e->v);
	env_free(e);
	if (ret) {
		x->running = 0;
		fprintf(stderr, "chanrec: cannot run %s: %s\n", x->path, strerror(ret));
		return;
	}
	x->skipped = 0;
}

/* ECHILD: what reaps the processes of a launched command was faster. */
void alert_exec_reap(struct alert_exec *x)
{
	int status;
	pid_t pid = x->running ? waitpid(x->running, &status, WNOHANG) : 0;

	if (pid == x->running || (pid < 0 && errno == ECHILD))
		x->running = 0;
}

void alert_exec_end(struct alert_exec *x)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };

	for (int ms = 0; ms < END_MS; ms += NAP_MS) {
		alert_exec_reap(x);
		if (!x->running)
			return;
		nanosleep(&nap, NULL);
	}
}
