// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables: goroutines, groups, channels, locks, wait sites, wake-ups, chains. */
import { useMemo } from "preact/hooks";
import type { Chain, Channel, Edge, Goroutine, Group, PlaceId, Report, Site, Sync } from "./data";
import { count, dur, placeText } from "./fmt";
import { link, replaceQuery, type Route } from "./route";
import { type Column, Table } from "./table";
import { Chan, Go, GroupLink, groupName, Labels, PlaceView, SyncLink, useReport } from "./ui";

function duration<T>(key: string, head: string, value: (row: T) => number | null): Column<T> {
  return {
    key, head, width: "90px", num: true, value, search: () => "",
    cell: (row) => { const v = value(row); return v === null ? <span class="dim">?</span> : v ? dur(v) : <span class="dim">–</span>; },
  };
}

function number<T>(key: string, head: string, value: (row: T) => number | null, width = "80px"): Column<T> {
  return {
    key, head, width, num: true, value, search: () => "",
    cell: (row) => { const v = value(row); return v === null ? <span class="dim">?</span> : v ? count(v) : <span class="dim">–</span>; },
  };
}

function place<T>(report: Report, key: string, head: string, of: (row: T) => PlaceId | undefined): Column<T> {
  const full = (row: T) => { const p = report.place(of(row)); return p ? `${p.function} ${p.file}:${p.line}` : ""; };
  return {
    key, head, width: "minmax(200px, 3fr)", search: full,
    value: (row) => placeText(report.place(of(row))), cell: (row) => <PlaceView id={of(row)} />,
  };
}

function group<T>(report: Report, key: string, head: string, of: (row: T) => number): Column<T> {
  return {
    key, head, width: "minmax(140px, 2fr)",
    value: (row) => groupName(report, report.groups.get(of(row))), cell: (row) => <GroupLink id={of(row)} />,
  };
}

/* Whether the wait is one that nothing in the program has to end; such goroutines are hidden at first. */
function waitsOn(g: Goroutine) {
  const w = g.wait;
  if (!w) return null;
  if (w.channels.length) return <>{w.channels.slice(0, 3).map((id) => <span key={id}><Chan id={id} plain />{" "}</span>)}{w.channels.length > 3 && "…"}</>;
  if (w.sync) return <SyncLink id={w.sync} />;
  if (w.descriptor) return <span title={w.descriptor.peer ?? ""}>{w.descriptor.peer ?? w.descriptor.local ?? w.descriptor.kind}</span>;
  return w.fd ? `fd ${w.fd}` : null;
}

const has = (route: Route, key: string) => route.query[key] !== undefined && route.query[key] !== "";

