// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goroutines did over time. A group is a row: how many of its goroutines were in
 * which state. An open group also has a row for each goroutine with its longest
 * stretches, and arrows from who ended its waits.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Report, Series, Timeline } from "./data";
import { at, count, dur, plural } from "./fmt";
import { replaceQuery, type Route } from "./route";
import { Chan, Go, GroupLink, groupName, StackView, SyncLink, useReport } from "./ui";

const KINDS = {
  running: "running", runnable: "runnable", send: "sending", receive: "receiving", select: "select", lock: "lock",
  group: "WaitGroup, Cond", net: "network", sleep: "sleep, timer", other: "other waits",
} as const;
type Kind = keyof typeof KINDS;
const ORDER = Object.keys(KINDS) as Kind[];
const COLORS: Record<Kind, string> = {
  running: "--running", runnable: "--runnable", send: "--send", receive: "--chan", select: "--select", lock: "--lock",
  group: "--group-wait", net: "--net", sleep: "--sleep", other: "--other",
};

function kindOf(state: string): Kind {
  if (state === "running" || state === "runnable") return state;
  if (/^chan send/.test(state)) return "send";
  if (/^chan receive/.test(state)) return "receive";
  if (/^select/.test(state)) return "select";
  if (/WaitGroup|Cond/.test(state)) return "group";
  if (/Mutex|semacquire/.test(state)) return "lock";
  if (/^IO wait/.test(state)) return "net";
  if (/^sleep|timer/i.test(state)) return "sleep";
  return "other";
}

interface Lane {
  group: number | null; /* null: the groups that have no row of their own */
  goroutine: number; /* 0: the row of the group */
  y: number;
  h: number;
}

interface GroupData {
  kinds: Map<Kind, Float64Array>; /* goroutines by bin */
  names: Map<string, Series>;
  max: number;
}

function collect(t: Timeline): Map<number | null, GroupData> {
  const groups = new Map<number | null, GroupData>();
  for (const s of t.series) {
    let g = groups.get(s.group);
    if (!g) groups.set(s.group, g = { kinds: new Map(), names: new Map(), max: 0 });
    const name = s.reason ?? s.state, kind = kindOf(name);
    let sum = g.kinds.get(kind);
    if (!sum) g.kinds.set(kind, sum = new Float64Array(t.bins));
    for (let i = 0; i < s.mean.length; i++) sum[s.first + i] += s.mean[i] / 1000;
    g.names.set(name, s);
  }
  for (const g of groups.values())
    for (let i = 0; i < t.bins; i++) {
      let sum = 0;
      for (const v of g.kinds.values()) sum += v[i];
      g.max = Math.max(g.max, sum);
    }
  return groups;
}

/* Groups of findings first, then those that were blocked longest. */
function rank(report: Report, groups: Map<number | null, GroupData>): (number | null)[] {
  const found = new Set<number>();
  for (const f of report.f.findings)
    for (const id of f.goroutines.slice(0, 200)) found.add(report.goroutines.get(id)?.group ?? -1);
  const weight = (g: number | null) => (g === null ? -1 : (found.has(g) ? 1e24 : 0) + (report.groups.get(g)?.blocked_ns ?? 0));
  return [...groups.keys()].sort((a, b) => weight(b) - weight(a));
}

const LABEL = 260, TOP = 78, GROUP = 34, GO = 18, MAX_GO_LANES = 20000, MAX_ARROWS = 400;

function lanesOf(report: Report, order: (number | null)[], open: Set<number>, q: string): { lanes: Lane[]; height: number } {
  const lanes: Lane[] = [], ranges = report.slicesOf();
  const s = report.f.timeline!.slices;
  let y = 0;
  const members = new Map<number, number[]>();
  if (open.size)
    for (const [id, [first]] of ranges) {
      const group = s.group[first];
      if (open.has(group)) members.set(group, [...(members.get(group) ?? []), id]);
    }
  for (const g of order) {
    if (q && !(g === null ? "" : groupName(report, report.groups.get(g))).toLowerCase().includes(q)) continue;
    lanes.push({ group: g, goroutine: 0, y, h: GROUP });
    y += GROUP + 2;
    if (g === null || !open.has(g)) continue;
    for (const id of members.get(g) ?? []) {
      if (lanes.length >= MAX_GO_LANES) break;
      lanes.push({ group: g, goroutine: id, y, h: GO });
      y += GO;
    }
    y += 4;
  }
  return { lanes, height: y };
}

