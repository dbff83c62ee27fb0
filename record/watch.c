// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/debug.h"

#define TWICE_NS 200000000ull

int watch_open(struct watch *w, const struct target *target, struct err *err)
{
	sigset_t set;

	*w = (struct watch){ .target = target };
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	w->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->sigfd < 0)
		return err_set(err, errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

void watch_close(struct watch *w)
{
	if (w->sigfd >= 0)
		close(w->sigfd);
	w->sigfd = -1;
}

void watch_until(struct watch *w, uint64_t deadline)
{
	w->deadline = deadline;
}

bool watch_launched(const struct watch *w)
{
	return w->launch.child > 0;
}

bool watch_gone(const struct watch *w)
{
	return w->fate != TARGET_RUNS;
}

void watch_stop(struct watch *w, const char *reason)
{
	if (w->reason)
		return;
	debug(DEBUG_TARGET, "the recording ends: %s", reason);
	w->reason = reason;
}

/* What happened to the target is the reason, even if a signal came first. */
static void set_fate(struct watch *w, enum target_fate fate, const char *reason)
{
	w->fate = fate;
	w->reason = NULL;
	watch_stop(w, reason);
}

void watch_execed(struct watch *w)
{
	set_fate(w, TARGET_EXECED, "the program executed another program");
}

/* One keystroke may arrive twice: from the terminal, and from a parent that passes it on. */
static void note_request(struct watch *w)
{
	uint64_t now = mono_ns();

	w->is_urgent |= w->reason && (!w->is_interrupted || now - w->asked > TWICE_NS);
	if (!w->is_interrupted)
		w->asked = now;
	w->is_interrupted = true;
}

static void on_signal(struct watch *w)
{
	struct signalfd_siginfo si;

	while (read(w->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			if (watch_launched(w))
				launch_reap(&w->launch);
			continue;
		}
		note_request(w);
		watch_stop(w, si.ssi_signo == SIGINT    ? "interrupted"
		              : si.ssi_signo == SIGTERM ? "terminated"
		                                        : "hung up");
	}
}

void watch_look(struct watch *w)
{
	on_signal(w);
}

void watch_wait(struct watch *w, int ms)
{
	struct pollfd p[] = { { .fd = w->sigfd, .events = POLLIN }, { .fd = w->target->pidfd, .events = POLLIN } };

	poll(p, 2, ms);
	if (p[0].revents)
		on_signal(w);
	if (p[1].revents || (w->target->pidfd < 0 && !target_alive(w->target)))
		set_fate(w, TARGET_EXITED, "the program exited");
	else if (target_execed(w->target))
		watch_execed(w);
	if (w->deadline && mono_ns() >= w->deadline)
		watch_stop(w, "the time limit was reached");
}

bool watch_end_command(struct watch *w, int *status)
{
	bool ended = false;

	if (!watch_launched(w))
		return false;
	if (w->fate == TARGET_RUNS) {
		launch_end(&w->launch);
	} else if (!w->is_interrupted) {
		if (w->fate == TARGET_EXITED)
			launch_exited(&w->launch);
		ended = launch_wait(&w->launch);
		*status = w->launch.status;
	}
	return ended;
}
