// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/fdlook.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

#define LIMIT_NS 300000000 /* for tables of sockets, and for the search for the other ends of pipes */

static void look_at(struct fd_look *k, pid_t pid)
{
	char path[64], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", pid, k->fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return;
	link[n] = 0;
	if (sscanf(link, "socket:[%" SCNu64 "]", &k->inode) == 1) {
		k->kind = TRACE_FD_SOCKET;
	} else if (sscanf(link, "pipe:[%" SCNu64 "]", &k->inode) == 1) {
		k->kind = TRACE_FD_PIPE;
	} else {
		k->kind = link[0] == '/' ? TRACE_FD_FILE : TRACE_FD_OTHER;
		snprintf(k->local, sizeof(k->local), "%.*s", (int)sizeof(k->local) - 1, link);
	}
}

/* "0100007F:1F90" to "127.0.0.1:8080". Words are in the machine's byte order (net/ipv4/tcp_ipv4.c, get_tcp4_sock). */
static bool put_address(const char *hex, size_t n, char *out, size_t size)
{
	uint32_t words[4], port;
	char text[INET6_ADDRSTRLEN];
	const char *colon = memchr(hex, ':', n);
	size_t digits = colon ? (size_t)(colon - hex) : 0;

	if ((digits != 8 && digits != 32) || sscanf(colon + 1, "%4x", &port) != 1)
		return false;
	for (size_t i = 0; i < digits / 8; i++)
		if (sscanf(hex + 8 * i, "%8x", &words[i]) != 1)
			return false;
	if (!inet_ntop(digits == 8 ? AF_INET : AF_INET6, words, text, sizeof(text)))
		return false;
	/* An IPv4 address of a socket for both. */
	if (!strncmp(text, "::ffff:", 7) && strchr(text, '.'))
		snprintf(out, size, "%s:%u", text + 7, port);
	else
		snprintf(out, size, digits == 8 ? "%s:%u" : "[%s]:%u", text, port);
	return true;
}

bool fd_parse_inet(const char *line, struct fd_look *out)
{
	char local[48], peer[48];
	unsigned state;

	if (sscanf(line, " %*[0-9]: %47[0-9A-F:] %47[0-9A-F:] %2x %*s %*s %*s %*s %*s %" SCNu64, local, peer, &state,
	           &out->inode) != 4)
		return false;
	out->state = (uint8_t)state;
	return put_address(local, strlen(local), out->local, sizeof(out->local)) &&
	       put_address(peer, strlen(peer), out->peer, sizeof(out->peer));
}

static struct fd_look *with_inode(const struct fd_looks *l, uint64_t inode)
{
	const uint64_t *at = map_get(&l->by_inode, inode);

	return at && *at ? &l->v.v[*at - 1] : NULL;
}

/* Descriptors of the same socket share its entry. */
static void copy_to_others(struct fd_looks *l, const struct fd_look *from)
{
	for (size_t i = 0; i < l->v.n; i++) {
		struct fd_look *k = &l->v.v[i];
		uint32_t fd = k->fd;

		if (k == from || k->kind != TRACE_FD_SOCKET || k->inode != from->inode)
			continue;
		*k = *from;
		k->fd = fd;
	}
}

static void take_inet(struct fd_looks *l, const char *line, uint8_t kind)
{
	struct fd_look found = { .kind = kind }, *k;

	if (!fd_parse_inet(line, &found) || !(k = with_inode(l, found.inode)) || k->kind != TRACE_FD_SOCKET)
		return;
	found.fd = k->fd;
	/* A UDP socket without a peer has 0.0.0.0:0; "0A" is TCP_LISTEN. */
	if (kind == TRACE_FD_UDP)
		found.state = 0;
	if ((kind == TRACE_FD_TCP && found.state == TRACE_TCP_LISTEN) ||
	    strstr(found.peer, ":0") == strrchr(found.peer, ':'))
		found.peer[0] = 0;
	copy_to_others(l, &found);
	*k = found;
}

/* "Num: RefCount Protocol Flags Type St Inode Path" */
static void take_unix(struct fd_looks *l, const char *line, uint8_t kind)
{
	struct fd_look found = { .kind = kind }, *k;

	if (sscanf(line, "%*s %*s %*s %*s %*s %*s %" SCNu64 " %159[^\n]", &found.inode, found.local) < 1)
		return;
	k = with_inode(l, found.inode);
	if (!k || k->kind != TRACE_FD_SOCKET)
		return;
	found.fd = k->fd;
	copy_to_others(l, &found);
	*k = found;
}

