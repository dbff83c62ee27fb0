// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The facts of a report: the members of its JSON form (docs/report.schema.json), with
 * places and stacks as numbers, and what report/render/html/page_*.c adds. Times are
 * nanoseconds since the start of the trace.
 */

export type PlaceId = number | null;

export interface Place {
  function: string;
  file: string;
  line: number;
  kind: "own" | "library" | "runtime";
}

export interface Stack {
  places: number[];
  truncated: boolean;
}

export interface Obj {
  kind: "none" | "channel" | "sync" | "fd" | "nil channel";
  id: number | null;
  direction: string | null;
}

export interface Label {
  key: string;
  value: string;
  goroutines?: number;
}

export interface Wait {
  reason: string;
  channels: number[];
  sync: number | null;
  fd: number | null;
  descriptor: { kind: string; local: string | null; peer: string | null; state: string | null; no_other_end: boolean } | null;
  objects: Obj[];
  cases: number;
  nil_cases: number;
  since_ns: number | null;
  blocked_ns: number | null;
  before_start: boolean;
  at: PlaceId;
}

export interface Goroutine {
  id: number;
  parent: number | null;
  state: string;
  system: boolean;
  group: number;
  created_by: PlaceId;
  creator: PlaceId;
  creation_stack: number;
  entry: PlaceId;
  started_ns: number | null;
  exited_ns: number | null;
  labels: Label[];
  waits: number;
  blocked_ns: number;
  unseen_wakes: number;
  ran_ns: number | null;
  runnable_ns: number | null;
  wait: Wait | null;
  stack: number;
}

export interface Group {
  id: number;
  name: string;
  created_by: PlaceId;
  creator: PlaceId;
  creator_called: PlaceId;
  entry: PlaceId;
  system: boolean;
  at_start: number;
  created: number;
  exited: number;
  exits_missed: number;
  at_end: Record<string, number>;
  waits: number;
  blocked_ns: number;
  longest_wait_ns: number;
  wakes: number;
  ran_ns: number | null;
  runnable_ns: number | null;
  labels: Label[];
}

export interface Finding {
  kind: string;
  verdict: string;
  strength: string;
  count: number;
  behind: number;
  goroutines: number[];
  places: (Omit<Place, "kind"> & { role: string })[];
  holder: { goroutine: number; evidence: string | null; at: PlaceId; state: string; locked_at: PlaceId } | null;
  members: { goroutine: number; waits_at: PlaceId; object: Obj; held_by: number; evidence: string | null; locked_at: PlaceId }[];
  object: Obj | null;
  since_ns: number | null;
  rate_per_min: number | null;
  path: string[];
  why: string;
  hint: string | null;
}

export interface Leak {
  verdict: string;
  strength: string;
  idle: string | null;
  why: string;
  count: number;
  goroutines: number[];
  group: number;
  wait_reason: string;
  blocked_at: PlaceId;
  channels: number[];
  longest_ns: number;
  growing: boolean;
}

export interface ChainLink {
  goroutine: number | null;
  group: number;
  waits_on: { reason: string; channel: number | null; sync: number | null; object: string | null; at: PlaceId };
  held_by: number | null;
  held_by_group: number;
  evidence: string | null;
  blocked_ns: number;
  repeats: number;
}

export interface Chain {
  kind: "open" | "past";
  count: number;
  blocked_ns: number;
  longest_ns: number;
  links: ChainLink[];
  root: number | null;
  root_group: number;
  root_state: string | null;
  root_cause: string;
}

export interface Site {
  blocked_ns: number;
  waits: number;
  longest_ns: number;
  goroutine: number;
  reason: string;
  at: PlaceId;
  own_code_at: PlaceId;
  group: number;
  idle: boolean;
}

export interface ChannelUse {
  goroutine: number | null;
  time_ns: number;
  at: PlaceId;
  stack: number;
}

