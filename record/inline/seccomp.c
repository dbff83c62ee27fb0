// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

#define FILTER_MAX 4096 /* BPF_MAXINSNS */
#define FILTERS_MAX 256
#define INVALID SECCOMP_RET_KILL_PROCESS

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
	const struct seccomp_data *call;
};

static bool load(struct machine *m, const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (f->k % 4 || f->k > sizeof(*m->call) - 4)
			return false;
		memcpy(&m->a, (const char *)m->call + f->k, 4);
		return true;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = sizeof(*m->call);
		return true;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = sizeof(*m->call);
		return true;
	case BPF_LD | BPF_IMM:
		m->a = f->k;
		return true;
	case BPF_LDX | BPF_IMM:
		m->x = f->k;
		return true;
	case BPF_LD | BPF_MEM:
		m->a = m->mem[f->k % BPF_MEMWORDS];
		return f->k < BPF_MEMWORDS;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[f->k % BPF_MEMWORDS];
		return f->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

static bool store(struct machine *m, const struct sock_filter *f)
{
	if (f->k >= BPF_MEMWORDS)
		return false;
	m->mem[f->k] = BPF_CLASS(f->code) == BPF_ST ? m->a : m->x;
	return true;
}

static bool compute(struct machine *m, const struct sock_filter *f)
{
	uint32_t by = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		m->a = by ? m->a / by : 0;
		return by != 0;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a = by < 32 ? m->a << by : 0;
		return true;
	case BPF_RSH:
		m->a = by < 32 ? m->a >> by : 0;
		return true;
	case BPF_NEG:
		m->a = -m->a;
		return true;
	default:
		return false;
	}
}

/* How many instructions are skipped. */
static uint32_t jump(const struct machine *m, const struct sock_filter *f)
{
	uint32_t by = BPF_SRC(f->code) == BPF_X ? m->x : f->k;
	bool is = false;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->k;
	case BPF_JEQ:
		is = m->a == by;
		break;
	case BPF_JGT:
		is = m->a > by;
		break;
	case BPF_JGE:
		is = m->a >= by;
		break;
	case BPF_JSET:
		is = m->a & by;
		break;
	default:
		return UINT32_MAX;
	}
	return is ? f->jt : f->jf;
}

uint32_t seccomp_execute(const struct sock_filter *filter, size_t n, const struct seccomp_data *call)
{
	struct machine m = { .call = call };

	/* Jumps lead forward only, so this ends. */
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *f = &filter[i];
		bool is_valid = true;

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
		case BPF_LDX:
			is_valid = load(&m, f);
			break;
		case BPF_ST:
		case BPF_STX:
			is_valid = store(&m, f);
			break;
		case BPF_ALU:
			is_valid = compute(&m, f);
			break;
		case BPF_JMP:
			i += jump(&m, f);
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? m.a : f->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
			break;
		}
		if (!is_valid)
			return INVALID;
	}
	return INVALID;
}

static bool is_filtered(pid_t tid)
{
	char path[64], line[256];
	int mode = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (f)
		fclose(f);
	return mode != 0;
}

static bool is_allowed(const struct sock_filter *filter, size_t n, struct seccomp_data call)
{
	uint32_t action;

	call.arch = AUDIT_ARCH_X86_64;
	action = seccomp_execute(filter, n, &call) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

int seccomp_allows(pid_t tid, const struct seccomp_data *calls, size_t n, struct err *err)
{
	struct sock_filter filter[FILTER_MAX];

	if (!is_filtered(tid))
		return 0;
	for (long i = 0; i < FILTERS_MAX; i++) {
		long len = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)i, NULL);

		if (len < 0 && errno == ENOENT && i)
			return 0;
		if (len < 0 || len > FILTER_MAX || ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)i, filter) != len)
			return err_set(err, EPERM,
			               "the process has a seccomp filter that cannot be read, which may forbid it to "
			               "map memory; be root, or use --probes uprobe");
		for (size_t k = 0; k < n; k++)
			if (!is_allowed(filter, (size_t)len, calls[k]))
				return err_set(err, EPERM,
				               "the process's seccomp filter forbids system call %d, which is needed "
				               "to map memory; use --probes uprobe",
				               calls[k].nr);
	}
	return err_set(err, EPERM, "the process has too many seccomp filters");
}
