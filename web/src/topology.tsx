// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The topology: groups of goroutines, the channels and locks that they wait on, by the
 * place that made them, and who ends the waits. Only the heaviest edges are drawn, so
 * that the picture stays legible; whatever is chosen or searched for is drawn as well.
 */
import dagre from "@dagrejs/dagre";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { GraphEdge, GraphNode, Report } from "./data";
import { count, dur, fileLine, percent, placeText, plural } from "./fmt";
import { link, replaceQuery, type Route } from "./route";
import { alive } from "./tables";
import { Chan, Go, GroupLink, groupName, Ids, Pairs, PlaceView, useReport } from "./ui";

const FIRST = 30, MORE = 30, LINE = 15, CHAR = 6.6;

function title(report: Report, n: GraphNode): string {
  if (n.kind === "group") return groupName(report, report.groups.get(n.id));
  if (n.kind === "none") return n.what ?? "";
  const one = n.objects === 1;
  return `${n.what}${one ? (n.example && n.what !== "channel" ? "" : n.example ? ` #${n.example}` : "") : ` × ${count(n.objects ?? 0)}`}${n.capacity !== null && n.capacity !== undefined ? `, cap ${n.capacity}` : ""}`;
}

function lines(report: Report, n: GraphNode): string[] {
  const out = [title(report, n)];
  if (n.kind === "group") {
    const g = report.groups.get(n.id);
    if (g) out.push(`${plural(alive(g), "goroutine")}${g.at_end.waiting ? `, ${count(g.at_end.waiting)} waiting` : ""}`);
    out.push(`blocked ${dur(n.blocked_ns)}`);
  } else if (n.kind === "object") {
    const p = report.place(n.place);
    out.push(p ? `${n.made_there ? "made" : "waited for"} at ${fileLine(p)}` : "it is not known where");
    if (n.never_used) out.push(`${count(n.never_used)} never used`);
  }
  return out.map((s) => (s.length > 46 ? `${s.slice(0, 45)}…` : s));
}

function edgeLabel(e: GraphEdge): string[] {
  if (e.kind === "waits") return [e.reason ?? "waits", `${dur(e.blocked_ns)} in ${plural(e.count, "wait")}`];
  if (e.kind === "woken by") return [`${e.by} × ${count(e.count)}`];
  return ["can be ended by"];
}

interface Placed {
  index: number;
  node: GraphNode;
  x: number;
  y: number;
  w: number;
  h: number;
  text: string[];
}

interface Drawn {
  edge: GraphEdge;
  path: string;
  x: number;
  y: number;
  text: string[];
}

interface Layout {
  nodes: Placed[];
  edges: Drawn[];
  width: number;
  height: number;
}

/* A curve through the middles of the stretches between the points. */
function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  let d = `M${first.x.toFixed(1)},${first.y.toFixed(1)}`;
  for (let i = 0; i < rest.length - 1; i++) {
    const a = rest[i], b = rest[i + 1];
    d += ` Q${a.x.toFixed(1)},${a.y.toFixed(1)} ${((a.x + b.x) / 2).toFixed(1)},${((a.y + b.y) / 2).toFixed(1)}`;
  }
  const last = rest[rest.length - 1] ?? first;
  return `${d} L${last.x.toFixed(1)},${last.y.toFixed(1)}`;
}

