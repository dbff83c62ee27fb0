// SPDX-License-Identifier: GPL-2.0-or-later
/* The graph of the output dot, drawn by Graphviz. */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/render/out.h"

extern char **environ;

/* dot, from one open file to the other. Its process id, or -errno. */
static int start_dot(pid_t *pid, int in, int out)
{
	char *const argv[] = { "dot", "-Tsvg", NULL };
	posix_spawn_file_actions_t fa;
	int ret = posix_spawn_file_actions_init(&fa);

	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawnp(pid, "dot", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return -ret;
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
	while ((ret = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (ret < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
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
		ret = copy(out, f, err);
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
	.write = out_svg_write,
};
