/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_HIT_H
#define CHANREC_BPF_HIT_H

/* What tools/bench-hit can measure. */
#define HIT_LIST(F) \
	F(NOTHING) \
	F(PID_TGID) \
	F(CLOCK) \
	F(QUERY) \
	F(DISCARD) \
	F(OUTPUT) \
	F(ADD) \
	F(ARRAY) \
	F(HASH) \
	F(UPDATE) \
	F(CALL) \
	F(READ_8) \
	F(READ_16) \
	F(READ_32) \
	F(READ_64) \
	F(READ_128) \
	F(READ_192) \
	F(READ_256) \
	F(READ_320) F(READS_2) F(READS_3) F(READS_12) F(FAILED) F(TASK) F(DIRECT_8) F(DIRECT_128) F(DIRECT_2_PAGES)

#define HIT_ENUM(name) HIT_##name,
enum hit { HIT_LIST(HIT_ENUM) HITS };
#undef HIT_ENUM

#endif