export function Goroutines({ route }: { route: Route }) {
  const report = useReport();
  const finding = has(route, "finding") ? report.f.findings[Number(route.query.finding)] : undefined;
  const only = has(route, "group") ? Number(route.query.group) : null;
  const rows = useMemo(() => {
    let list = report.f.goroutines;
    if (!has(route, "system")) list = list.filter((g) => !g.system);
    if (only !== null) list = list.filter((g) => g.group === only);
    if (finding) { const ids = new Set(finding.goroutines); list = list.filter((g) => ids.has(g.id)); }
    if (has(route, "state")) list = list.filter((g) => g.state === route.query.state);
    return list;
  }, [report, finding, only, route.query.system, route.query.state]);
  const columns = useMemo<Column<Goroutine>[]>(() => [
    { key: "id", head: "goroutine", width: "90px", num: true, value: (g) => g.id, cell: (g) => <Go id={g.id} plain />,
      search: (g) => `goroutine ${g.id}` },
    { key: "state", head: "state", width: "minmax(130px, 1fr)", value: (g) => g.wait?.reason ?? g.state },
    duration("wait", "waiting", (g) => (g.wait ? g.wait.blocked_ns : 0)),
    { key: "on", head: "on", width: "minmax(110px, 1fr)", value: (g) => g.wait?.channels[0] ?? g.wait?.sync ?? null, cell: waitsOn,
      search: (g) => `${(g.wait?.channels ?? []).map((c) => `#${c}`).join(" ")} ${g.wait?.descriptor?.peer ?? ""} ${g.wait?.sync ? report.syncs.get(g.wait.sync)?.kind ?? "" : ""}` },
    place(report, "at", "at", (g) => g.wait?.at ?? report.stack(g.stack).places[0]),
    group(report, "group", "group", (g) => g.group),
    duration("blocked", "blocked", (g) => g.blocked_ns),
    number("waits", "waits", (g) => g.waits),
    ...(report.f.goroutines.some((g) => g.labels.length) ? [{
      key: "labels", head: "labels", width: "minmax(100px, 1fr)",
      value: (g: Goroutine) => g.labels.map((l) => `${l.key}=${l.value}`).join(" "), cell: (g: Goroutine) => <Labels labels={g.labels} />,
    }] : []),
  ], [report]);
  const states = useMemo(() => [...new Set(report.f.goroutines.map((g) => g.state))].sort(), [report]);
  return (
    <Table rows={rows} columns={columns} route={route} what="goroutines" sort="-wait" open={(g) => link(["goroutine", g.id])}>
      <select value={route.query.state ?? ""} aria-label="State" onChange={(e) => replaceQuery({ state: e.currentTarget.value })}>
        <option value="">any state</option>
        {states.map((s) => <option key={s} value={s}>{s}</option>)}
      </select>
      <label><input type="checkbox" checked={has(route, "system")} onChange={(e) => replaceQuery({ system: e.currentTarget.checked ? 1 : "" })} /> the runtime's</label>
      {finding && <span class="chip">finding {Number(route.query.finding) + 1} <button aria-label="remove filter" onClick={() => replaceQuery({ finding: "" })}>×</button></span>}
      {only !== null && <span class="chip">group <GroupLink id={only} /> <button aria-label="remove filter" onClick={() => replaceQuery({ group: "" })}>×</button></span>}
    </Table>
  );
}

export function alive(g: Group): number {
  return Object.values(g.at_end).reduce((a, b) => a + b, 0);
}

export function Groups({ route }: { route: Route }) {
  const report = useReport();
  const columns = useMemo<Column<Group>[]>(() => [
    group(report, "name", "function", (g) => g.id),
    place(report, "created_by", "created at", (g) => g.creator ?? g.created_by),
    number("alive", "alive", alive, "70px"),
    number("waiting", "waiting", (g) => g.at_end.waiting ?? 0, "70px"),
    number("start", "before", (g) => g.at_start, "70px"),
    number("created", "created", (g) => g.created, "80px"),
    number("exited", "exited", (g) => g.exited + g.exits_missed, "80px"),
    number("waits", "waits", (g) => g.waits),
    duration("blocked", "blocked", (g) => g.blocked_ns),
    duration("longest", "longest", (g) => g.longest_wait_ns),
    ...(report.f.groups.some((g) => g.ran_ns !== null) ? [
      duration<Group>("ran", "ran", (g) => g.ran_ns), duration<Group>("runnable", "runnable", (g) => g.runnable_ns)] : []),
    ...(report.f.groups.some((g) => g.labels.length) ? [{
      key: "labels", head: "labels", width: "minmax(120px, 1fr)",
      value: (g: Group) => g.labels.map((l) => `${l.key}=${l.value}`).join(" "), cell: (g: Group) => <Labels labels={g.labels} />,
    }] : []),
  ], [report]);
  return <Table rows={report.f.groups} columns={columns} route={route} what="groups" sort="-blocked" open={(g) => link(["group", g.id])} />;
}

export function Channels({ route }: { route: Route }) {
  const report = useReport();
  const known = (v: number | null) => (v === null ? null : v);
  const columns = useMemo<Column<Channel>[]>(() => [
    { key: "id", head: "channel", width: "80px", num: true, value: (c) => c.id, cell: (c) => <Chan id={c.id} plain />, search: (c) => `#${c.id} ${c.addr ?? ""}` },
    { key: "state", head: "state", width: "minmax(100px, 1fr)",
      value: (c) => c.state ?? (c.closed === null ? null : c.closed ? "closed" : c.timer ? "timer" : "open") },
    { key: "capacity", head: "cap", width: "60px", num: true, value: (c) => known(c.capacity), search: () => "" },
    { key: "length", head: "len", width: "60px", num: true, value: (c) => known(c.length), search: () => "" },
    number("senders", "senders", (c) => c.senders_waiting.length, "75px"),
    number("receivers", "receivers", (c) => c.receivers_waiting.length, "85px"),
    number("waits", "waits", (c) => c.waits),
    duration("blocked", "blocked", (c) => c.blocked_ns),
    ...(report.f.trace.with_ops ? [number<Channel>("sends", "sends", (c) => c.sends as number | null), number<Channel>("recvs", "receives", (c) => c.recvs as number | null)] : []),
    number("users", "users", (c) => c.users.length, "70px"),
    place(report, "made", "made at", (c) => c.made_by?.at ?? (c.made_at as PlaceId)),
  ], [report]);
  return <Table rows={report.f.channels} columns={columns} route={route} what="channels" sort="-blocked" open={(c) => link(["channel", c.id])} />;
}

export function Locks({ route }: { route: Route }) {
  const report = useReport();
  const columns = useMemo<Column<Sync>[]>(() => [
    { key: "id", head: "object", width: "minmax(200px, 2fr)", value: (s) => s.id, cell: (s) => <SyncLink id={s.id} />, search: (s) => `${s.kind} ${s.addr}` },
    { key: "locked", head: "locked", width: "80px", value: (s) => (s.locked === null ? null : s.locked ? "locked" : "free") },
    { key: "counter", head: "counter", width: "80px", num: true, value: (s) => s.counter, search: () => "" },
    { key: "holder", head: "likely holder", width: "120px", value: (s) => s.likely_holder, cell: (s) => s.likely_holder && <Go id={s.likely_holder} /> },
    number("waiting", "waiting", (s) => s.waiting.length),
    number("waits", "waits", (s) => s.waits),
    duration("blocked", "blocked", (s) => s.blocked_ns),
  ], [report]);
  return <Table rows={report.f.syncs} columns={columns} route={route} what="locks and other sync objects" sort="-blocked" open={(s) => link(["lock", s.id])} />;
}

export function Sites({ route }: { route: Route }) {
  const report = useReport();
  const rows = useMemo(() => (has(route, "idle") ? report.f.wait_sites : report.f.wait_sites.filter((s) => !s.idle)), [report, route.query.idle]);
  const columns = useMemo<Column<Site>[]>(() => [
    duration("blocked", "blocked", (s) => s.blocked_ns),
    number("waits", "waits", (s) => s.waits),
    duration("longest", "longest", (s) => s.longest_ns),
    { key: "reason", head: "for", width: "minmax(120px, 1fr)", value: (s) => s.reason },
    place(report, "at", "at", (s) => s.at),
    place(report, "own", "called by", (s) => (s.own_code_at === s.at ? null : s.own_code_at)),
    group(report, "group", "group", (s) => s.group),
    { key: "goroutine", head: "e.g.", width: "80px", num: true, value: (s) => s.goroutine, cell: (s) => <Go id={s.goroutine} plain />, search: () => "" },
  ], [report]);
  return (
    <Table rows={rows} columns={columns} route={route} what="wait sites" sort="-blocked" open={(s) => link(["goroutine", s.goroutine])}>
      <label><input type="checkbox" checked={has(route, "idle")} onChange={(e) => replaceQuery({ idle: e.currentTarget.checked ? 1 : "" })} /> sleep, network and timers</label>
    </Table>
  );
}

export function Wakes({ route }: { route: Route }) {
  const report = useReport();
  const columns = useMemo<Column<Edge>[]>(() => [
    number("count", "wake-ups", (e) => e.count, "90px"),
    duration("blocked", "blocked", (e) => e.blocked_ns),
    { key: "cause", head: "by", width: "90px", value: (e) => e.cause },
    { key: "waker", head: "waker", width: "minmax(140px, 2fr)", value: (e) => (e.waker_group ? groupName(report, report.groups.get(e.waker_group)) : "no goroutine"),
      cell: (e) => (e.waker_group ? <GroupLink id={e.waker_group} /> : <span class="dim">no goroutine</span>) },
    place(report, "waker_at", "at", (e) => e.waker_at),
    group(report, "woken", "woken", (e) => e.woken_group),
    { key: "reason", head: "waited for", width: "110px", value: (e) => e.reason },
    place(report, "woken_at", "at", (e) => e.woken_at),
  ], [report]);
  return <Table rows={report.f.edges} columns={columns} route={route} what="kinds of wake-ups" sort="-blocked" open={(e) => link(["group", e.woken_group])} />;
}

export function Chains({ route }: { route: Route }) {
  const report = useReport();
  const columns = useMemo<Column<{ chain: Chain; i: number }>[]>(() => [
    { key: "i", head: "chain", width: "60px", num: true, value: (c) => c.i + 1, cell: (c) => <a href={link(["chain", c.i + 1])}>{c.i + 1}</a>, search: () => "" },
    { key: "kind", head: "when", width: "90px", value: (c) => (c.chain.kind === "open" ? "at the end" : "past") },
    number("count", "times", (c) => c.chain.count),
    duration("blocked", "blocked", (c) => c.chain.blocked_ns),
    duration("longest", "longest", (c) => c.chain.longest_ns),
    number("length", "waits in it", (c) => c.chain.links.length, "90px"),
    { key: "first", head: "begins with", width: "minmax(160px, 2fr)", value: (c) => groupName(report, report.groups.get(c.chain.links[0]?.group ?? 0)),
      cell: (c) => <GroupLink id={c.chain.links[0]?.group ?? 0} /> },
    place(report, "at", "waiting at", (c) => c.chain.links[0]?.waits_on.at ?? null),
    { key: "root", head: "root cause", width: "minmax(160px, 2fr)", value: (c) => c.chain.root_cause },
  ], [report]);
  const rows = useMemo(() => report.f.chains.map((chain, i) => ({ chain, i })), [report]);
  return <Table rows={rows} columns={columns} route={route} what="blocking chains" sort="i" open={(c) => link(["chain", c.i + 1])} />;
}
