// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/running.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/target/threadsample.h"
#include "util/debug.h"

#define WAIT_MS 20 /* for the threads to run */

int running_read(struct gread_chunk *c, pid_t pid, const uint64_t *addrs, struct gread *g, size_t n)
{
	size_t who[THREADSAMPLE_MAX], k = 0;
	struct thread_sample *v;
	int ret;

	for (size_t i = 0; pid && i < n && k < THREADSAMPLE_MAX; i++)
		if (g[i].verdict == GREAD_OK && g[i].state == TRACE_GO_RUNNING)
			who[k++] = i;
	if (!k)
		return 0;
	v = calloc(k, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t j = 0; j < k; j++)
		v[j].procid = gread_chunk_thread(c, who[j]);
	ret = thread_samples_take(pid, v, k, WAIT_MS);
	for (size_t j = 0; j < k; j++) {
		size_t i = who[j];

		if (!v[j].ok || !gread_chunk_sampled(c, i, addrs[i], v[j].pc, v[j].sp, v[j].stack, v[j].len))
			g[i].nframes = g[i].nlocks = g[i].nvague = g[i].nuses = 0;
		debug(DEBUG_SNAPSHOT, "goroutine %lu is running: %s, %u frames", (unsigned long)g[i].goid,
		      ret       ? strerror(-ret)
		      : v[j].ok ? "sampled"
		                : "no sample",
		      g[i].nframes);
	}
	free(v);
	return 0;
}
