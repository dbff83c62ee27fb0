// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/remote.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/inline/seccomp.h"
#include "util/clock.h"

/* include/linux/errno.h: what a system call that was interrupted "returns". */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

#define SYSCALL_BYTES 2
#define STOPS_MAX 1000
/* Far more than the calls take. Code that somebody else overwrites may never get to them. */
#define CALLS_NS 2000000000ull
#define GIVE_UP_NS 500000000ull
#define POLL_US 20

struct list {
	uint8_t code[REMOTE_MAX];
	size_t n;
	size_t after[16]; /* offset behind each call's instruction */
};
#define CALLS_MAX (sizeof(((struct list *)0)->after) / sizeof(size_t))

/* Registers by their number in instructions. */
enum reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

static void put(struct list *l, const void *bytes, size_t n)
{
	if (l->n + n <= sizeof(l->code))
		memcpy(l->code + l->n, bytes, n);
	l->n += n;
}

/* Flags stay as they are. */
static void put_mov(struct list *l, enum reg reg, uint64_t value)
{
	uint8_t low = (uint8_t)(0xb8 | (reg & 7)), rex = reg >= R8 ? 0x41 : 0x40;

	if (value <= UINT32_MAX) {
		uint32_t v = (uint32_t)value;

		if (reg >= R8)
			put(l, &rex, 1);
		put(l, &low, 1);
		put(l, &v, sizeof(v));
		return;
	}
	rex |= 0x08;
	put(l, &rex, 1);
	put(l, &low, 1);
	put(l, &value, sizeof(value));
}

/* mov to, from */
static void put_copy(struct list *l, enum reg to, enum reg from)
{
	const uint8_t code[] = { (uint8_t)(0x48 | (from >= R8 ? 4 : 0) | (to >= R8 ? 1 : 0)), 0x89,
		                 (uint8_t)(0xc0 | (from & 7) << 3 | (to & 7)) };

	put(l, code, sizeof(code));
}

static enum reg var_reg(enum remote_var v)
{
	return v == REMOTE_FD ? R12 : R13;
}

static void put_call(struct list *l, const struct remote_call *c)
{
	static const enum reg args[REMOTE_ARGS] = { RDI, RSI, RDX, R10, R8, R9 };
	static const uint8_t syscall_insn[SYSCALL_BYTES] = { 0x0f, 0x05 };

	put_mov(l, RAX, (uint64_t)c->nr);
	for (int i = 0; i < c->nargs; i++)
		if (c->var[i])
			put_copy(l, args[i], var_reg(c->var[i]));
		else
			put_mov(l, args[i], c->arg[i]);
	put(l, syscall_insn, sizeof(syscall_insn));
}

static void put_return(struct list *l, const struct user_regs_struct *r)
{
	static const uint8_t jmp[] = { 0xff, 0x25, 0, 0, 0, 0 };
	const uint64_t regs[] = {
		[RAX] = r->rax, [RCX] = r->rcx, [RDX] = r->rdx, [RBX] = r->rbx, [RSP] = r->rsp, [RBP] = r->rbp,
		[RSI] = r->rsi, [RDI] = r->rdi, [R8] = r->r8,   [R9] = r->r9,   [R10] = r->r10, [R11] = r->r11,
		[R12] = r->r12, [R13] = r->r13, [R14] = r->r14, [R15] = r->r15
	};

	for (enum reg i = RAX; i <= R15; i++)
		put_mov(l, i, regs[i]);
	put(l, jmp, sizeof(jmp));
	put(l, &r->rip, sizeof(r->rip));
}

/* Where the thread goes on: an interrupted system call is made again, as the kernel would. */
static struct user_regs_struct way_back(const struct user_regs_struct *now)
{
	struct user_regs_struct r = *now;

	if ((long)r.orig_rax >= 0) {
		switch (-(long)r.rax) {
		case ERESTARTSYS:
		case ERESTARTNOINTR:
		case ERESTARTNOHAND:
			r.rax = r.orig_rax;
			r.rip -= SYSCALL_BYTES;
			break;
		case ERESTART_RESTARTBLOCK:
			r.rax = SYS_restart_syscall;
			r.rip -= SYSCALL_BYTES;
			break;
		default:
			break;
		}
	}
	r.orig_rax = (unsigned long long)-1;
	return r;
}

static void list_make(struct list *l, const struct remote_call *calls, size_t n, const struct user_regs_struct *back)
{
	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		put_call(l, &calls[i]);
		l->after[i] = l->n;
		if (calls[i].sets)
			put_copy(l, var_reg(calls[i].sets), RAX);
	}
	put_return(l, back);
}

/* Waits for the thread's next stop. -ETIMEDOUT: there was none; -ESRCH: it has exited. */
static int wait_stop(pid_t tid, int *status, uint64_t deadline)
{
	for (;;) {
		pid_t got = waitpid(tid, status, __WALL | WNOHANG);

		if (got)
			return got == tid && WIFSTOPPED(*status) ? 0 : -ESRCH;
		if (mono_ns() > deadline)
			return -ETIMEDOUT;
		usleep(POLL_US);
	}
}