static void read_table(struct fd_looks *l, pid_t pid, const char *name, uint8_t kind, uint64_t until)
{
	char path[64], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, name);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f) && mono_ns() < until) {
		if (kind == TRACE_FD_UNIX)
			take_unix(l, line, kind);
		else
			take_inet(l, line, kind);
	}
	fclose(f);
}

static void find_sockets(struct fd_looks *l, pid_t pid)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} tables[] = { { "tcp", TRACE_FD_TCP },
		       { "tcp6", TRACE_FD_TCP },
		       { "udp", TRACE_FD_UDP },
		       { "udp6", TRACE_FD_UDP },
		       { "unix", TRACE_FD_UNIX } };
	uint64_t until = mono_ns() + LIMIT_NS;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		read_table(l, pid, tables[i].name, tables[i].kind, until);
}

/* Whether a descriptor can write (1) or read (0); -1: unknown. */
static int can_write(const char *pid, const char *fd)
{
	char path[PATH_MAX], line[128];
	unsigned flags;
	int ret = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (ret < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "flags: %o", &flags) == 1)
			ret = (flags & 3) != 0; /* O_ACCMODE */
	fclose(f);
	return ret;
}

static void add_holder(struct fd_look *k, const char *pid)
{
	char path[PATH_MAX], name[32] = "", who[64];
	size_t len = strlen(k->peer);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = 0;
	if (f)
		fclose(f);
	snprintf(who, sizeof(who), "%s (%.20s)", name, pid);
	if (strstr(k->peer, who))
		return;
	if (len + strlen(who) + 8 > sizeof(k->peer)) {
		if (len && len + 5 < sizeof(k->peer) && !strstr(k->peer, "…"))
			memcpy(k->peer + len, ", …", sizeof(", …"));
		return;
	}
	snprintf(k->peer + len, sizeof(k->peer) - len, "%s%s", len ? ", " : "", who);
}

/* The descriptors of one process that are other ends of the pipes. False: not all could be looked at. */
static bool find_ends_in(struct fd_looks *l, const char *pid, uint64_t until)
{
	char path[PATH_MAX], link[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	if (!d)
		return errno == ENOENT;
	while ((e = readdir(d)) && mono_ns() <= until) {
		uint64_t inode;
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		int writes = -1;

		if (n <= 0)
			continue;
		link[n] = 0;
		if (sscanf(link, "pipe:[%" SCNu64 "]", &inode) != 1 || !with_inode(l, inode))
			continue;
		writes = can_write(pid, e->d_name);
		for (size_t i = 0; writes >= 0 && i < l->v.n; i++)
			if (l->v.v[i].kind == TRACE_FD_PIPE && l->v.v[i].inode == inode && l->v.v[i].writes != writes)
				add_holder(&l->v.v[i], pid);
	}
	closedir(d);
	return !e;
}

static void find_ends(struct fd_looks *l, pid_t pid)
{
	uint64_t until = mono_ns() + LIMIT_NS;
	DIR *d = opendir("/proc");
	bool all = d != NULL;
	char own[16];
	struct dirent *e;

	snprintf(own, sizeof(own), "%d", pid);
	for (size_t i = 0; i < l->v.n; i++) {
		char fd[16];

		snprintf(fd, sizeof(fd), "%u", l->v.v[i].fd);
		if (l->v.v[i].kind == TRACE_FD_PIPE)
			l->v.v[i].writes = can_write(own, fd) == 1;
	}
	while (d && (e = readdir(d))) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		if (mono_ns() > until)
			all = false;
		else
			all &= find_ends_in(l, e->d_name, until);
	}
	if (d)
		closedir(d);
	for (size_t i = 0; i < l->v.n; i++)
		if (all && l->v.v[i].kind == TRACE_FD_PIPE && !l->v.v[i].peer[0])
			l->v.v[i].flags |= TRACE_FD_ALONE;
}

int fd_looks_take(struct fd_looks *l, pid_t pid, const uint32_t *fds, size_t n)
{
	bool any[TRACE_FD_KINDS] = { false };

	*l = (struct fd_looks){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct fd_look k = { .fd = fds[i] };
		uint64_t *at;

		look_at(&k, pid);
		any[k.kind] = true;
		if (vec_push(&l->v, k))
			return -ENOMEM;
		at = k.inode ? map_put(&l->by_inode, k.inode, NULL) : NULL;
		if (k.inode && !at)
			return -ENOMEM;
		if (at)
			*at = l->v.n;
	}
	if (any[TRACE_FD_SOCKET])
		find_sockets(l, pid);
	if (any[TRACE_FD_PIPE])
		find_ends(l, pid);
	return 0;
}

void fd_looks_free(struct fd_looks *l)
{
	vec_free(&l->v);
	map_free(&l->by_inode);
}
