// SPDX-License-Identifier: GPL-2.0-or-later
/* Code whose instructions were displaced by a jump does what it did, and the handler sees the site's registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "inline/shared.h"
#include "record/inline/thunk.h"

/* Pages: code, thunk, conf. */
#define PAGE 4096u
static uint8_t *mem;
static uint32_t *on;
static struct inline_regs seen;
static uint64_t seen_top; /* of the stack */
static int hits;

static void handler(void *conf, const struct inline_regs *r, uint64_t sp)
{
	assert_ptr_equal(conf, on);
	seen = *r;
	seen_top = *(const uint64_t *)(uintptr_t)sp;
	hits++;
}

/* The handler of the tests is C code that uses any registers: saves those that thunks do not. */
static uint8_t *handler_entry(void)
{
	uint8_t *at = mem + 3 * (size_t)PAGE;
	uint64_t to = (uint64_t)(uintptr_t)handler;
	/* push rbp; mov rbp, rsp; and rsp, -16; mov rax, to; call rax; leave; ret */
	const uint8_t code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xe4, 0xf0, 0x48, 0xb8 };
	const uint8_t rest[] = { 0xff, 0xd0, 0xc9, 0xc3 };

	memcpy(at, code, sizeof(code));
	memcpy(at + sizeof(code), &to, sizeof(to));
	memcpy(at + sizeof(code) + sizeof(to), rest, sizeof(rest));
	return at;
}

