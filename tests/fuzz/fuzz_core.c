// SPDX-License-Identifier: GPL-2.0-or-later
/* Feeds arbitrary bytes to the reader of core files, and reads what they claim to have. */
#include <stdlib.h>

#include "record/core/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	uint64_t pc, sp;
	struct core c;
	char to[128];

	if (!core_parse(&c, data, n, &err) != !err.msg[0])
		abort();
	for (size_t i = 0; i < c.segments.n; i++) {
		const struct core_segment *s = &c.segments.v[i];

		memory_read(&c.memory, s->addr, to, sizeof(to));
		memory_read(&c.memory, s->addr + s->size - 1, to, 1);
		memory_read(&c.memory, s->addr + s->size - 16, to, sizeof(to));
	}
	for (size_t i = 0; i < c.files.n; i++)
		memory_read(&c.memory, c.files.v[i].start, to, sizeof(to));
	memory_thread_at(&c.memory, 1, &pc, &sp);
	core_close(&c);
	return 0;
}