/* Lets the thread run to its next stop. -ESRCH: it has exited; -ETIMEDOUT: it goes on. */
static int next_stop(struct tracee *th, struct user_regs_struct *r, bool *at_call, uint64_t deadline)
{
	int status, sig = 0;

	for (int i = 0; i < STOPS_MAX; i++) {
		int ret;

		if (ptrace(PTRACE_SYSCALL, th->tid, NULL, (void *)(long)sig))
			return -ESRCH;
		ret = wait_stop(th->tid, &status, deadline);
		if (ret)
			return ret;
		sig = WSTOPSIG(status);
		*at_call = !(status >> 16) && (sig & ~0x80) == SIGTRAP;
		if (status >> 16)
			sig = 0;
		if (*at_call)
			return ptrace(PTRACE_GETREGS, th->tid, NULL, r) ? -ESRCH : 0;
	}
	return -ELOOP;
}

/* Follows the thread through the calls. Each stops twice, before and after; both times rip is behind it. */
static int follow(struct tracee *th, const struct list *l, uint64_t at, struct remote_call *calls, size_t n,
                  remote_fn fn, void *arg, struct err *err)
{
	struct user_regs_struct r;
	uint64_t deadline = mono_ns() + CALLS_NS;
	bool at_call, is_second = false;
	int ret = 0;

	for (size_t i = 0; i < n;) {
		int stop = next_stop(th, &r, &at_call, deadline);

		if (stop == -ESRCH)
			return err_set(err, ESRCH, "the process ended while it made system calls for the recorder");
		if (stop)
			return err_set(err, ETIMEDOUT,
			               "a thread of the process did not make the system calls for the recorder: "
			               "somebody else changes the process's code, or a call does not return");
		if (r.rip != at + l->after[i])
			continue;
		if (is_second) {
			calls[i].result = (long)r.rax;
			if (fn && !ret)
				ret = fn(arg, i, calls[i].result, err);
			i++;
		}
		is_second = !is_second;
	}
	return ret;
}

/*
 * Ends calls that do not end. A thread that is in the list is sent back. One that
 * left it goes on, and finds its way back in the list. false: it has no state
 * that could be waited for, and stays traced until the recorder ends.
 */
static bool give_up(struct tracees *t, const struct list *l, uint64_t at, const struct user_regs_struct *back,
                    bool *is_in_list)
{
	struct tracee *th = &t->v.v[0];
	struct user_regs_struct r;
	int status;

	ptrace(PTRACE_INTERRUPT, th->tid, NULL, NULL);
	if (wait_stop(th->tid, &status, mono_ns() + GIVE_UP_NS))
		return false;
	if (!(status >> 16) && (WSTOPSIG(status) & ~0x80) != SIGTRAP)
		th->sig = WSTOPSIG(status);
	*is_in_list = !ptrace(PTRACE_GETREGS, th->tid, NULL, &r) && r.rip - at < l->n;
	if (*is_in_list)
		ptrace(PTRACE_SETREGS, th->tid, NULL, back);
	return true;
}

/* Of the thread that is stopped. */
static int check_calls(const struct tracees *t, const struct remote_call *calls, size_t n, struct err *err)
{
	struct seccomp_data data[CALLS_MAX];

	if (n > CALLS_MAX)
		return err_set(err, E2BIG, "too many calls");
	for (size_t i = 0; i < n; i++) {
		data[i] = (struct seccomp_data){ .nr = (int)calls[i].nr };
		for (int k = 0; k < REMOTE_ARGS; k++)
			data[i].args[k] = calls[i].arg[k];
	}
	return seccomp_allows(t->v.v[0].tid, data, n, err);
}

int remote_check(struct tracees *t, const struct remote_call *calls, size_t n, struct err *err)
{
	int ret;

	if (tracees_stop_one(t, err))
		return err->code;
	ret = check_calls(t, calls, n, err);
	tracees_resume(t);
	return ret;
}

int remote_run(struct tracees *t, const struct remote_room *room, struct remote_call *calls, size_t n, remote_fn fn,
               void *arg, struct err *err)
{
	uint8_t saved[REMOTE_MAX];
	struct user_regs_struct back, r;
	bool is_back = true;
	struct list l;
	int ret;

	if (tracees_stop_one(t, err))
		return err->code;
	ret = check_calls(t, calls, n, err);
	if (ret) {
		tracees_resume(t);
		return ret;
	}
	back = way_back(&t->v.v[0].regs);
	list_make(&l, calls, n, &back);
	if (l.n > sizeof(l.code) || l.n > room->size)
		ret = err_set(err, ENOSPC, "there is no room for %zu bytes behind the program's code", l.n);
	else if (tracees_read(t, room->at, saved, l.n) || tracees_write(t, room->at, l.code, l.n))
		ret = err_set(err, EACCES, "the kernel does not let the recorder write the process's code");
	else
		ret = 0;
	if (ret) {
		tracees_resume(t);
		return ret;
	}
	r = back;
	r.rip = room->at;
	if (ptrace(PTRACE_SETREGS, t->v.v[0].tid, NULL, &r))
		ret = err_set(err, errno, "cannot divert a thread: %s", strerror(errno));
	else
		ret = follow(&t->v.v[0], &l, room->at, calls, n, fn, arg, err);
	if (ret == -ETIMEDOUT && !give_up(t, &l, room->at, &back, &is_back)) {
		tracees_forget(t);
		return ret;
	}
	if (ret == -ESRCH)
		is_back = false;
	else if (ret != -ETIMEDOUT)
		/* The way back, but at once. */
		ptrace(PTRACE_SETREGS, t->v.v[0].tid, NULL, &back);
	if (is_back)
		tracees_write(t, room->at, saved, l.n);
	tracees_resume(t);
	return ret;
}
