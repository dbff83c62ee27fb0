// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/target/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gobin/gobin.h"
#include "util/vec.h"

#define TRACE_OPTIONS (PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

struct tracees {
	VEC(pid_t) v;
};

static int tracees_add(struct tracees *t, pid_t pid)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i] == pid)
			return 0;
	return vec_push(&t->v, pid);
}

static void tracees_del(struct tracees *t, pid_t pid)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i] == pid)
			t->v.v[i--] = t->v.v[--t->v.n];
}

static void child_exec(char *const argv[], int errfd)
{
	sigset_t none;
	int e;

	sigemptyset(&none);
	/* Stop until the parent has seized us. */
	raise(SIGSTOP);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	e = errno;
	while (write(errfd, &e, sizeof(e)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* Only programs built by Go have the runtime's functions. */
static bool is_go(pid_t pid)
{
	struct gobin *b = NULL;
	struct go_func f;
	char path[64];
	bool yes;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (gobin_open(&b, path, NULL))
		return false;
	yes = gobin_func_by_name(b, "runtime.gopark", &f) == 0;
	gobin_free(b);
	return yes;
}

/* Detaches a stopped tracee. Passes on a signal, but not a stop that ptrace itself caused. */
static void detach_stopped(pid_t pid, int status)
{
	long sig = status >> 16 ? 0 : WSTOPSIG(status);

	ptrace(PTRACE_DETACH, pid, NULL, (void *)sig);
}

/* Detaches a tracee that may be running, and so must be stopped first. */
static void detach_running(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0)
		return;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return;
	detach_stopped(pid, status);
}

static void detach_others(struct tracees *t, pid_t keep)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i] != keep)
			detach_running(t->v.v[i]);
}

/* Handles a stop of a tracee. True if it is the exec of a Go program. */
static bool on_stop(struct tracees *t, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (tracees_add(t, pid))
		return false;
	if (sig == SIGTRAP && event == PTRACE_EVENT_EXEC && is_go(pid))
		return true;
	if (event)
		sig = 0;
	ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
	return false;
}

static int wait_signal(int sigfd, int *sig)
{
	struct signalfd_siginfo si;
	struct pollfd p = { .fd = sigfd, .events = POLLIN };

	*sig = 0;
	if (poll(&p, 1, 100) <= 0)
		return 0;
	if (read(sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		*sig = (int)si.ssi_signo;
	return 0;
}

static int say_no_go(const struct launch *l, char *const argv[], struct err *err)
{
	if (WIFEXITED(l->status))
		return err_set(err, ENOEXEC, "%s exited with status %d without executing a Go program", argv[0],
		               WEXITSTATUS(l->status));
	return err_set(err, ENOEXEC, "%s was killed by signal %d without executing a Go program", argv[0],
	               WTERMSIG(l->status));
}

static int follow(struct launch *l, char *const argv[], struct err *err)
{
	struct tracees t = { 0 };
	int sig = 0, ret = 0;

	while (!l->pid && !ret) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		if (pid == 0) {
			wait_signal(l->sigfd, &sig);
			if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
				ret = err_set(err, EINTR, "interrupted before %s ran a Go program", argv[0]);
		} else if (pid < 0) {
			ret = say_no_go(l, argv, err);
		} else if (WIFSTOPPED(status)) {
			if (on_stop(&t, pid, status))
				l->pid = pid;
		} else {
			tracees_del(&t, pid);
			if (pid == l->child) {
				l->ended = true;
				l->status = status;
			}
			if (!t.v.n)
				ret = say_no_go(l, argv, err);
		}
	}
	if (l->pid)
		detach_others(&t, l->pid);
	vec_free(&t.v);
	return ret;
}

int launch_start(struct launch *l, int sigfd, char *const argv[], struct err *err)
{
	int errpipe[2], status, e = 0;

	memset(l, 0, sizeof(*l));
	l->sigfd = sigfd;
	if (pipe2(errpipe, O_CLOEXEC))
		return err_set(err, errno, "cannot create a pipe: %s", strerror(errno));
	l->child = fork();
	if (l->child < 0) {
		e = errno;
		close(errpipe[0]);
		close(errpipe[1]);
		return err_set(err, e, "cannot start a process: %s", strerror(e));
	}
	if (l->child == 0)
		child_exec(argv, errpipe[1]);
	close(errpipe[1]);
	if (waitpid(l->child, &status, WUNTRACED) != l->child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SEIZE, l->child, NULL, (void *)(long)TRACE_OPTIONS)) {
		kill(l->child, SIGKILL);
		close(errpipe[0]);
		return err_set(err, EPERM,
		               "cannot trace the new process: is ptrace forbidden here (seccomp, "
		               "kernel.yama.ptrace_scope=3)?");
	}
	kill(l->child, SIGCONT);
	follow(l, argv, err);
	if (!l->pid && read(errpipe[0], &e, sizeof(e)) == (ssize_t)sizeof(e))
		err_set(err, e, "cannot execute %s: %s", argv[0], strerror(e));
	close(errpipe[0]);
	return l->pid ? 0 : err->code;
}

int launch_go(struct launch *l, struct err *err)
{
	if (ptrace(PTRACE_DETACH, l->pid, NULL, NULL))
		return err_set(err, errno, "cannot resume the program: %s", strerror(errno));
	return 0;
}

void launch_reap(struct launch *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		/* A tracee created while the Go program was being found, whose first stop came too late. */
		if (WIFSTOPPED(status)) {
			detach_stopped(pid, status);
		} else if (pid == l->child) {
			l->ended = true;
			l->status = status;
		}
	}
}

bool launch_wait(struct launch *l)
{
	bool alone = true;
	int sig;

	for (launch_reap(l); !l->ended; launch_reap(l)) {
		wait_signal(l->sigfd, &sig);
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
			alone = false;
			launch_end(l);
		}
	}
	return alone;
}

void launch_exited(struct launch *l)
{
	l->pid = 0;
}

void launch_end(struct launch *l)
{
	if (l->pid)
		kill(l->pid, SIGTERM);
	if (!l->ended && l->child > 0 && l->child != l->pid)
		kill(l->child, SIGTERM);
}
