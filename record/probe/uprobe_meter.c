// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/uprobe_meter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/probe/trapcost.h"

struct metered {
	struct uprobe_prog prog;
	uint64_t runs, ns; /* at the start of the window */
};

struct uprobe_meter {
	struct trapcost cost;
	struct metered progs[UPROBE_PROGS_MAX];
	size_t nprogs;
	int stats_fd; /* < 0: between two windows */
	bool always;  /* the kernel's statistics are always on */
};

static bool stats_are_on(void)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");
	int on = 0;

	if (f && fscanf(f, "%d", &on) != 1)
		on = 0;
	if (f)
		fclose(f);
	return on != 0;
}

static void stats_off(struct uprobe_meter *m)
{
	if (!m->always && m->stats_fd >= 0)
		close(m->stats_fd);
	m->stats_fd = -1;
}

int uprobe_meter_open(struct uprobe_meter **own, const struct uprobe_prog *progs, size_t n, struct err *err)
{
	struct uprobe_meter *m = calloc(1, sizeof(*m));

	*own = m;
	if (!m)
		return err_nomem(err);
	m->always = stats_are_on();
	m->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (m->stats_fd < 0 && !m->always)
		return err_set(err, errno,
		               "--max-overhead: cannot make the kernel time BPF programs (%s): this needs "
		               "CAP_SYS_ADMIN, or the sysctl kernel.bpf_stats_enabled=1",
		               strerror(errno));
	if (trapcost_open(&m->cost, err))
		return err->code;
	for (size_t i = 0; i < n && i < UPROBE_PROGS_MAX; i++)
		m->progs[m->nprogs++].prog = progs[i];
	stats_off(m);
	return 0;
}

/* ns that traps and programs took since the window began. Updates the counts. */
static double probe_time(struct uprobe_meter *m)
{
	double ns = 0;

	for (size_t i = 0; i < m->nprogs; i++) {
		struct metered *p = &m->progs[i];
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_obj_get_info_by_fd(p->prog.fd, &info, &len))
			continue;
		ns += (double)(info.run_time_ns - p->ns) +
		      (double)(info.run_cnt - p->runs) * (p->prog.single_step ? m->cost.stepped : m->cost.emulated);
		p->ns = info.run_time_ns;
		p->runs = info.run_cnt;
	}
	return ns;
}

bool uprobe_meter_begin(void *own)
{
	struct uprobe_meter *m = own;

	m->stats_fd = m->always ? -1 : bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (m->stats_fd < 0 && !m->always)
		return false;
	probe_time(m);
	return true;
}

double uprobe_meter_end(void *own)
{
	struct uprobe_meter *m = own;
	double ns;

	trapcost_again(&m->cost);
	ns = probe_time(m);
	stats_off(m);
	return ns;
}

void uprobe_meter_close(void *own)
{
	struct uprobe_meter *m = own;

	if (!m)
		return;
	stats_off(m);
	trapcost_close(&m->cost);
	free(m);
}