function layout(report: Report, shown: GraphEdge[], extra: Set<number>): Layout {
  const g = new dagre.graphlib.Graph({ multigraph: true });
  const { nodes } = report.f.graph;
  g.setGraph({ rankdir: "LR", nodesep: 26, ranksep: 46, edgesep: 14, marginx: 20, marginy: 20 });
  const used = new Set([...extra, ...shown.flatMap((e) => [e.from, e.to])]);
  const texts = new Map<number, string[]>();
  for (const i of used) {
    const text = lines(report, nodes[i]);
    texts.set(i, text);
    g.setNode(String(i), { width: Math.max(90, 24 + CHAR * Math.max(...text.map((t) => t.length))), height: 14 + LINE * text.length });
  }
  shown.forEach((e, i) => {
    const text = edgeLabel(e);
    g.setEdge(String(e.from), String(e.to), {
      width: 8 + 6 * Math.max(...text.map((t) => t.length)), height: 4 + 13 * text.length, labelpos: "c", weight: e.worst ? 5 : 1,
    }, String(i));
  });
  dagre.layout(g);
  const placed = [...used].map((i) => {
    const n = g.node(String(i));
    return { index: i, node: nodes[i], x: n.x, y: n.y, w: n.width, h: n.height, text: texts.get(i)! };
  });
  const drawn = shown.map((e, i) => {
    const at = g.edge({ v: String(e.from), w: String(e.to), name: String(i) });
    return { edge: e, path: curve(at.points), x: at.x, y: at.y, text: edgeLabel(e) };
  });
  const size = g.graph();
  /* Of nothing it is infinite. */
  const finite = (n: number | undefined) => (n && Number.isFinite(n) ? n : 100);
  return { nodes: placed, edges: drawn, width: finite(size.width), height: finite(size.height) };
}

/* Worst chain, what is chosen with its neighbours, what was searched for, then the heaviest. */
function choose(report: Report, chosen: number, hits: Set<number>, limit: number): { shown: GraphEdge[]; extra: Set<number> } {
  const { edges, nodes } = report.f.graph;
  const shown = new Set<GraphEdge>(edges.filter((e) => e.worst));
  const add = (wanted: (e: GraphEdge) => boolean, most: number) => {
    for (const e of edges) {
      if (most <= 0) return;
      if (!shown.has(e) && wanted(e)) {
        shown.add(e);
        most--;
      }
    }
  };
  if (chosen >= 0) add((e) => e.from === chosen || e.to === chosen, 40);
  if (hits.size) add((e) => hits.has(e.from) || hits.has(e.to), 60);
  else add(() => true, limit - shown.size);
  const extra = new Set<number>(chosen >= 0 ? [chosen] : []);
  if (!hits.size) nodes.forEach((n, i) => { if (n.never_used && extra.size < 12) extra.add(i); });
  else [...hits].slice(0, 40).forEach((i) => extra.add(i));
  /* An edge from a channel to its waker means little without the wait. */
  for (const e of [...shown])
    if (e.kind !== "waits") add((x) => x.kind === "waits" && x.to === e.from, 1);
  return { shown: [...shown], extra };
}

function shape(p: Placed): string {
  const x = -p.w / 2, y = -p.h / 2, { w, h } = p;
  return `M${x},${y} h${w - 10} l10,${h / 2} l-10,${h / 2} h${-(w - 10)} z`;
}

interface Camera {
  x: number;
  y: number;
  k: number;
}

