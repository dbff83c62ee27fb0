// SPDX-License-Identifier: GPL-2.0-or-later
/* The page: header, navigation, and the view that the fragment names. */
import type { ComponentChildren } from "preact";
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { embedded, type Report } from "./data";
import { ChainPage, ChannelPage, GoroutinePage, GroupPage, LockPage } from "./detail";
import { FindingPage, Findings } from "./findings";
import { FlameView } from "./flame";
import { count, dur } from "./fmt";
import { Recording } from "./recording";
import { link, parse, type Route } from "./route";
import "./style.css";
import { setPrinting } from "./table";
import { Chains, Channels, Goroutines, Groups, Locks, Sites, Wakes } from "./tables";
import { TimelineView } from "./timeline";
import { TopologyView } from "./topology";
import { CopyButton, ReportContext, useReport } from "./ui";

/* The text report, which is in the page for browsers without scripts. */
const page = document.getElementById("text");

function TextView() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (page && box.current) box.current.append(page);
    page?.classList.add("on");
  }, []);
  return <div class="scroll textview" ref={box} />;
}

interface View {
  name: string;
  title: string;
  show: (route: Route) => ComponentChildren;
  has?: (report: Report) => boolean;
}

/* In the order of the navigation; the keys 1, 2, … lead to them. */
const views: View[] = [
  { name: "findings", title: "Findings", show: () => <Findings /> },
  { name: "timeline", title: "Timeline", show: (route) => <TimelineView route={route} />, has: (r) => r.f.timeline !== null },
  { name: "topology", title: "Topology", show: (route) => <TopologyView route={route} /> },
  { name: "flame", title: "Flame graph", show: (route) => <FlameView route={route} /> },
  { name: "goroutines", title: "Goroutines", show: (route) => <Goroutines route={route} /> },
  { name: "groups", title: "Groups", show: (route) => <Groups route={route} /> },
  { name: "channels", title: "Channels", show: (route) => <Channels route={route} /> },
  { name: "locks", title: "Locks", show: (route) => <Locks route={route} /> },
  { name: "sites", title: "Wait sites", show: (route) => <Sites route={route} /> },
  { name: "wakes", title: "Wake-ups", show: (route) => <Wakes route={route} /> },
  { name: "chains", title: "Chains", show: (route) => <Chains route={route} /> },
  { name: "recording", title: "Recording", show: () => <Recording /> },
  { name: "text", title: "Text", show: () => <TextView /> },
];

/* The pages of one thing, and the view that they belong to. */
const pages: Record<string, { of: string; show: (id: number) => ComponentChildren }> = {
  finding: { of: "findings", show: (n) => <FindingPage n={n} /> },
  goroutine: { of: "goroutines", show: (id) => <GoroutinePage id={id} /> },
  group: { of: "groups", show: (id) => <GroupPage id={id} /> },
  channel: { of: "channels", show: (id) => <ChannelPage id={id} /> },
  lock: { of: "locks", show: (id) => <LockPage id={id} /> },
  chain: { of: "chains", show: (n) => <ChainPage n={n} /> },
};

const sizesOf = new WeakMap<Report, Record<string, number>>();

function size(report: Report, name: string): number | null {
  const f = report.f;
  const sizes = sizesOf.get(report) ?? {
    findings: f.findings.length, goroutines: f.goroutines.filter((g) => !g.system).length, groups: f.groups.length,
    channels: f.channels.length, locks: f.syncs.length, sites: f.wait_sites.filter((s) => !s.idle).length,
    wakes: f.edges.length, chains: f.chains.length,
  };
  sizesOf.set(report, sizes);
  return sizes[name] ?? null;
}

/* "42", "#3" or a word that the goroutines' table is searched for. */
function jump(report: Report, text: string): string {
  const t = text.trim();
  const channel = /^#(\d+)$/.exec(t);
  if (channel && report.channels.has(Number(channel[1]))) return link(["channel", channel[1]]);
  if (/^\d+$/.test(t) && report.goroutines.has(Number(t))) return link(["goroutine", t]);
  return link(["goroutines"], { q: t });
}