export interface Channel {
  id: number;
  addr: string | null;
  capacity: number | null;
  length: number | null;
  closed: boolean | null;
  state: string | null;
  waits: number;
  blocked_ns: number;
  made_by: ChannelUse | null;
  closed_by: ChannelUse | null;
  made_at?: PlaceId;
  senders_waiting: number[];
  receivers_waiting: number[];
  users: { goroutine: number; group: number; roles: string[]; count: number; alive: boolean }[];
  [key: string]: unknown;
}

export interface Sync {
  id: number;
  kind: string;
  addr: string;
  locked: boolean | null;
  counter: number | null;
  likely_holder: number | null;
  waits: number;
  blocked_ns: number;
  waiting: number[];
}

export interface Wake {
  waker: number | null;
  woken: number;
  cause: string;
  channel: number | null;
  sync: number | null;
  count: number;
  blocked_ns: number;
}

export interface Edge {
  count: number;
  blocked_ns: number;
  cause: string;
  woken_at: PlaceId;
  waker_at: PlaceId;
  waker_group: number;
  woken_group: number;
  reason: string;
  object: string | null;
  object_made_by: PlaceId;
}

export interface Owner {
  object: Obj;
  goroutine: number | null;
  at: PlaceId;
  variable: string | null;
  distance: number;
  complete: boolean;
  path: string[];
}

export interface GraphNode {
  kind: "group" | "object" | "none";
  id: number;
  blocked_ns: number;
  waits: number;
  longest_ns: number;
  never_used: number;
  worst: boolean;
  shown: boolean;
  what?: string;
  objects?: number;
  example?: number | null;
  capacity?: number | null;
  place?: PlaceId;
  made_there?: boolean;
}

export interface GraphEdge {
  from: number;
  to: number;
  kind: "waits" | "woken by" | "held by";
  by: string | null;
  reason: string | null;
  at: PlaceId;
  count: number;
  blocked_ns: number;
  open: number;
  longest_ns: number;
  worst: boolean;
}

export interface FlameRow {
  weight: number;
  reason: string | null;
  cut?: boolean;
  calls: number[];
  cause?: string;
  waker?: number[];
}

export interface FlameSet {
  rows: FlameRow[];
  rows_left_out: number;
  weight_left_out: number;
}

export interface Flame {
  time: FlameSet;
  time_idle: FlameSet;
  count: FlameSet;
  count_idle: FlameSet;
  wake: FlameSet;
  names: string[];
}

export interface Series {
  group: number | null;
  state: "running" | "runnable" | "waiting";
  reason: string | null;
  first: number;
  mean: number[]; /* thousandths of a goroutine */
}

export interface Slices {
  goroutine: number[];
  group: number[];
  from_ns: number[];
  length_ns: number[];
  state: number[];
  waker: number[];
  cause: number[];
  stack: number[];
  channel: number[];
  sync: number[];
}

export interface Timeline {
  from_ns: number;
  bin_ns: number;
  bins: number;
  with_runs: boolean;
  series: Series[];
  counts: [number, number, number][];
  states: Record<string, string>;
  causes: string[];
  slices: Slices;
  slices_left_out: number;
  shortest_slice_ns: number;
}

export interface Counts {
  at_start: number;
  created: number;
  exited: number;
  exits_missed: number;
  at_end: number;
  [state: string]: number;
}

export interface Facts {
  text: string;
  warnings: string;
  findings_intro: string;
  finding_texts: string[];
  graph: { all_edges: number; all_blocked_ns: number; never_used: number; nodes: GraphNode[]; edges: GraphEdge[] };
  flame: Flame;
  timeline: Timeline | null;
  schema_version: number;
  trace: Record<string, any>;
  filter: Record<string, any>;
  losses: Record<string, any>;
  events: Record<string, number>;
  snapshots: Record<string, any>;
  summary: { user: Counts; system: Counts; waits: number; blocked_ns: number; channels: number; sync_objects: number };
  findings: Finding[];
  leaks: Leak[];
  chains: Chain[];
  groups: Group[];
  blocked: Record<string, any>[];
  active: Record<string, any>[];
  wait_sites: Site[];
  channel_rows: Record<string, any>[];
  edges: Edge[];
  use_rows: Record<string, any>[];
  syncs: Sync[];
  owners: Owner[];
  objects: Record<string, any>[];
  wakes: Wake[];
  wakes_left_out: number;
  channels: Channel[];
  goroutines: Goroutine[];
  cut: Record<string, number> | null;
  places: Record<string, Place>;
  stacks: Record<string, Stack>;
}

