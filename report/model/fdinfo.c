// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/fdinfo.h"

#include "util/search.h"

int fd_infos_add(struct fd_infos *f, const struct trace_rec *rec)
{
	return f->v.n < MODEL_MAX_FDS && rec->snap_fd.kind ? vec_push(&f->v, rec->snap_fd) : 0;
}

static int fd_cmp(const void *a, const void *b)
{
	const struct trace_snap_fd *x = a, *y = b;

	return (x->fd > y->fd) - (x->fd < y->fd);
}

void fd_infos_sort(struct fd_infos *f)
{
	if (f->v.n)
		qsort(f->v.v, f->v.n, sizeof(*f->v.v), fd_cmp);
}

struct fd_key {
	const struct fd_infos *f;
	uint32_t fd;
};

static bool is_from(const void *ctx, size_t i)
{
	const struct fd_key *key = ctx;

	return key->f->v.v[i].fd >= key->fd;
}

const struct trace_snap_fd *fd_infos_of(const struct fd_infos *f, uint32_t fd)
{
	struct fd_key key = { f, fd };
	size_t i = search_first(f->v.n, is_from, &key);

	return i < f->v.n && f->v.v[i].fd == fd ? &f->v.v[i] : NULL;
}

void fd_infos_free(struct fd_infos *f)
{
	vec_free(&f->v);
}

const char *fd_kind_name(uint8_t kind)
{
	static const char *const names[] = {
		[TRACE_FD_UNKNOWN] = "unknown", [TRACE_FD_FILE] = "file",        [TRACE_FD_TCP] = "TCP",
		[TRACE_FD_UDP] = "UDP",         [TRACE_FD_UNIX] = "Unix socket", [TRACE_FD_SOCKET] = "socket",
		[TRACE_FD_PIPE] = "pipe",       [TRACE_FD_OTHER] = "other",
	};

	return names[kind < sizeof(names) / sizeof(*names) ? kind : TRACE_FD_UNKNOWN];
}

/* include/net/tcp_states.h */
const char *fd_tcp_state_name(uint8_t state)
{
	static const char *const names[] = { NULL,         "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
		                             "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
		                             "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING" };

	return state < sizeof(names) / sizeof(*names) ? names[state] : NULL;
}