static int setup(void **state)
{
	mem = mmap(NULL, 4 * (size_t)PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	on = (uint32_t *)(void *)(mem + 2 * (size_t)PAGE);
	return 0;
}

/* Puts the function at off in the code page, and the site at its instruction number insn. */
static int make(const void *code, size_t len, size_t off, size_t insn, bool at_jbe, struct thunk *t)
{
	struct thunk_place at = { .at = (uintptr_t)mem + PAGE,
		                  .conf = (uintptr_t)on,
		                  .handler = (uintptr_t)handler_entry() };
	struct err err = { 0 };
	struct site site = { .at_jbe = at_jbe };
	struct code c;
	int ret;

	memset(mem, 0xcc, 2 * (size_t)PAGE);
	memcpy(mem + off, code, len);
	assert_int_equal(code_open(&c, code, len, (uintptr_t)mem + off, &err), 0);
	assert_true(insn < c.n);
	site.addr = c.insn[insn].address;
	ret = thunk_make(&c, &site, &at, t, &err);
	code_close(&c);
	if (ret) {
		assert_int_equal(ret, -ENOTSUP);
		return ret;
	}
	assert_memory_equal(mem + (t->patch_at - (uintptr_t)mem), t->orig, PATCH_BYTES);
	memcpy(mem + PAGE, t->code, t->len);
	memcpy(mem + (t->patch_at - (uintptr_t)mem), t->patch, PATCH_BYTES);
	return 0;
}

static __attribute__((noinline, noclone)) uint64_t call(size_t off, uint64_t a, uint64_t b)
{
	uint64_t (*fn)(uint64_t, uint64_t) = (uint64_t(*)(uint64_t, uint64_t))(uintptr_t)(mem + off);

	uint64_t ret;

	hits = 0;
	ret = fn(a, b);
	/* Keeps this a call, which comes back here, and not a jump. */
	__asm__ volatile("" ::: "memory");
	return ret;
}

/* Switched off and on, the function returns what it should. */
static void check(size_t off, uint64_t a, uint64_t b, uint64_t want, int nhits)
{
	*on = 0;
	assert_int_equal(call(off, a, b), want);
	assert_int_equal(hits, 0);
	*on = 1;
	assert_int_equal(call(off, a, b), want);
	assert_int_equal(hits, nhits);
}

/* push rbp; mov rbp, rsp; sub rsp, 16; lea rax, [rdi + rsi]; add rsp, 16; pop rbp; ret */
static const uint8_t frame[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0x48,
	                         0x8d, 0x04, 0x37, 0x48, 0x83, 0xc4, 0x10, 0x5d, 0xc3 };

static void test_entry(void **state)
{
	struct thunk t;

	assert_int_equal(make(frame, sizeof(frame), 64, 0, false, &t), 0);
	assert_int_equal(t.displaced, 8);
	check(64, 30, 12, 42, 1);
	assert_int_equal(seen.di, 30);
	assert_int_equal(seen.si, 12);
	/* The return address is on top of the stack. */
	assert_true(seen_top - (uintptr_t)call < 4096);
}

static void test_return(void **state)
{
	struct thunk t;

	assert_int_equal(make(frame, sizeof(frame), 64, 6, false, &t), 0);
	/* The instructions before the RET are displaced with it, and the frame is gone at the site. */
	assert_int_equal(t.displaced, 6);
	check(64, 30, 12, 42, 1);
	assert_int_equal(seen.ax, 42);
	assert_true(seen_top - (uintptr_t)call < 4096);
}

/* A conditional jump: the handler changes the flags, the jump must not see that. */
static void test_flags(void **state)
{
	/* cmp edi, 5; je 1f; lea eax, [rsi + 1]; ret; 1: lea eax, [rsi + 2]; ret */
	static const uint8_t code[] = { 0x83, 0xff, 0x05, 0x74, 0x04, 0x8d, 0x46, 0x01, 0xc3, 0x8d, 0x46, 0x02, 0xc3 };
	struct thunk t;

	assert_int_equal(make(code, sizeof(code), 64, 1, false, &t), 0);
	check(64, 5, 40, 42, 1);
	check(64, 6, 41, 42, 1);
}

/* jbe of a stack check: the handler is called only if it is not taken. */
static void test_jbe(void **state)
{
	/* cmp rdi, rsi; jbe 1f; sub rsp, 8; lea rax, [rdi]; add rsp, 8; ret; 1: mov eax, 7; ret */
	static const uint8_t code[] = { 0x48, 0x39, 0xf7, 0x76, 0x0c, 0x48, 0x83, 0xec, 0x08, 0x48, 0x8d, 0x07,
		                        0x48, 0x83, 0xc4, 0x08, 0xc3, 0xb8, 0x07, 0x00, 0x00, 0x00, 0xc3 };
	struct thunk t;

	assert_int_equal(make(code, sizeof(code), 64, 1, true, &t), 0);
	check(64, 42, 1, 42, 1);
	check(64, 1, 42, 7, 0);
}

/* Memory that is addressed relative to the instruction. */
static void test_relative(void **state)
{
	/* mov rax, [rip + 8]; add rax, rdi; ret; nop ×4; the word */
	static const uint8_t code[] = { 0x48, 0x8b, 0x05, 0x08, 0x00, 0x00, 0x00, 0x48, 0x01, 0xf8, 0xc3, 0x90,
		                        0x90, 0x90, 0x90, 40,   0,    0,    0,    0,    0,    0,    0 };
	struct thunk t;

	assert_int_equal(make(code, sizeof(code), 64, 0, false, &t), 0);
	check(64, 2, 0, 42, 1);
}

static void test_call(void **state)
{
	/* call 1f; inc eax; ret; 1: lea eax, [rdi + rsi]; ret */
	static const uint8_t code[] = { 0xe8, 0x03, 0, 0, 0, 0xff, 0xc0, 0xc3, 0x8d, 0x04, 0x37, 0xc3 };
	struct thunk t;

	assert_int_equal(make(code, sizeof(code), 64, 0, false, &t), 0);
	assert_int_equal(t.patch[0], 0xe8);
	check(64, 30, 11, 42, 1);
	assert_int_equal(seen.di, 30);
	/* At the site, the call has not pushed its return address yet. */
	assert_true(seen_top - (uintptr_t)call < 4096);
}

static void test_refusals(void **state)
{
	/* push rbp; 1: mov rbp, rsp; dec edi; jne 1b; pop rbp; ret */
	static const uint8_t loop[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xcf, 0x75, 0xf9, 0x5d, 0xc3 };
	/* push rbp; call +0; pop rbp; ret: a call may not be displaced */
	static const uint8_t calls[] = { 0x55, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3 };
	/* push rbp; pop rbp; ret; other code */
	static const uint8_t brief[] = { 0x55, 0x5d, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90 };
	/* push rbp; mov rbp, rsp; jmp rdi; nop ×4 */
	static const uint8_t wild[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0xff, 0xe7 };
	struct thunk t;

	assert_int_equal(make(loop, sizeof(loop), 64, 0, false, &t), -ENOTSUP);
	assert_int_equal(make(calls, sizeof(calls), 64, 0, false, &t), -ENOTSUP);
	assert_int_equal(make(brief, sizeof(brief), 64, 0, false, &t), -ENOTSUP);
	assert_int_equal(make(wild, sizeof(wild), 64, 0, false, &t), -ENOTSUP);
	/* Bytes in two pages are not written in one step. */
	assert_int_equal(make(frame, sizeof(frame), PAGE - 4, 0, false, &t), -ENOTSUP);
	assert_int_equal(make(frame, sizeof(frame), PAGE - 5, 0, false, &t), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),    cmocka_unit_test(test_return),   cmocka_unit_test(test_flags),
		cmocka_unit_test(test_jbe),      cmocka_unit_test(test_relative), cmocka_unit_test(test_call),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
