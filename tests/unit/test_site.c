// SPDX-License-Identifier: GPL-2.0-or-later
/* The decoder of probe sites, on code compiled by three Go versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/probe/site.h"
#include "tests/unit/site_code.h"

#define OPEN(c, id) assert_int_equal(code_open(c, id, sizeof(id), id##_addr, NULL), 0)

static void check_entry(const void *bytes, size_t len, uint64_t addr, const char *insn, unsigned off, bool at_jbe)
{
	struct err err = { 0 };
	struct site s;
	struct code c;

	assert_int_equal(code_open(&c, bytes, len, addr, NULL), 0);
	if (site_entry(&c, &s, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(s.addr - addr, off);
	assert_int_equal(strncmp(s.insn, insn, strlen(insn)), 0);
	assert_int_equal(s.at_jbe, at_jbe);
	assert_false(s.single_step);
	code_close(&c);
}
#define ENTRY(id, insn, off, jbe) check_entry(id, sizeof(id), id##_addr, insn, off, jbe)

static void test_entries(void **state)
{
	/* Up to 1.20 there is only the jbe; from 1.21 on, the push after it runs exactly once. */
	ENTRY(go119_runtime_gopark, "jbe", 4, true);
	ENTRY(go119_runtime_ready, "jbe", 4, true);
	ENTRY(go119_runtime_closechan, "jbe", 4, true);
	ENTRY(go119_runtime_goexit0, "jbe", 4, true);
	ENTRY(go119_runtime_selectgo, "jbe", 12, true);
	ENTRY(go119_runtime_chanrecv, "jbe", 9, true);
	ENTRY(go123_runtime_gopark, "push rbp", 10, false);
	ENTRY(go123_runtime_ready, "push rbp", 10, false);
	ENTRY(go123_runtime_selectgo, "push rbp", 18, false);
	ENTRY(go127_runtime_gopark, "push rbp", 10, false);
	/* Without a stack check: the first jump, or the push at the beginning. */
	ENTRY(go119_runtime_netpollready, "je", 3, false);
	ENTRY(go123_runtime_netpollready, "push rbp", 0, false);
	ENTRY(go127_runtime_netpollready, "push rbp", 0, false);
}

static void check_call(const void *bytes, size_t len, uint64_t addr, uint64_t target)
{
	struct site s;
	struct code c;

	assert_int_equal(code_open(&c, bytes, len, addr, NULL), 0);
	assert_int_equal(site_call(&c, target, &s, NULL), 0);
	assert_int_equal(strncmp(s.insn, "call", 4), 0);
	assert_int_not_equal(site_call(&c, target + 1, &s, NULL), 0);
	code_close(&c);
}

static void test_calls(void **state)
{
	check_call(go119_runtime_newproc_func1, sizeof(go119_runtime_newproc_func1), go119_runtime_newproc_func1_addr,
	           go119_runqput);
	check_call(go123_runtime_newproc_func1, sizeof(go123_runtime_newproc_func1), go123_runtime_newproc_func1_addr,
	           go123_runqput);
	check_call(go127_runtime_newproc_func1, sizeof(go127_runtime_newproc_func1), go127_runtime_newproc_func1_addr,
	           go127_runqput);
}

/* call newproc1; cmp runtime.writeBarrier, 0; xchg ax, ax; jne: as in Go 1.23. */
static void test_results(void **state)
{
	static const uint8_t kept[] = { 0xe8, 0xfb, 0x0f, 0x00, 0x00, 0x83, 0x3d, 0x02, 0xef,
		                        0x58, 0x00, 0x00, 0x66, 0x90, 0x75, 0x07, 0xc3 };
	/* call newproc1; mov eax, [rsp + 8]; jne */
	static const uint8_t gone[] = { 0xe8, 0xfb, 0x0f, 0x00, 0x00, 0x8b, 0x44, 0x24, 0x08, 0x75, 0x07, 0xc3 };
	struct site s;
	struct code c;

	assert_int_equal(code_open(&c, kept, sizeof(kept), 0x1000, NULL), 0);
	assert_int_equal(site_result(&c, 0x2000, &s, NULL), 0);
	assert_int_equal(s.addr, 0x100e);
	assert_false(s.at_jbe || s.single_step);
	assert_true(site_result(&c, 0x2001, &s, NULL) < 0);
	code_close(&c);
	assert_int_equal(code_open(&c, gone, sizeof(gone), 0x1000, NULL), 0);
	assert_true(site_result(&c, 0x2000, &s, NULL) < 0);
	code_close(&c);
}