function Header() {
  const report = useReport();
  const t = report.f.trace;
  const program = String(t.program).split("/").pop() || "a Go program";
  return (
    <header class="top">
      <h1><a href={link(["findings"])}>{program}</a></h1>
      <span class="dim">
        pid {t.pid}{t.go_version && `, ${t.go_version}`}, {t.duration_ns > 0 ? `${dur(t.duration_ns)} from ` : ""}{t.start};{" "}
        {count(report.f.summary.user.at_end)} goroutines
      </span>
      <span class="spring" />
      <input id="jump" type="search" placeholder="goroutine, #channel, function …" aria-label="Go to a goroutine, a channel or a function"
        onKeyDown={(e) => { if (e.key === "Enter") { location.hash = jump(report, e.currentTarget.value); e.currentTarget.value = ""; e.currentTarget.blur(); } }} />
      <CopyButton text={() => report.f.text}>copy report as text</CopyButton>
      <ThemeButton />
    </header>
  );
}

/* As the system has it, until somebody chooses; the choice lasts as long as the page. */
function ThemeButton() {
  const [theme, setTheme] = useState<string>(document.documentElement.dataset.theme ?? "");
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  return (
    <button aria-label={dark ? "Light colours" : "Dark colours"} title={dark ? "light" : "dark"} onClick={() => {
      const to = dark ? "light" : "dark";
      document.documentElement.dataset.theme = to;
      setTheme(to);
      window.dispatchEvent(new Event("themechange"));
    }}>
      {dark ? "☀" : "☾"}
    </button>
  );
}

function App({ report, route }: { report: Report; route: Route }) {
  const shown = views.filter((v) => !v.has || v.has(report));
  const one = pages[route.path[0]];
  const name = one ? one.of : route.path[0] ?? "findings";
  const view = shown.find((v) => v.name === name) ?? shown[0];
  const key = one ? route.path.slice(0, 2).join("/") : view.name;
  return (
    <ReportContext.Provider value={report}>
      <Header />
      <nav class="views" aria-label="Views">
        {shown.map((v) => {
          const n = size(report, v.name);
          return (
            <a key={v.name} href={link([v.name])} aria-current={v === view ? "page" : undefined}>
              {v.title}{n !== null && <span class="n">{count(n)}</span>}
            </a>
          );
        })}
      </nav>
      <main class="view" key={key}>{one ? one.show(Number(route.path[1])) : view.show(route)}</main>
    </ReportContext.Provider>
  );
}

function onKey(e: KeyboardEvent): void {
  const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLTextAreaElement || e.target instanceof HTMLSelectElement;
  if (typing && e.key === "Escape") (e.target as HTMLElement).blur();
  if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "/") {
    const search = document.querySelector<HTMLInputElement>(".view input[type=search]") ?? document.getElementById("jump");
    search?.focus();
    e.preventDefault();
  } else if (e.key === "g") {
    document.getElementById("jump")?.focus();
    e.preventDefault();
  } else if (/^[1-9]$/.test(e.key)) {
    document.querySelectorAll<HTMLAnchorElement>("nav.views a")[Number(e.key) - 1]?.click();
  }
}

async function main(): Promise<void> {
  const root = document.createElement("div");
  root.id = "app";
  let report: Report | null = null;
  const draw = () => report && render(<App report={report} route={parse(location.hash)} />, root);
  await embedded((r) => {
    report = r;
    draw();
    page?.remove();
    document.body.prepend(root);
  });
  window.addEventListener("hashchange", draw);
  window.addEventListener("keydown", onKey);
  for (const [event, on] of [["beforeprint", true], ["afterprint", false]] as const)
    window.addEventListener(event, () => { setPrinting(on); draw(); });
}

main().catch((e) => {
  /* The text remains. */
  page?.classList.add("on");
  const note = document.createElement("p");
  note.className = "warning";
  note.textContent = `This browser could not show the report's application (${e}). Its text follows.`;
  document.body.prepend(note);
});