/* The first lane that ends below y. */
function laneAt(lanes: Lane[], y: number): number {
  let lo = 0, hi = lanes.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (lanes[mid].y + lanes[mid].h <= y) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/* Of the slices from first on, the first that ends after t; they are in order. */
function sliceAt(t: Timeline, range: [number, number], ns: number): number {
  let [lo, hi] = range;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (t.slices.from_ns[mid] + t.slices.length_ns[mid] <= ns) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function step(range: number, most: number): number {
  const raw = range / most, power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
}

interface View {
  report: Report;
  t: Timeline;
  data: Map<number | null, GroupData>;
  lanes: Lane[];
  laneOf: Map<number, Lane>;
  from: number;
  to: number;
  scroll: number;
  hover: number; /* a slice, or -1 */
  chosen: number;
  drag: [number, number] | null; /* x */
  at: number; /* a goroutine to stand out; 0: none */
}

function draw(canvas: HTMLCanvasElement, v: View): void {
  const c = canvas.getContext("2d")!;
  const w = canvas.clientWidth, h = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  canvas.width = w * ratio;
  canvas.height = h * ratio;
  c.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const css = (name: string) => style.getPropertyValue(name).trim();
  const color = Object.fromEntries(ORDER.map((k) => [k, css(COLORS[k])])) as Record<Kind, string>;
  const text = css("--text"), dim = css("--dim"), line = css("--line"), panel = css("--panel"), bad = css("--bad"), accent = css("--accent");
  const plot = w - LABEL, range = v.to - v.from;
  const x = (ns: number) => LABEL + ((ns - v.from) / range) * plot;
  const { t } = v;
  c.font = "11.5px system-ui, sans-serif";
  c.textBaseline = "middle";

  /* The axis, and how many goroutines there were. */
  const tick = step(range, plot / 110);
  c.textAlign = "center";
  for (let ns = Math.ceil(v.from / tick) * tick; ns <= v.to; ns += tick) {
    c.fillStyle = line;
    c.fillRect(x(ns), 16, 1, h);
    c.fillStyle = dim;
    if (x(ns) > LABEL + 20 && x(ns) < w - 20) c.fillText(at(ns, range), x(ns), 8);
  }
  const counts = t.counts, most = Math.max(1, ...counts.map((p) => p[1])), chart = 46, base = TOP - 8;
  for (const [which, fill] of [[1, color.running], [2, color.other]] as const) {
    c.fillStyle = fill;
    c.beginPath();
    c.moveTo(LABEL, base);
    let last = 0;
    for (const p of counts) {
      const px = Math.max(LABEL, x(p[0]));
      c.lineTo(px, base - (last / most) * chart);
      last = p[which];
      c.lineTo(px, base - (last / most) * chart);
    }
    c.lineTo(w, base - (last / most) * chart);
    c.lineTo(w, base);
    c.fill();
  }
  c.globalAlpha = 1;
  c.textAlign = "left";
  c.fillStyle = text;
  c.fillText("goroutines", 8, base - 30);
  c.fillStyle = dim;
  c.fillText(`at most ${count(most)}; grey: waiting`, 8, base - 14);
  c.fillStyle = line;
  c.fillRect(0, TOP - 2, w, 1);

  /* The lanes. */
  c.save();
  c.beginPath();
  c.rect(0, TOP, w, h - TOP);
  c.clip();
  c.translate(0, TOP - v.scroll);
  const firstBin = Math.max(0, Math.floor((v.from - t.from_ns) / t.bin_ns));
  const lastBin = Math.min(t.bins - 1, Math.ceil((v.to - t.from_ns) / t.bin_ns));
  const arrows: { lane: Lane; i: number }[] = [];
  for (let k = laneAt(v.lanes, v.scroll); k < v.lanes.length && v.lanes[k].y < v.scroll + h - TOP; k++) {
    const lane = v.lanes[k];
    if (!lane.goroutine) {
      const g = v.data.get(lane.group);
      c.fillStyle = panel;
      c.fillRect(LABEL, lane.y, plot, lane.h);
      if (!g || !g.max) continue;
      for (let i = firstBin; i <= lastBin; i++) {
        const x0 = Math.max(LABEL, x(t.from_ns + i * t.bin_ns)), x1 = Math.min(w, x(t.from_ns + (i + 1) * t.bin_ns));
        let y = lane.y + lane.h;
        for (const kind of ORDER) {
          const n = g.kinds.get(kind)?.[i] ?? 0;
          if (!n) continue;
          const part = (n / g.max) * lane.h;
          c.fillStyle = color[kind];
          c.fillRect(x0, y - part, Math.ceil(x1 - x0) + 0.5, part);
          y -= part;
        }
      }
      continue;
    }
    const slices = v.report.slicesOf().get(lane.goroutine);
    if (!slices) continue;
    if (lane.goroutine === v.at) {
      c.fillStyle = css("--hover");
      c.fillRect(0, lane.y, w, lane.h);
    }
    let drawn = -1, kindDrawn: Kind | null = null;
    for (let i = sliceAt(t, slices, v.from); i < slices[1] && t.slices.from_ns[i] < v.to; i++) {
      const kind = kindOf(t.states[t.slices.state[i]] ?? "");
      const x0 = Math.max(LABEL, x(t.slices.from_ns[i])), x1 = Math.min(w, x(t.slices.from_ns[i] + t.slices.length_ns[i]));
      /* Many within one pixel are one. */
      if (x1 <= drawn && kind === kindDrawn) continue;
      const thin = kind === "running" || kind === "runnable";
      c.fillStyle = color[kind];
      c.fillRect(x0, lane.y + (thin ? 5 : 2), Math.max(1, x1 - x0), lane.h - (thin ? 10 : 4));
      drawn = Math.ceil(x0 + 1);
      kindDrawn = kind;
      if (i === v.hover || i === v.chosen) {
        c.strokeStyle = accent;
        c.lineWidth = 2;
        c.strokeRect(x0, lane.y + 1, Math.max(2, x1 - x0), lane.h - 2);
      }
      if (t.slices.waker[i] && x(t.slices.from_ns[i] + t.slices.length_ns[i]) <= w) arrows.push({ lane, i });
    }
  }
  for (const { lane, i } of arrows.length <= MAX_ARROWS ? arrows : arrows.filter((a) => a.i === v.hover || a.i === v.chosen)) {
    const from = v.laneOf.get(t.slices.waker[i]), px = x(t.slices.from_ns[i] + t.slices.length_ns[i]);
    if (!from || px < LABEL) continue;
    const strong = i === v.hover || i === v.chosen;
    const y0 = from.y + from.h / 2, y1 = lane.y + lane.h / 2, dir = y1 > y0 ? 1 : -1;
    c.globalAlpha = strong ? 1 : 0.45;
    c.strokeStyle = c.fillStyle = strong ? bad : text;
    c.lineWidth = strong ? 2 : 1;
    c.beginPath();
    c.moveTo(px, y0);
    c.lineTo(px, y1 - dir * 5);
    c.stroke();
    c.beginPath();
    c.moveTo(px, y1);
    c.lineTo(px - 3, y1 - dir * 6);
    c.lineTo(px + 3, y1 - dir * 6);
    c.fill();
    c.globalAlpha = 1;
  }
  c.restore();
  if (v.drag) {
    c.globalAlpha = 0.2;
    c.fillStyle = accent;
    c.fillRect(Math.min(...v.drag), 0, Math.abs(v.drag[1] - v.drag[0]), h);
    c.globalAlpha = 1;
  }
}

/* What is under the pointer, in words. */
function tipText(v: View, lane: Lane, ns: number, slice: number): string {
  const { t } = v;
  if (lane.goroutine) {
    if (slice < 0) return `goroutine ${lane.goroutine}\n${t.slices_left_out ? `nothing that took ${dur(t.shortest_slice_ns)} or longer` : "nothing is known here"}`;
    const s = t.slices, name = t.states[s.state[slice]] ?? "?";
    return [
      `goroutine ${lane.goroutine}: ${name}, ${dur(s.length_ns[slice])}`,
      `from ${at(s.from_ns[slice], v.to - v.from)} to ${at(s.from_ns[slice] + s.length_ns[slice], v.to - v.from)}`,
      s.channel[slice] ? `channel #${s.channel[slice]}` : "",
      s.waker[slice] ? `ended by goroutine ${s.waker[slice]} (${t.causes[s.cause[slice] - 1] ?? "?"})` : s.cause[slice] ? `ended by: ${t.causes[s.cause[slice] - 1]}` : "",
    ].filter(Boolean).join("\n");
  }
  const g = v.data.get(lane.group), bin = Math.floor((ns - t.from_ns) / t.bin_ns);
  const rows = [...(g?.names ?? [])]
    .map(([name, s]) => [name, (s.mean[bin - s.first] ?? 0) / 1000] as const)
    .filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const name = lane.group === null ? "all other groups" : groupName(v.report, v.report.groups.get(lane.group));
  return [`${name}, ${at(t.from_ns + bin * t.bin_ns, v.to - v.from)} (mean of ${dur(t.bin_ns)})`,
    ...rows.map(([what, n]) => `${n < 10 ? n.toFixed(n < 0.1 ? 3 : 1) : count(n)} ${what}`), rows.length ? "" : "no goroutine"].filter(Boolean).join("\n");
}

function SliceDetails({ t, i, close }: { t: Timeline; i: number; close: () => void }) {
  const s = t.slices;
  return (
    <aside class="slice">
      <p>
        <Go id={s.goroutine[i]} /> of <GroupLink id={s.group[i]} />: <b>{t.states[s.state[i]]}</b> for {dur(s.length_ns[i])}, from {at(s.from_ns[i], 1e5)}
        {s.channel[i] > 0 && <> on <Chan id={s.channel[i]} /></>}
        {s.sync[i] > 0 && <> on <SyncLink id={s.sync[i]} /></>}
        {s.waker[i] > 0 ? <>, ended by <Go id={s.waker[i]} /> ({t.causes[s.cause[i] - 1]})</> : s.cause[i] > 0 && `, ended by: ${t.causes[s.cause[i] - 1]}`}
        {" "}<button onClick={close}>close</button>
      </p>
      {s.stack[i] > 0 && <StackView id={s.stack[i]} />}
    </aside>
  );
}

export function TimelineView({ route }: { route: Route }) {
  const report = useReport();
  const t = report.f.timeline!;
  const start = t.from_ns, end = t.from_ns + t.bin_ns * t.bins;
  const from = Math.max(start, Number(route.query.from ?? start)), to = Math.min(end, Number(route.query.to ?? end));
  const data = useMemo(() => collect(t), [t]);
  const order = useMemo(() => rank(report, data), [report, data]);
  const open = useMemo(() => new Set((route.query.g ?? "").split(",").filter(Boolean).map(Number)), [route.query.g]);
  const { lanes, height } = useMemo(() => lanesOf(report, order, open, (route.query.q ?? "").toLowerCase()), [report, order, open, route.query.q]);
  const laneOf = useMemo(() => new Map(lanes.filter((l) => l.goroutine).map((l) => [l.goroutine, l])), [lanes]);
  const canvas = useRef<HTMLCanvasElement>(null), over = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const [room, setRoom] = useState(600);
  const [hover, setHover] = useState<{ x: number; y: number; lane: Lane; ns: number; slice: number } | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const [, redraw] = useState(0);
  const marked = Number(route.query.at ?? 0);
  const range = to > from ? to - from : end - start;
  const view: View = {
    report, t, data, lanes, laneOf, from: to > from ? from : start, to: to > from ? to : end, scroll,
    hover: hover?.slice ?? -1, chosen, drag, at: marked,
  };

  useEffect(() => { if (canvas.current) draw(canvas.current, view); });
  useEffect(() => {
    const again = () => { setRoom(over.current?.clientHeight ?? 600); redraw((n) => n + 1); };
    const watch = new ResizeObserver(again);
    if (over.current) watch.observe(over.current);
    window.addEventListener("themechange", again);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", again);
    return () => { watch.disconnect(); window.removeEventListener("themechange", again); dark.removeEventListener("change", again); };
  }, []);
  /* A link to a group or goroutine leads to its lane. */
  useEffect(() => {
    const first = lanes.find((l) => (marked ? l.goroutine === marked : l.group !== null && open.has(l.group)));
    if (first && over.current) over.current.scrollTop = Math.max(0, first.y - 80);
  }, []);

  const zoom = (a: number, b: number) => {
    const least = 1000, mid = (a + b) / 2, half = Math.max(least, b - a) / 2;
    const x = Math.max(start, mid - half), y = Math.min(end, mid + half);
    replaceQuery(x <= start && y >= end ? { from: "", to: "" } : { from: Math.round(x), to: Math.round(y) });
  };
  const pan = (by: number) => {
    const d = Math.max(start - view.from, Math.min(end - view.to, by));
    zoom(view.from + d, view.to + d);
  };
  const around = (factor: number, ns = (view.from + view.to) / 2) => zoom(ns - (ns - view.from) * factor, ns + (view.to - ns) * factor);
  const place = (e: MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const px = e.clientX - box.left, py = e.clientY - box.top;
    const ns = view.from + ((px - LABEL) / (box.width - LABEL)) * range;
    const lane = lanes[laneAt(lanes, py - TOP + scroll)];
    let slice = -1;
    if (lane?.goroutine) {
      const r = report.slicesOf().get(lane.goroutine);
      /* A pixel of tolerance: short slices are drawn wider than they are. */
      const i = r ? sliceAt(t, r, ns - range / (box.width - LABEL)) : -1;
      if (r && i < r[1] && t.slices.from_ns[i] <= ns) slice = i;
    }
    return { px, py, ns, slice, lane: lane && py >= TOP && lane.y <= py - TOP + scroll ? lane : undefined };
  };
  const toggle = (g: number | null) => {
    if (g === null) return;
    const now = new Set(open);
    if (!now.delete(g)) now.add(g);
    replaceQuery({ g: [...now].join(",") });
  };
  const onMove = (e: MouseEvent) => {
    const p = place(e);
    if (drag) setDrag([drag[0], Math.max(LABEL, p.px)]);
    setHover(p.px > LABEL && p.lane ? { x: e.clientX, y: e.clientY, lane: p.lane, ns: p.ns, slice: p.slice } : null);
  };
  const onUp = (e: MouseEvent) => {
    const p = place(e);
    const moved = drag ? Math.abs(drag[1] - drag[0]) : 0;
    setDrag(null);
    if (!drag) return;
    if (moved > 4) {
      const ns = (px: number) => view.from + ((px - LABEL) / (canvas.current!.clientWidth - LABEL)) * range;
      zoom(ns(Math.min(...drag)), ns(Math.max(...drag)));
    } else if (p.lane && !p.lane.goroutine) {
      toggle(p.lane.group);
    } else {
      setChosen(p.slice);
    }
  };
  const onWheel = (e: WheelEvent) => {
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      around(e.deltaY > 0 ? 1.25 : 0.8, place(e).ns);
    } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      e.preventDefault();
      pan(((e.deltaX || e.deltaY) / 800) * range);
    }
  };
  const onKey = (e: KeyboardEvent) => {
    const does: Record<string, () => void> = {
      "+": () => around(0.5), "=": () => around(0.5), "-": () => around(2), "0": () => zoom(start, end),
      ArrowLeft: () => pan(-range / 5), ArrowRight: () => pan(range / 5),
    };
    if (!does[e.key]) return;
    does[e.key]();
    e.preventDefault();
    e.stopPropagation();
  };

  const seen = lanes.slice(laneAt(lanes, scroll - 60), laneAt(lanes, scroll + room + 60) + 1);
  const used = new Set([...data.values()].flatMap((g) => [...g.kinds.keys()]));
  return (
    <div class="tableview">
      <div class="bar">
        <input type="search" class="search" placeholder="Search groups  ( / )" aria-label="Search groups" value={route.query.q ?? ""}
          onInput={(e) => replaceQuery({ q: e.currentTarget.value })} />
        <button aria-label="Zoom in" title="+" onClick={() => around(0.5)}>+</button>
        <button aria-label="Zoom out" title="-" onClick={() => around(2)}>−</button>
        <button onClick={() => zoom(start, end)}>all</button>
        <span class="dim">{at(view.from, range)} – {at(view.to, range)}{to - from < end - start && ` (${dur(range)})`}</span>
        <span class="legend">{ORDER.filter((k) => used.has(k)).map((k) => <span key={k}><i style={{ background: `var(${COLORS[k]})` }} />{KINDS[k]}{k === "running" && !t.with_runs && " or runnable"}</span>)}</span>
      </div>
      <p class="hint dim">
        Drag to zoom, Ctrl and wheel too; click on a group for its goroutines.
        {t.slices_left_out > 0 && ` Goroutines' rows lack the ${plural(t.slices_left_out, "stretch", "stretches")} shorter than ${dur(t.shortest_slice_ns)}; groups' rows have everything.`}
      </p>
      <div class="timeline" tabIndex={0} onKeyDown={onKey} aria-label="Timeline">
        <canvas ref={canvas} />
        <div class="over" ref={over} style={{ top: `${TOP}px` }} onScroll={(e) => setScroll(e.currentTarget.scrollTop)} onMouseMove={onMove}
          onMouseLeave={() => { setHover(null); setDrag(null); }} onWheel={onWheel} onMouseUp={onUp}
          onMouseDown={(e) => { const p = place(e); if (e.button === 0 && p.px > LABEL) { setDrag([p.px, p.px]); e.preventDefault(); } }}
          onDblClick={() => zoom(start, end)}>
          <div class="lanes" style={{ height: `${height + 20}px` }}>
            {seen.map((l) => l.goroutine ? (
              <a class="lane go" key={`o${l.goroutine}`} href={`#/goroutine/${l.goroutine}`} style={{ top: `${l.y}px`, height: `${l.h}px`, lineHeight: `${l.h}px` }}>goroutine {l.goroutine}</a>
            ) : (
              <button class="lane" key={`g${l.group}`} aria-expanded={l.group !== null && open.has(l.group)} style={{ top: `${l.y}px`, height: `${l.h}px` }} onClick={() => toggle(l.group)}>
                <span class="name">{l.group !== null && (open.has(l.group) ? "▾ " : "▸ ")}{l.group === null ? "all other groups" : groupName(report, report.groups.get(l.group))}</span>
                <br /><span class="dim">at most {count(data.get(l.group)?.max ?? 0)} at a time</span>
              </button>
            ))}
          </div>
        </div>
      </div>
      {chosen >= 0 && <SliceDetails t={t} i={chosen} close={() => setChosen(-1)} />}
      {hover && !drag && (
        <div class="tip" style={{ left: `${Math.min(hover.x + 14, window.innerWidth - 360)}px`, top: `${Math.min(hover.y + 16, window.innerHeight - 120)}px` }}>
          {tipText(view, hover.lane, hover.ns, hover.slice)}
        </div>
      )}
    </div>
  );
}
