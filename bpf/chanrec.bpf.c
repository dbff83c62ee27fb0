// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes. Every site is an instruction before or at which the arguments
 * are still in the registers of Go's ABIInternal; record/site.c decides where.
 *
 * A uprobe program can be preempted and another can run on the same CPU in
 * between, so nothing is kept in per-CPU scratch: records are filled in place
 * in the ring.
 */
#include "bpf/chan.h"
#include "bpf/life.h"
#include "bpf/park.h"
#include "bpf/ready.h"

char LICENSE[] SEC("license") = "GPL";
