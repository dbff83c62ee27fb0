// SPDX-License-Identifier: GPL-2.0-or-later
/* The graph of the output dot, drawn by Graphviz. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report/analyze/budget.h"
#include "report/render/out.h"

extern char **environ;

#define DOT_SECONDS 300

/* PATH is the user's. Root uses what the system has. */
static const char *dot_path(void)
{
	static const char *const places[] = { "/usr/bin/dot", "/usr/local/bin/dot" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!access(places[i], X_OK))
			return places[i];
	return NULL;
}

/* dot, from one open file to the other. Its process id, or -errno. */
static int start_dot(pid_t *pid, int in, int out)
{
	char *const argv[] = { "dot", "-Tsvg", NULL };
	const char *path = geteuid() ? "dot" : dot_path();
	posix_spawn_file_actions_t fa;
	int ret;

	if (!path)
		return -ENOENT;
	ret = posix_spawn_file_actions_init(&fa);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawnp(pid, path, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return -ret;
}

/* Waits for dot, but not forever: the layout of a large graph can take hours. Its status, or -errno. */
static int wait_dot(pid_t pid, int *status)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < DOT_SECONDS * 100; i++) {
		pid_t done = waitpid(pid, status, WNOHANG);

		if (done == pid)
			return 0;
		if (done < 0 && errno != EINTR)
			return -errno;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return -ETIMEDOUT;
}

static int run_dot(FILE *in, FILE *out, struct err *err)
{
	pid_t pid = 0;
	int status, ret;

	if (fflush(in) || fseek(in, 0, SEEK_SET))
		return err_set(err, errno, "cannot write a temporary file: %s", strerror(errno));
	ret = start_dot(&pid, fileno(in), fileno(out));
	if (ret == -ENOENT)
		return err_set(err, ENOENT,
		               "--format svg needs Graphviz's 'dot', which is not installed "
		               "(Debian: apt install graphviz); --format dot works without it");
	if (ret)
		return err_set(err, -ret, "cannot start 'dot': %s", strerror(-ret));
	ret = wait_dot(pid, &status);
	if (ret == -ETIMEDOUT)
		return err_set(
		        err, ETIMEDOUT,
		        "Graphviz's 'dot' did not draw the graph within %d s; --format dot prints it, and filters "
		        "make it smaller",
		        DOT_SECONDS);
	if (ret || !WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(err, EIO, "Graphviz's 'dot' could not draw the graph; --format dot prints it");
	return 0;
}

static int copy(FILE *from, FILE *to, struct err *err)
{
	char block[65536];
	size_t n;

	if (fseek(from, 0, SEEK_SET))
		return err_set(err, errno, "cannot read a temporary file: %s", strerror(errno));
	while ((n = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, n, to);
	return ferror(from) ? err_set(err, EIO, "cannot read a temporary file") : 0;
}

/* A picture beyond the limit would be cut in its middle, and open nowhere. */
static int say_too_large(FILE *to, uint64_t size, uint64_t limit)
{
	fprintf(to,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"60\">\n"
	        "<text x=\"20\" y=\"35\" font-family=\"sans-serif\">The picture takes %" PRIu64
	        " MiB, and the limit for this trace is %" PRIu64
	        ": filter the report, or use --no-limit.</text>\n</svg>\n",
	        (size >> 20) + 1, limit >> 20);
	return 0;
}

static int put_picture(const struct report *r, FILE *out, FILE *f, struct err *err)
{
	uint64_t limit = budget_output(&r->budget, r->reader);
	struct stat st;

	if (fstat(fileno(out), &st))
		return err_set(err, errno, "cannot read a temporary file: %s", strerror(errno));
	if (limit && (uint64_t)st.st_size > limit)
		return say_too_large(f, (uint64_t)st.st_size, limit);
	return copy(out, f, err);
}

int out_svg_write(const struct report *r, FILE *f, struct err *err)
{
	FILE *in = tmpfile(), *out = tmpfile();
	int ret;

	if (!in || !out) {
		ret = err_set(err, errno, "cannot create a temporary file: %s", strerror(errno));
		goto cleanup;
	}
	ret = out_dot_write(r, in, err);
	if (!ret)
		ret = run_dot(in, out, err);
	if (!ret)
		ret = put_picture(r, out, f, err);
cleanup:
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	return ret;
}

const struct output output_svg = {
	.name = "svg",
	.help = "the topology as a picture (needs Graphviz)",
	.limits_itself = true,
	.write = out_svg_write,
};