static void check_make(const void *bytes, size_t len, uint64_t addr, x86_reg reg, int32_t cap_sp, const char *insn)
{
	struct err err = { 0 };
	struct site_tail t;
	struct code c;

	assert_int_equal(code_open(&c, bytes, len, addr, NULL), 0);
	if (site_make(&c, 8, &t, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(t.reg, reg);
	assert_int_equal(t.cap_sp, cap_sp);
	assert_int_equal(strncmp(t.site.insn, insn, strlen(insn)), 0);
	code_close(&c);
}

static void test_makechan(void **state)
{
	check_make(go119_runtime_makechan, sizeof(go119_runtime_makechan), go119_runtime_makechan_addr, X86_REG_RAX,
	           0x48, "jne");
	check_make(go123_runtime_makechan, sizeof(go123_runtime_makechan), go123_runtime_makechan_addr, X86_REG_RCX,
	           0x48, "je");
	/* The capacity is stored before the last jump (the synctest bubble), so it is read from the channel. */
	check_make(go127_runtime_makechan, sizeof(go127_runtime_makechan), go127_runtime_makechan_addr, X86_REG_RCX, -1,
	           "je");
}

static void check_spills(const void *bytes, size_t len, uint64_t addr, bool select)
{
	int32_t off = 0;
	struct code c;

	assert_int_equal(code_open(&c, bytes, len, addr, NULL), 0);
	assert_int_equal(code_spill(&c, 0, &off, NULL), 0);
	assert_int_equal(off, 16);
	if (select) {
		assert_int_equal(code_spill(&c, 3, &off, NULL), 0);
		assert_int_equal(off, 40);
		off = 0;
		assert_int_equal(code_select_ncases(&c, &off), 0);
		assert_true(off < 0);
	}
	code_close(&c);
}
#define SPILLS(id, select) check_spills(id, sizeof(id), id##_addr, select)

static void test_spills(void **state)
{
	SPILLS(go119_runtime_semacquire1, false);
	SPILLS(go123_runtime_semacquire1, false);
	SPILLS(go127_runtime_semacquire1, false);
	SPILLS(go119_sync_runtime_notifyListWait, false);
	SPILLS(go127_sync_runtime_notifyListWait, false);
	SPILLS(go119_runtime_selectgo, true);
	SPILLS(go123_runtime_selectgo, true);
	SPILLS(go127_runtime_selectgo, true);
}

static void test_ncases_slot(void **state)
{
	int32_t off, frame;
	struct code c;

	/* rbp = rsp + 0x130, kept at 0x90(rsp). */
	OPEN(&c, go119_runtime_selectgo);
	assert_int_equal(code_frame_size(&c, &frame), 0);
	assert_int_equal(frame, 0x130);
	assert_int_equal(code_select_ncases(&c, &off), 0);
	assert_int_equal(off, 0x90 - 0x130);
	code_close(&c);
	OPEN(&c, go123_runtime_selectgo);
	assert_int_equal(code_frame_size(&c, &frame), 0);
	assert_int_equal(frame, 0x118);
	assert_int_equal(code_select_ncases(&c, &off), 0);
	assert_int_equal(off, 0x70 - 0x118);
	code_close(&c);
}

static void test_rets(void **state)
{
	struct site s[16];
	uint64_t first;
	int32_t off;
	struct code c;
	size_t n;

	OPEN(&c, go119_runtime_chanrecv);
	n = site_rets(&c, s, 16);
	assert_int_equal(n, 8);
	for (size_t i = 0; i < n; i++)
		assert_true(s[i].single_step);
	/* The two returns of failed non-blocking receives precede the store of the argument. */
	assert_int_equal(code_spill(&c, 0, &off, &first), 0);
	assert_true(s[1].addr < first);
	assert_true(s[2].addr > first);
	code_close(&c);
}

static void test_not_understood(void **state)
{
	/* mov rax, 1 overwrites an argument before the first possible site. */
	static const uint8_t clobber[] = { 0x48, 0xc7, 0xc0, 1, 0, 0, 0, 0x55, 0xc3 };
	/* With a loop around the first jump, a call would count many times. */
	static const uint8_t loop[] = { 0x83, 0xf9, 0x72, 0x74, 0xfb, 0xc3 };
	static const uint8_t two_rets[] = { 0x74, 0x01, 0xc3, 0xc3 };
	static const uint8_t junk[] = { 0xff, 0xff, 0xff };
	struct site_tail t;
	struct site s;
	struct code c;
	int32_t off;

	assert_int_equal(code_open(&c, clobber, sizeof(clobber), 0x1000, NULL), 0);
	assert_true(site_entry(&c, &s, NULL) < 0);
	assert_true(code_frame_size(&c, &off) < 0);
	assert_true(code_spill(&c, 0, &off, NULL) < 0);
	assert_true(code_select_ncases(&c, &off) < 0);
	assert_true(site_call(&c, 0x1234, &s, NULL) < 0);
	code_close(&c);
	assert_int_equal(code_open(&c, loop, sizeof(loop), 0x1000, NULL), 0);
	assert_true(site_entry(&c, &s, NULL) < 0);
	code_close(&c);
	assert_int_equal(code_open(&c, two_rets, sizeof(two_rets), 0x1000, NULL), 0);
	assert_true(site_make(&c, 8, &t, NULL) < 0);
	code_close(&c);
	assert_true(code_open(&c, junk, sizeof(junk), 0x1000, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries), cmocka_unit_test(test_calls),
		cmocka_unit_test(test_results), cmocka_unit_test(test_makechan),
		cmocka_unit_test(test_spills),  cmocka_unit_test(test_ncases_slot),
		cmocka_unit_test(test_rets),    cmocka_unit_test(test_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
