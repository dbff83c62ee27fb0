// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/debug.h"

/* include/uapi/linux/capability.h of Linux 5.8; older headers lack them. */
#define NUMBER_PERFMON 38
#define NUMBER_BPF 39
#define BIT(n) (1ull << (n))

static int last_capability(void)
{
	FILE *f = fopen("/proc/sys/kernel/cap_last_cap", "re");
	int n = 0;

	if (f && fscanf(f, "%d", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/*
 * The target's memory, its threads and what /proc says of its descriptors; perf
 * events for threads that run. Up to Linux 5.7, CAP_SYS_ADMIN stands for the
 * last; it also lets the kernel time BPF programs.
 */
static uint64_t needed(const struct sandbox_opts *o, int last)
{
	uint64_t caps =
	        BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL) | BIT(NUMBER_PERFMON) | BIT(NUMBER_BPF);

	if (o->is_inline)
		caps |= BIT(CAP_SYS_NICE) | BIT(CAP_SYS_ADMIN);
	return o->attaches || last < NUMBER_BPF ? caps | BIT(CAP_SYS_ADMIN) : caps;
}

static void drop_capabilities(const struct sandbox_opts *o)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	int last = last_capability();
	uint64_t keep = needed(o, last);

	if (syscall(SYS_capget, &head, data))
		return;
	for (int i = 0; i <= last; i++)
		if (!(keep & BIT(i)))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		uint32_t part = (uint32_t)(keep >> (32 * i));

		data[i].effective &= part;
		data[i].permitted &= part;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data))
		debug(DEBUG_TARGET, "capabilities are kept: %s", strerror(errno));
}

/*
 * System calls that nothing here makes any more, refused with EPERM: a list of
 * what is allowed would break with the next libc.
 */
static const int refused[] = {
	SYS_execve,
	SYS_execveat,
	SYS_process_vm_writev,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	SYS_unshare,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_iopl,
	SYS_ioperm,
	SYS_mknod,
	SYS_mknodat,
	SYS_symlink,
	SYS_symlinkat,
	SYS_link,
	SYS_linkat,
	SYS_rename,
	SYS_renameat,
	SYS_renameat2,
	SYS_chmod,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_chown,
	SYS_fchown,
	SYS_lchown,
	SYS_fchownat,
	SYS_setuid,
	SYS_setgid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setgroups,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_quotactl,
	SYS_acct,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_sethostname,
	SYS_userfaultfd,
	SYS_ptrace, /* the last: left out where threads will be traced */
};
#define REFUSED (sizeof(refused) / sizeof(*refused))

#define OFFSET(field) ((uint32_t)offsetof(struct seccomp_data, field))

static void put(struct sock_filter *to, size_t *n, struct sock_filter insn)
{
	to[(*n)++] = insn;
}

static void filter_calls(bool traces)
{
	struct sock_filter code[2 * REFUSED + 8];
	size_t n = 0, calls = traces ? REFUSED - 1 : REFUSED;
	struct sock_fprog prog = { .filter = code };

	put(code, &n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(arch)));
	put(code, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	put(code, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	put(code, &n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(nr)));
	for (size_t i = 0; i < calls; i++) {
		put(code, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refused[i], 0, 1));
		put(code, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	}
	put(code, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
		debug(DEBUG_TARGET, "no filter for system calls: %s", strerror(errno));
}

void sandbox_enter(const struct sandbox_opts *o)
{
	bool traces = o->traces;

#ifdef __SANITIZE_ADDRESS__
	traces = true; /* its search for leaks stops the threads of the process */
#endif
	drop_capabilities(o);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		debug(DEBUG_TARGET, "no filter for system calls: %s", strerror(errno));
		return;
	}
	/* PTRACE_SECCOMP_GET_FILTER is refused to a process that has a filter itself (seccomp_get_filter()). */
	if (!o->is_inline)
		filter_calls(traces);
}
