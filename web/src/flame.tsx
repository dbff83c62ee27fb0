// SPDX-License-Identifier: GPL-2.0-or-later
/* A flame graph of blocked time, of counts of waits, or of waits with who ended them; the root is at the top. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Flame, FlameSet } from "./data";
import { count, dur, percent, shortFunc } from "./fmt";
import { link, replaceQuery, type Route } from "./route";
import { useReport } from "./ui";

interface Frame {
  name: string;
  value: number;
  depth: number;
  parent: Frame | null;
  children: Map<string, Frame>;
  kind: "call" | "reason" | "waker";
}

function child(of: Frame, name: string, kind: Frame["kind"], value: number): Frame {
  const key = `${kind}\n${name}`;
  let f = of.children.get(key);
  if (!f) {
    f = { name, value: 0, depth: of.depth + 1, parent: of, children: new Map(), kind };
    of.children.set(key, f);
  }
  f.value += value;
  return f;
}

function tree(set: FlameSet, names: string[]): Frame {
  const root: Frame = { name: "all waits", value: 0, depth: 0, parent: null, children: new Map(), kind: "call" };
  for (const row of set.rows) {
    const v = row.weight;
    let f = root;
    root.value += v;
    if (row.reason === null) {
      child(root, "wake-ups that were not kept", "reason", v);
      continue;
    }
    if (row.cut) f = child(f, "(outer calls not recorded)", "reason", v);
    if (!row.calls.length) f = child(f, "(stack not known)", "reason", v);
    for (const c of row.calls) f = child(f, names[c], "call", v);
    f = child(f, row.reason, "reason", v);
    if (row.cause !== undefined) f = child(f, `ended by: ${row.cause}`, "reason", v);
    for (const c of row.waker ?? []) f = child(f, names[c], "waker", v);
  }
  if (set.weight_left_out) {
    child(root, `${count(set.rows_left_out)} lighter stacks`, "reason", set.weight_left_out);
    root.value += set.weight_left_out;
  }
  return root;
}

/* The same name has the same colour everywhere. */
function color(f: Frame): string {
  let h = 0;
  const pack = f.name.replace(/\.[^/]*$/, "");
  for (let i = 0; i < pack.length; i++) h = (h * 31 + pack.charCodeAt(i)) >>> 0;
  if (f.kind === "reason") return `hsl(210, 30%, ${68 + (h % 10)}%)`;
  if (f.kind === "waker") return `hsl(${140 + (h % 30)}, 45%, ${62 + (h % 12)}%)`;
  return `hsl(${18 + (h % 38)}, 85%, ${60 + ((h >> 5) % 12)}%)`;
}

/* Frames are named in the fragment by their place among their siblings, heaviest first. */
function sorted(f: Frame): Frame[] {
  return [...f.children.values()].sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
}

function find(root: Frame, path: string): Frame {
  let f = root;
  for (const part of path.split(".").filter(Boolean)) f = sorted(f)[Number(part)] ?? f;
  return f;
}

function pathOf(f: Frame): string {
  const parts: number[] = [];
  for (; f.parent; f = f.parent) parts.unshift(sorted(f.parent).indexOf(f));
  return parts.join(".");
}

interface Box {
  f: Frame;
  x: number; /* shares of the width */
  w: number;
  above: boolean;
}

function layout(root: Frame, zoom: Frame, least: number): Box[] {
  const boxes: Box[] = [];
  for (let f: Frame | null = zoom.parent; f; f = f.parent) boxes.unshift({ f, x: 0, w: 1, above: true });
  const put = (f: Frame, x: number) => {
    const w = f.value / (zoom.value || 1);
    if (w < least || boxes.length > 6000) return;
    boxes.push({ f, x, w, above: false });
    let at = x;
    for (const c of sorted(f)) {
      put(c, at);
      at += c.value / (zoom.value || 1);
    }
  };
  put(root === zoom ? root : zoom, 0);
  return boxes;
}

const ROW = 20;
const WEIGHTS = { time: "blocked time", count: "number of waits", wake: "blocked time, with who ended the waits" };

