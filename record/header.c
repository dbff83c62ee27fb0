// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/header.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "record/encode/intern.h"
#include "util/clock.h"
#include "util/path.h"
#include "util/redact.h"

static void meta_probes(const struct probes *probes, struct trace_probe *out)
{
	static const uint8_t status[] = {
		[PROBE_FOUND] = TRACE_PROBE_ATTACHED,
		[PROBE_MISSING] = TRACE_PROBE_MISSING,
		[PROBE_NOT_NEEDED] = TRACE_PROBE_NOT_NEEDED,
	};

	for (size_t i = 0; i < probes->plan.v.n; i++) {
		const struct probe *p = &probes->plan.v.v[i];

		out[i] = (struct trace_probe){ .event = probe_event(p),
			                       .func = p->func,
			                       .addr = p->site.addr,
			                       .insn = p->site.insn,
			                       .single_step = p->site.single_step,
			                       .note = p->note,
			                       .status = status[p->status] };
	}
}

int header_write(struct trace_writer **w, int fd, const struct header_of *h, struct err *err)
{
	size_t nprobes = h->probes ? h->probes->plan.v.n : 0;
	struct trace_probe *probes = calloc(nprobes + 1, sizeof(*probes));
	struct utsname u = { 0 };
	char kernel[200], offsets[200];
	struct buf module = { 0 };
	struct trace_meta m = {
		.recorder = "chanrec " CHANREC_VERSION,
		.exe = h->exe,
		.command = h->command,
		.build_id = gobin_build_id(h->bin),
		.go_version = gobin_go_version(h->bin),
		.module = gobin_module(h->bin),
		.offsets_from = offsets,
		.symbols_from = gobin_symbols_from(h->bin),
		.pid = h->pid,
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.events = h->opts->events,
		.start_mono = (int64_t)h->epoch,
		.start_wall = h->wall ? h->wall : (int64_t)(clock_ns(CLOCK_REALTIME) - (mono_ns() - h->epoch)),
		.max_size = h->opts->max_size,
		.max_overhead = h->opts->max_overhead,
		.probing = h->probes ? (uint8_t)h->probes->kind->id : 0,
		.way = h->way,
		.sample = h->opts->sample,
		.nprobes = (uint32_t)nprobes,
		.probes = probes,
	};
	int ret;

	if (!probes)
		return err_nomem(err);
	snprintf(offsets, sizeof(offsets), "%s%s", h->layout->from,
	         h->layout->own  ? ""
	         : h->is_checked ? "; they match the program's memory"
	                         : "; checked as soon as a goroutine is parked");
	uname(&u);
	snprintf(kernel, sizeof(kernel), "%s %s", u.sysname, u.release);
	m.kernel = kernel;
	m.host = u.nodename;
	m.arch = u.machine;
	if (h->opts->redact) {
		redact_symbol(&module, m.module);
		buf_put_u8(&module, 0);
		m.module = buf_failed(&module) ? "" : (const char *)module.data;
		m.exe = path_base(m.exe);
		m.command = m.host = "";
	}
	if (h->probes)
		meta_probes(h->probes, probes);
	ret = trace_writer_open(w, fd, &m, err);
	buf_free(&module);
	free(probes);
	return ret;
}