function NodePanel({ node, index, close }: { node: GraphNode; index: number; close: () => void }) {
  const report = useReport();
  const { nodes, edges } = report.f.graph;
  const name = (i: number) => (
    nodes[i].kind === "group" ? <GroupLink id={nodes[i].id} /> : <button class="fold" onClick={() => replaceQuery({ n: "", o: nodes[i].kind === "object" ? nodes[i].id : "", g: "", at: i })}>{title(report, nodes[i])}</button>
  );
  const out = edges.filter((e) => e.from === index), into = edges.filter((e) => e.to === index);
  const g = node.kind === "group" ? report.groups.get(node.id) : undefined;
  const members = node.kind === "group" ? (report.ofGroup().get(node.id) ?? []) : [];
  const channels = node.kind === "object" && node.what !== undefined && /channel/.test(node.what)
    ? report.f.channels.filter((c) => node.place && (c.made_by?.at ?? c.made_at) === node.place) : [];
  return (
    <aside>
      <h2 class="title">{title(report, node)} <button onClick={close} aria-label="close">×</button></h2>
      <Pairs rows={[
        ["blocked", `${dur(node.blocked_ns)} in ${plural(node.waits, "wait")}, the longest ${dur(node.longest_ns)}`],
        ["goroutines", g && <a href={link(["goroutines"], { group: g.id })}>{count(alive(g))}</a>],
        ["group", g && <a href={link(["group", g.id])}>all about it</a>],
        ["timeline", g && report.f.timeline && <a href={link(["timeline"], { g: g.id })}>show</a>],
        [node.made_there ? "made at" : "waited for at", node.place && <PlaceView id={node.place} />],
        ["e.g.", node.kind === "object" && node.example && /channel/.test(node.what ?? "") && <Chan id={node.example} />],
        ["never used", node.never_used > 0 && count(node.never_used)],
      ]} />
      {channels.length > 0 && <p>Channels made there: <Ids ids={channels.slice().sort((a, b) => b.blocked_ns - a.blocked_ns).map((c) => c.id)} show={(id) => <Chan id={id} plain />} /></p>}
      {members.length > 0 && <p>Goroutines: <Ids ids={members.slice().sort((a, b) => (b.wait?.blocked_ns ?? -1) - (a.wait?.blocked_ns ?? -1)).map((m) => m.id)} show={(id) => <Go id={id} plain />} /></p>}
      {out.length > 0 && <h2>{node.kind === "group" ? "Waits on" : "Ended by"}</h2>}
      <ul class="plain">
        {out.slice(0, 30).map((e, i) => <li key={i}>{name(e.to)} <span class="dim">{edgeLabel(e).join(", ")}{e.open > 0 && `, ${count(e.open)} still waiting`}</span> <PlaceView id={e.at} fileOnly /></li>)}
      </ul>
      {into.length > 0 && <h2>{node.kind === "group" ? "Ends waits on" : "Waited for by"}</h2>}
      <ul class="plain">
        {into.slice(0, 30).map((e, i) => <li key={i}>{name(e.from)} <span class="dim">{edgeLabel(e).join(", ")}</span> <PlaceView id={e.at} fileOnly /></li>)}
      </ul>
    </aside>
  );
}