export function FlameView({ route }: { route: Route }) {
  const report = useReport();
  const by = (route.query.by ?? "time") as keyof typeof WEIGHTS;
  const idle = route.query.idle === "1" && by !== "wake";
  const flame: Flame = report.f.flame;
  const set = (idle ? flame[`${by}_idle` as keyof Flame] : flame[by]) as FlameSet | undefined;
  const root = useMemo(() => tree(set ?? flame.time, flame.names), [set]);
  const zoom = find(root, route.query.at ?? "");
  const q = (route.query.q ?? "").toLowerCase();
  const [tip, setTip] = useState<{ f: Frame; x: number; y: number } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1200);

  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 1200));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);

  const boxes = useMemo(() => layout(root, zoom, 1.5 / width), [root, zoom, width]);
  const show = (v: number) => (by === "count" ? `${count(v)} waits` : dur(v));
  const hit = (f: Frame) => q !== "" && f.name.toLowerCase().includes(q);
  const matched = useMemo(() => {
    if (!q) return 0;
    /* A hit covers what is below it, so each weight counts once. */
    const sum = (f: Frame): number => (hit(f) ? f.value : [...f.children.values()].reduce((a, c) => a + sum(c), 0));
    return sum(root);
  }, [root, q]);
  const depth = boxes.reduce((a, b) => Math.max(a, b.f.depth), 0);

  return (
    <div class="tableview">
      <div class="bar">
        <input type="search" class="search" placeholder="Search functions  ( / )" aria-label="Search functions" value={route.query.q ?? ""}
          onInput={(e) => replaceQuery({ q: e.currentTarget.value })} />
        <select value={by} aria-label="Weight" onChange={(e) => replaceQuery({ by: e.currentTarget.value, at: "" })}>
          {Object.entries(WEIGHTS).map(([k, v]) => <option value={k} key={k}>{v}</option>)}
        </select>
        {by !== "wake" && (
          <label><input type="checkbox" checked={idle} onChange={(e) => replaceQuery({ idle: e.currentTarget.checked ? 1 : "", at: "" })} /> sleep, network and timers</label>
        )}
        {zoom !== root && <button onClick={() => replaceQuery({ at: "" })}>zoom out</button>}
        {zoom !== root && zoom.kind !== "reason" && <a href={link(["sites"], { q: zoom.name })}>wait sites in {shortFunc(zoom.name)}</a>}
        {q && <span class="dim">{percent(matched, root.value)} matches</span>}
        <span class="dim">{show(root.value)} in all</span>
      </div>
      <div class="flame" ref={box}>
        {!root.value && <p class="dim">{by === "wake" ? "No wake-ups were recorded." : "No goroutine waited."}</p>}
        <div class="rows" style={{ height: `${(depth + 1) * ROW}px` }} onMouseLeave={() => setTip(null)}>
          {root.value > 0 && boxes.map((b) => (
            <button key={pathOf(b.f)} class={`${b.above ? "above " : ""}${hit(b.f) ? "hit" : ""}`}
              style={{ left: `${b.x * 100}%`, width: `${b.w * 100}%`, top: `${b.f.depth * ROW}px`, background: color(b.f) }}
              aria-label={`${b.f.name}, ${show(b.f.value)}`}
              onMouseMove={(e) => setTip({ f: b.f, x: e.clientX, y: e.clientY })}
              onFocus={() => setTip(null)}
              onClick={() => replaceQuery({ at: b.f === zoom ? "" : pathOf(b.f) })}>
              {b.w * width > 25 ? (b.f.kind === "reason" ? b.f.name : shortFunc(b.f.name)) : ""}
            </button>
          ))}
        </div>
      </div>
      {tip && (
        <div class="tip" style={{ left: `${Math.min(tip.x + 12, window.innerWidth - 540)}px`, top: `${Math.min(tip.y + 14, window.innerHeight - 90)}px` }}>
          <b class="name">{tip.f.name}</b>{"\n"}{show(tip.f.value)}, {percent(tip.f.value, root.value)} of all
          {tip.f.kind === "waker" && "\na call of the goroutine that ended the wait"}
        </div>
      )}
    </div>
  );
}