function byId<T extends { id: number }>(rows: T[]): Map<number, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function multi<T>(rows: T[], keys: (row: T) => Iterable<number>): Map<number, T[]> {
  const map = new Map<number, T[]>();
  for (const row of rows)
    for (const key of keys(row)) {
      const list = map.get(key);
      if (list) list.push(row);
      else map.set(key, [row]);
    }
  return map;
}

/* The facts with their indexes, which are made when they are first asked for. */
export class Report {
  readonly f: Facts;
  readonly goroutines: Map<number, Goroutine>;
  readonly groups: Map<number, Group>;
  readonly channels: Map<number, Channel>;
  readonly syncs: Map<number, Sync>;
  readonly ofGroup: () => Map<number, Goroutine[]>;
  readonly findingsOf: () => Map<number, number[]>;
  readonly wakesOf: () => Map<number, Wake[]>;
  readonly wokenBy: () => Map<number, Wake[]>;
  readonly chainsOf: () => Map<number, number[]>;
  readonly usesOf: () => Map<number, Channel[]>;
  readonly slicesOf: () => Map<number, [number, number]>;

  constructor(facts: Facts) {
    this.f = facts;
    this.goroutines = byId(facts.goroutines);
    this.groups = byId(facts.groups);
    this.channels = byId(facts.channels);
    this.syncs = byId(facts.syncs);
    this.ofGroup = lazy(() => multi(facts.goroutines, (g) => [g.group]));
    this.findingsOf = lazy(() =>
      multi(facts.findings.map((_, i) => i), (i) => new Set([
        ...facts.findings[i].goroutines,
        ...facts.findings[i].members.map((m) => m.goroutine),
      ])));
    this.wakesOf = lazy(() => multi(facts.wakes, (w) => (w.waker === null ? [] : [w.waker])));
    this.wokenBy = lazy(() => multi(facts.wakes, (w) => [w.woken]));
    this.chainsOf = lazy(() =>
      multi(facts.chains.map((_, i) => i), (i) => new Set([
        ...facts.chains[i].links.flatMap((l) => [l.goroutine ?? 0, l.held_by ?? 0]),
        facts.chains[i].root ?? 0,
      ])));
    this.usesOf = lazy(() => multi(facts.channels, (c) => c.users.map((u) => u.goroutine)));
    this.slicesOf = lazy(() => {
      const ranges = new Map<number, [number, number]>();
      const ids = facts.timeline?.slices.goroutine ?? [];
      for (let i = 0; i < ids.length;) {
        const first = i;
        while (i < ids.length && ids[i] === ids[first]) i++;
        ranges.set(ids[first], [first, i]);
      }
      return ranges;
    });
  }

  place(id: PlaceId | undefined): Place | null {
    return id ? this.f.places[id] ?? null : null;
  }

  stack(id: number): Stack {
    return this.f.stacks[id] ?? { places: [], truncated: false };
  }
}

async function inflate(base64: string): Promise<string> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/*
 * Where reports come from. The page's own block is one report; a live source would call
 * `show` again whenever it has a new one.
 */
export type Source = (show: (report: Report) => void) => Promise<void>;

export const embedded: Source = async (show) => {
  const block = document.getElementById("data");
  if (!block) throw new Error("the page has no data");
  show(new Report(JSON.parse(await inflate(block.textContent ?? "")) as Facts));
  block.remove();
};