export function TopologyView({ route }: { route: Route }) {
  const report = useReport();
  const { nodes, edges, all_edges: all, all_blocked_ns: allBlocked } = report.f.graph;
  const q = (route.query.q ?? "").toLowerCase().trim();
  const limit = Number(route.query.n || FIRST);
  const chosen = route.query.at ? Number(route.query.at)
    : nodes.findIndex((n) => (n.kind === "group" && String(n.id) === route.query.g) || (n.kind === "object" && String(n.id) === route.query.o));
  const hits = useMemo(() => new Set(q ? nodes.flatMap((n, i) =>
    (lines(report, n).join(" ") + placeText(report.place(n.place))).toLowerCase().includes(q) ? [i] : []) : []), [q, report]);
  const plan = useMemo(() => choose(report, chosen, hits, limit), [report, chosen, hits, limit]);
  const key = plan.shown.map((e) => edges.indexOf(e)).join() + [...plan.extra].join();
  const drawing = useMemo(() => layout(report, plan.shown, plan.extra), [key]);
  const box = useRef<HTMLDivElement>(null);
  const [camera, setCamera] = useState<Camera>({ x: 0, y: 0, k: 1 });
  const [grab, setGrab] = useState<{ x: number; y: number; moved: boolean } | null>(null);
  const most = Math.max(1, ...nodes.map((n) => n.blocked_ns));
  const share = (ns: number) => Math.sqrt(ns / most);

  /* All of it, but never smaller than can be read; then what matters most is in sight. */
  const fit = () => {
    const w = box.current?.clientWidth || 1000, h = box.current?.clientHeight || 600;
    const k = Math.min(1.15, Math.max(0.75, Math.min(w / drawing.width, h / drawing.height)));
    const focus = drawing.nodes.find((n) => n.index === chosen) ?? drawing.nodes.find((n) => n.node.worst) ?? drawing.nodes[0];
    const whole = (room: number, size: number, at: number) => (size * k <= room ? (room - size * k) / 2 : Math.min(0, Math.max(room - size * k, room / 2 - at * k)));
    setCamera({ k, x: whole(w, drawing.width, focus?.x ?? 0), y: whole(h, drawing.height, focus?.y ?? 0) });
  };
  useEffect(fit, [drawing]);

  const zoom = (factor: number, px?: number, py?: number) => setCamera((c) => {
    const k = Math.min(3, Math.max(0.15, c.k * factor));
    const x = px ?? (box.current?.clientWidth ?? 0) / 2, y = py ?? (box.current?.clientHeight ?? 0) / 2;
    return { k, x: x - ((x - c.x) * k) / c.k, y: y - ((y - c.y) * k) / c.k };
  });
  const pick = (i: number) => replaceQuery(
    nodes[i].kind === "group" ? { g: nodes[i].id, o: "", at: "" } : nodes[i].kind === "object" ? { o: nodes[i].id, g: "", at: "" } : { at: i, g: "", o: "" });
  const onKey = (e: KeyboardEvent) => {
    const move = (x: number, y: number) => setCamera((c) => ({ ...c, x: c.x + x, y: c.y + y }));
    const does: Record<string, () => void> = {
      "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit,
      ArrowLeft: () => move(80, 0), ArrowRight: () => move(-80, 0), ArrowUp: () => move(0, 80), ArrowDown: () => move(0, -80),
    };
    if (!does[e.key]) return;
    does[e.key]();
    e.preventDefault();
    e.stopPropagation();
  };
  const drawnBlocked = plan.shown.reduce((a, e) => a + (e.kind === "waits" ? e.blocked_ns : 0), 0);
  const near = chosen < 0 ? null : new Set(plan.shown.filter((e) => e.from === chosen || e.to === chosen).flatMap((e) => [e.from, e.to]).concat(chosen));
  const faded = (i: number) => (hits.size ? !hits.has(i) && !(near?.has(i)) : near !== null && !near.has(i));

  return (
    <div class="tableview">
      <div class="bar">
        <input type="search" class="search" placeholder="Search groups, channels, locks  ( / )" aria-label="Search groups, channels and locks" value={route.query.q ?? ""}
          onInput={(e) => replaceQuery({ q: e.currentTarget.value })} />
        <button aria-label="Zoom in" onClick={() => zoom(1.25)}>+</button>
        <button aria-label="Zoom out" onClick={() => zoom(0.8)}>−</button>
        <button onClick={fit}>fit</button>
        <span class="dim">
          {count(plan.shown.length)} of {plural(all, "edge")} drawn{allBlocked > 0 && `, with ${percent(drawnBlocked, allBlocked)} of the blocked time`}
        </span>
        {!q && plan.shown.length < edges.length && <button onClick={() => replaceQuery({ n: limit + MORE })}>{MORE} more</button>}
        {limit > FIRST && <button onClick={() => replaceQuery({ n: "" })}>fewer</button>}
        <span class="legend">
          <span>box: goroutines, the warmer the longer blocked</span><span>arrow: what they wait on</span><span>dashed: who ends the waits</span>
          {edges.some((e) => e.worst) && <span><i style={{ background: "var(--bad)" }} />the worst chain</span>}
        </span>
      </div>
      <div class="topology">
        <div class="canvas" ref={box} tabIndex={0} aria-label="Topology" onKeyDown={onKey}
          onPointerDown={(e) => { if (e.button === 0) setGrab({ x: e.clientX, y: e.clientY, moved: false }); }}
          onPointerMove={(e) => {
            if (!grab) return;
            const dx = e.clientX - grab.x, dy = e.clientY - grab.y;
            if (!grab.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
            setCamera((c) => ({ ...c, x: c.x + dx, y: c.y + dy }));
            setGrab({ x: e.clientX, y: e.clientY, moved: true });
          }}
          onPointerUp={() => setTimeout(() => setGrab(null))} onPointerLeave={() => setGrab(null)}
          onWheel={(e) => { e.preventDefault(); const r = box.current!.getBoundingClientRect(); zoom(e.deltaY > 0 ? 0.87 : 1.15, e.clientX - r.left, e.clientY - r.top); }}>
          {!drawing.nodes.length && <p class="dim none">{q ? "Nothing matches." : "Nothing waited on a channel or lock."}</p>}
          <svg>
            <defs>
              {[["arrow", "var(--dim)"], ["arrow-worst", "var(--bad)"]].map(([id, fill]) => (
                <marker id={id} key={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill={fill} /></marker>
              ))}
            </defs>
            <g transform={`translate(${camera.x},${camera.y}) scale(${camera.k})`}>
              {drawing.edges.map((d, i) => {
                const fade = faded(d.edge.from) || faded(d.edge.to);
                return (
                  <g key={i} class={fade ? "faded" : ""}>
                    <path class={`edge ${d.edge.kind === "waits" ? "" : d.edge.kind === "woken by" ? "woken" : "held"} ${d.edge.worst ? "worst" : ""}`} d={d.path}
                      style={{ strokeWidth: `${1 + 4 * (d.edge.kind === "waits" ? share(d.edge.blocked_ns) : 0)}` }} marker-end={`url(#${d.edge.worst ? "arrow-worst" : "arrow"})`}>
                      <title>{`${title(report, nodes[d.edge.from])} → ${title(report, nodes[d.edge.to])}\n${d.text.join(", ")}\n${placeText(report.place(d.edge.at))}`}</title>
                    </path>
                    {d.text.map((t, k) => <text class="sub halo" key={k} x={d.x} y={d.y - (d.text.length - 1) * 6.5 + k * 13 + 4} text-anchor="middle">{t}</text>)}
                  </g>
                );
              })}
              {drawing.nodes.map((p) => (
                <g key={p.index} class={`node ${p.node.kind} ${p.node.worst ? "worst" : ""} ${p.index === chosen ? "chosen" : ""} ${faded(p.index) ? "faded" : ""}`}
                  transform={`translate(${p.x},${p.y})`} tabIndex={0} role="button" aria-label={p.text.join(", ")}
                  onClick={() => { if (!grab?.moved) pick(p.index); }}
                  onKeyDown={(e) => { if (e.key === "Enter") pick(p.index); }}>
                  {p.node.kind === "object" && /channel/.test(p.node.what ?? "")
                    ? <path d={shape(p)} style={{ fill: "var(--obj)", strokeDasharray: p.node.never_used && p.node.never_used >= (p.node.objects ?? 0) ? "4 3" : "none" }} />
                    : <>
                        <rect x={-p.w / 2} y={-p.h / 2} width={p.w} height={p.h} rx={p.node.kind === "group" ? 6 : 0}
                          style={{ fill: p.node.kind === "object" ? "var(--lockobj)" : "var(--panel)", strokeDasharray: p.node.kind === "none" ? "4 3" : "none" }} />
                        {p.node.kind === "group" && <rect x={-p.w / 2} y={-p.h / 2} width={p.w} height={p.h} rx={6} style={{ fill: `hsl(var(--heat), ${(0.55 * share(p.node.blocked_ns)).toFixed(2)})` }} />}
                      </>}
                  {p.text.map((t, k) => <text key={k} class={k ? "sub" : ""} y={-((p.text.length - 1) * LINE) / 2 + k * LINE + 4} text-anchor="middle">{t}</text>)}
                  <title>{`${p.text.join("\n")}\n${placeText(report.place(p.node.place))}`}</title>
                </g>
              ))}
            </g>
          </svg>
        </div>
        {chosen >= 0 && nodes[chosen] && <NodePanel node={nodes[chosen]} index={chosen} close={() => replaceQuery({ g: "", o: "", at: "" })} />}
      </div>
    </div>
  );
}
