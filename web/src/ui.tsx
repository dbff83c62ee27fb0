// SPDX-License-Identifier: GPL-2.0-or-later
/* What all views show the same way: links to goroutines, channels and places, and stacks. */
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import type { Group, Label, Obj, PlaceId, Report } from "./data";
import { count, fileLine, plural, shortFunc } from "./fmt";
import { link } from "./route";

export const ReportContext = createContext<Report>(null as unknown as Report);

export function useReport(): Report {
  return useContext(ReportContext);
}

export function Go({ id, plain }: { id: number | null; plain?: boolean }) {
  if (!id) return <span class="dim">unknown</span>;
  return <a class="id" href={link(["goroutine", id])}>{plain ? id : `goroutine ${id}`}</a>;
}

export function Chan({ id, plain }: { id: number; plain?: boolean }) {
  return <a class="id" href={link(["channel", id])}>{plain ? `#${id}` : `channel #${id}`}</a>;
}

export function SyncLink({ id }: { id: number }) {
  const s = useReport().syncs.get(id);
  return <a class="id" href={link(["lock", id])}>{s ? `${s.kind} ${s.addr}` : `lock ${id}`}</a>;
}

export function ObjLink({ obj }: { obj: Obj | null }) {
  if (!obj || obj.kind === "none") return null;
  if (obj.kind === "channel" && obj.id) return <Chan id={obj.id} />;
  if (obj.kind === "sync" && obj.id) return <SyncLink id={obj.id} />;
  return <span>{obj.kind === "fd" ? `file descriptor ${obj.id}` : obj.kind}</span>;
}

export function groupName(report: Report, g: Group | undefined): string {
  if (!g) return "unknown";
  return g.name ? shortFunc(g.name) : shortFunc(report.place(g.entry)?.function ?? "") || "unknown";
}

export function GroupLink({ id }: { id: number }) {
  const report = useReport();
  if (!id || !report.groups.has(id)) return <span class="dim">unknown</span>;
  return <a class="name" href={link(["group", id])}>{groupName(report, report.groups.get(id))}</a>;
}

export function PlaceView({ id, fileOnly }: { id: PlaceId | undefined; fileOnly?: boolean }) {
  const p = useReport().place(id);
  if (!p) return null;
  return (
    <span class={`place ${p.kind}`} title={`${p.function}\n${p.file}:${p.line}`}>
      {!fileOnly && <span class="name">{shortFunc(p.function)}</span>}
      {!fileOnly && " "}
      <span class="file">{fileLine(p)}</span>
    </span>
  );
}

/* A stack, innermost call first. Runs of calls in libraries fold into one line. */
export function StackView({ id }: { id: number }) {
  const report = useReport();
  const stack = report.stack(id);
  const [open, setOpen] = useState(false);
  const rows: ComponentChildren[] = [];
  if (!stack.places.length) return <p class="dim">No stack was recorded.</p>;
  for (let i = 0; i < stack.places.length; i++) {
    const first = i;
    const isOwn = (k: number) => (report.place(stack.places[k])?.kind ?? "own") === "own";
    while (!open && first > 0 && i < stack.places.length && !isOwn(i)) i++;
    if (i - first > 1) {
      const n = i - first;
      rows.push(
        <li key={`f${first}`}>
          <button class="fold" onClick={() => setOpen(true)}>… {plural(n, "library call")}</button>
        </li>);
      i--;
      continue;
    }
    i = first;
    const p = report.place(stack.places[i]);
    rows.push(
      <li key={i} class={p?.kind}>
        <span class="name">{p?.function ?? "?"}</span>
        <span class="file">{p ? `${p.file}:${p.line}` : ""}</span>
      </li>);
  }
  return (
    <ol class="stack">
      {rows}
      {stack.truncated && <li class="dim">the stack goes on; its outer calls were not recorded</li>}
    </ol>
  );
}

export function Labels({ labels }: { labels: Label[] }) {
  return (
    <>
      {labels.map((l) => (
        <span class="label" key={l.key + l.value}>
          {l.key}={l.value}
          {l.goroutines !== undefined && l.goroutines > 1 ? ` (${count(l.goroutines)})` : ""}
        </span>
      ))}
    </>
  );
}

/* The first few of many ids, then how many more. */
export function Ids({ ids, max = 12, show }: { ids: number[]; max?: number; show: (id: number) => ComponentChildren }) {
  const [all, setAll] = useState(false);
  const shown = all ? ids.slice(0, 2000) : ids.slice(0, max);
  return (
    <>
      {shown.map((id, i) => <span key={id}>{i > 0 && ", "}{show(id)}</span>)}
      {ids.length > shown.length && (
        <>
          {" "}
          {all ? `and ${count(ids.length - shown.length)} more`
            : <button class="fold" onClick={() => setAll(true)}>… {count(ids.length - shown.length)} more</button>}
        </>
      )}
    </>
  );
}

/* Name and value, one pair a line. */
export function Pairs({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="pairs">
      {rows.filter(([, v]) => v !== null && v !== undefined && v !== false && v !== "").map(([k, v]) => (
        <div key={k}><dt>{k}</dt><dd>{v}</dd></div>
      ))}
    </dl>
  );
}

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return <section><h2>{title}</h2>{children}</section>;
}

/* navigator.clipboard does not exist on file: pages of some browsers; the selection does. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, children }: { text: () => string; children: ComponentChildren }) {
  const [state, setState] = useState<"" | "copied" | "not copied">("");
  return (
    <button class="copy" onClick={() => copy(text()).then((ok) => {
      setState(ok ? "copied" : "not copied");
      setTimeout(() => setState(""), 1500);
    })}>
      {state || children}
    </button>
  );
}
