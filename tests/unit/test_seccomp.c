// SPDX-License-Identifier: GPL-2.0-or-later
/* Seccomp filters are executed as the kernel does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/inline/seccomp.h"

#define N(f) (sizeof(f) / sizeof(*(f)))

static void test_number(void **state)
{
	static const struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	};

	assert_int_equal(seccomp_execute(f, N(f), &(struct seccomp_data){ .nr = 8 }), SECCOMP_RET_ALLOW);
	assert_int_equal(seccomp_execute(f, N(f), &(struct seccomp_data){ .nr = 9 }), SECCOMP_RET_ERRNO | 1);
}

/* mmap is forbidden if its third argument has PROT_EXEC, by way of every class of instruction. */
static void test_argument(void **state)
{
	static const struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 4),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_IMM, 2),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_IMM, 1),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	assert_int_equal(seccomp_execute(f, N(f), &(struct seccomp_data){ .args = { 0, 0, 3 } }), SECCOMP_RET_ALLOW);
	assert_int_equal(seccomp_execute(f, N(f), &(struct seccomp_data){ .args = { 0, 0, 5 } }),
	                 SECCOMP_RET_KILL_PROCESS);
}

/* Whatever is not a filter forbids. */
static void test_damaged(void **state)
{
	static const struct sock_filter endless[] = { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff) };
	static const struct sock_filter outside[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		                                      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	static const struct sock_filter by_zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		                                      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	static const struct sock_filter mem[] = { BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS),
		                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct seccomp_data call = { .nr = 1 };

	assert_int_equal(seccomp_execute(endless, N(endless), &call), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_execute(outside, N(outside), &call), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_execute(by_zero, N(by_zero), &call), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_execute(mem, N(mem), &call), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_execute(NULL, 0, &call), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_argument),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
