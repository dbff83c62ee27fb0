// SPDX-License-Identifier: GPL-2.0-or-later
/* What descriptors are: lines of /proc/net, and descriptors of this process. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/fdlook.h"

static void lines_of_sockets(void **state)
{
	static const struct {
		const char *line, *local, *peer;
		uint64_t inode;
		uint8_t state;
	} cases[] = {
		{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 "
		  "0 100 0",
		  "127.0.0.1:8080", "0.0.0.0:0", 12345, TRACE_TCP_LISTEN },
		{ " 123: 0100007F:C350 0200000A:01BB 01 00000000:00000000 02:000A0000 00000000     0        0 77 2 0 "
		  "20 4",
		  "127.0.0.1:50000", "10.0.0.2:443", 77, 1 },
		{ "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
		  "00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0",
		  "[::1]:80", "[::]:0", 99, TRACE_TCP_LISTEN },
		{ "   2: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200000A:0051 08 "
		  "00000000:00000000 00:00000000 00000000     0        0 100 1 0 100 0",
		  "127.0.0.1:80", "10.0.0.2:81", 100, 8 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fd_look k = { 0 };

		assert_true(fd_parse_inet(cases[i].line, &k));
		assert_string_equal(k.local, cases[i].local);
		assert_string_equal(k.peer, cases[i].peer);
		assert_int_equal(k.inode, cases[i].inode);
		assert_int_equal(k.state, cases[i].state);
	}
}

static void other_lines_are_none(void **state)
{
	static const char *const lines[] = {
		"",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000",
		"   0: 01007F:1F90 00000000:0000 0A 0:0 00:0 0 0 0 12345",
		"   0: 0100007F 00000000:0000 0A 0:0 00:0 0 0 0 12345",
		"   0: 0100007F: 00000000:0000 0A 0:0 00:0 0 0 0 12345",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct fd_look k = { 0 };

		assert_false(fd_parse_inet(lines[i], &k));
	}
}

static void descriptors_of_a_process(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM, 0), p[2] = { -1, -1 };
	struct fd_looks l;
	uint32_t fds[5];
	char self[32];

	assert_true(s >= 0 && !bind(s, (struct sockaddr *)&any, sizeof(any)) && !listen(s, 1) && !pipe(p));
	memcpy(fds, (uint32_t[]){ (uint32_t)s, (uint32_t)p[0], (uint32_t)p[1], 100000, (uint32_t)s }, sizeof(fds));
	assert_int_equal(fd_looks_take(&l, getpid(), fds, 5), 0);
	assert_int_equal(l.v.n, 5);
	snprintf(self, sizeof(self), "(%d)", getpid());
	for (size_t i = 0; i < 5; i += 4) {
		assert_int_equal(l.v.v[i].kind, TRACE_FD_TCP);
		assert_int_equal(l.v.v[i].state, TRACE_TCP_LISTEN);
		assert_memory_equal(l.v.v[i].local, "127.0.0.1:", 10);
		assert_string_equal(l.v.v[i].peer, "");
	}
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(l.v.v[i].kind, TRACE_FD_PIPE);
		assert_int_equal(l.v.v[i].writes, i == 2);
		assert_non_null(strstr(l.v.v[i].peer, self));
		assert_int_equal(l.v.v[i].flags, 0);
	}
	assert_int_equal(l.v.v[3].kind, TRACE_FD_UNKNOWN);
	fd_looks_free(&l);
	/* Nobody reads it any more. */
	close(p[0]);
	fds[0] = (uint32_t)p[1];
	assert_int_equal(fd_looks_take(&l, getpid(), fds, 1), 0);
	assert_string_equal(l.v.v[0].peer, "");
	if (!geteuid())
		assert_int_equal(l.v.v[0].flags, TRACE_FD_ALONE);
	fd_looks_free(&l);
	close(p[1]);
	close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_sockets),
		cmocka_unit_test(other_lines_are_none),
		cmocka_unit_test(descriptors_of_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
