// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report claims, and the way from each claim to what it rests on. */
import { useState } from "preact/hooks";
import type { Finding, Report } from "./data";
import { count, dur, plural } from "./fmt";
import { link } from "./route";
import { Chan, CopyButton, Go, GroupLink, Ids, ObjLink, PlaceView, Section, StackView, useReport } from "./ui";

/* Of the first goroutine: what tells of the others, too. */
function example(report: Report, f: Finding) {
  const id = f.goroutines.find((g) => report.goroutines.has(g)) ?? f.goroutines[0];
  return id === undefined ? undefined : report.goroutines.get(id);
}

function chainOf(report: Report, f: Finding): number | undefined {
  for (const id of f.goroutines.slice(0, 100)) {
    const chains = report.chainsOf().get(id);
    if (chains) return chains[0];
  }
  return undefined;
}

/* "  1. Title, which may go on\n     Sentences.\n     file.go:12\n   >     12  the source, with --source". */
function split(all: string): [string, string, string] {
  const rows = all.split("\n"), numbered = rows.findIndex((row) => /^ {3}[> ] +\d+ {2}/.test(row));
  const source = numbered > 0 ? rows.slice(numbered - 1).join("\n").trimEnd() : "";
  const text = numbered > 0 ? rows.slice(0, numbered - 1).join("\n") : all;
  const flat = text.replace(/\n {5}(?=\S)/g, "\n").trim();
  const lines = flat.split("\n");
  let i = 1;
  /* The title ends where the next sentence begins: it has no full stop. */
  while (i < lines.length && !/^[A-Z0-9]/.test(lines[i])) i++;
  return [lines.slice(0, i).join(" ").replace(/^\d+\. /, ""), lines.slice(i).join(" "), source];
}

function FindingCard({ f, i }: { f: Finding; i: number }) {
  const report = useReport();
  const [stack, setStack] = useState(false);
  const text = report.f.finding_texts[i] ?? "";
  const [title, body, source] = split(text);
  const g = example(report, f);
  const chain = chainOf(report, f);
  return (
    <article class={`finding ${f.kind} ${f.strength}`} id={`finding-${i + 1}`}>
      <header>
        <span class="badge">{f.kind}</span>
        <h3><a href={link(["finding", i + 1])}>{i + 1}. {title || f.verdict}</a></h3>
        {f.strength && <span class="strength">{f.strength}</span>}
      </header>
      <p>{body || f.why}</p>
      {source && <pre class="source">{source.replace(/^ {3}/gm, "")}</pre>}
      <nav class="ways">
        {f.goroutines.length > 0 && <a href={link(["goroutines"], { finding: i })}>{plural(f.goroutines.length, "goroutine")}</a>}
        {g && <button aria-expanded={stack} onClick={() => setStack(!stack)}>{stack ? "hide stack" : "stack"}</button>}
        {f.object && f.object.kind === "channel" && <a href={link(["channel", f.object.id ?? 0])}>channel #{f.object.id}</a>}
        {f.object && f.object.kind === "sync" && <a href={link(["lock", f.object.id ?? 0])}>lock</a>}
        {chain !== undefined && <a href={link(["chain", chain + 1])}>chain</a>}
        {report.f.timeline && g && <a href={link(["timeline"], { g: g.group, at: g.id })}>timeline</a>}
        {g && <a href={link(["topology"], { g: g.group })}>topology</a>}
        <CopyButton text={() => text}>copy as text</CopyButton>
      </nav>
      {stack && g && (
        <div class="inline-stack">
          <p class="dim"><Go id={g.id} />{g.wait ? `, ${g.wait.reason}` : `, ${g.state}`}{f.goroutines.length > 1 && `, one of ${count(f.goroutines.length)}`}</p>
          <StackView id={g.stack} />
        </div>
      )}
    </article>
  );
}

export function Findings() {
  const report = useReport();
  const { findings, warnings, findings_intro: intro } = report.f;
  return (
    <div class="scroll">
      {warnings.split("\n").filter((w) => w.trim()).map((w) => <p class="warning" key={w}>{w}</p>)}
      {intro.split("\n").filter((s) => s.trim()).map((s) => <p class="intro" key={s}>{s.trim()}</p>)}
      {findings.map((f, i) => <FindingCard f={f} i={i} key={i} />)}
      <Overview />
    </div>
  );
}

/* The heaviest waits, whether they are a finding or not. */
function Overview() {
  const report = useReport();
  const sites = report.f.wait_sites.filter((s) => !s.idle).slice(0, 8);
  const u = report.f.summary.user;
  const most = Math.max(1, ...sites.map((s) => s.blocked_ns));
  return (
    <Section title="Where goroutines waited most">
      <p class="dim">
        {plural(u.at_end, "goroutine")} at the end, {count(u.waiting ?? 0)} of them waiting; {plural(report.f.summary.waits, "wait")},{" "}
        {dur(report.f.summary.blocked_ns)} in all. Without sleep, network and timers:
      </p>
      {sites.length === 0 && <p class="dim">None.</p>}
      <ol class="bars">
        {sites.map((s, i) => (
          <li key={i}>
            <a href={link(["sites"], { q: report.place(s.at)?.function ?? "" })}>
              <span class="track"><span class="fill" style={{ width: `${(100 * s.blocked_ns) / most}%` }} /></span>
              <span class="num">{dur(s.blocked_ns)}</span>
              <span class="num">{plural(s.waits, "wait")}</span>
              <span>{s.reason}</span>
              <PlaceView id={s.at} />
            </a>
          </li>
        ))}
      </ol>
    </Section>
  );
}

export function FindingPage({ n }: { n: number }) {
  const report = useReport();
  const f = report.f.findings[n - 1];
  if (!f) return <p class="scroll">There is no finding {n}.</p>;
  const g = example(report, f);
  const leaks = report.f.leaks.filter((l) => l.goroutines.some((id) => f.goroutines.includes(id)));
  return (
    <div class="scroll">
      <FindingCard f={f} i={n - 1} />
      <div class="columns">
        <div>
          {g && (
            <Section title={`Stack of goroutine ${g.id}`}>
              <StackView id={g.stack} />
            </Section>
          )}
          {g && report.stack(g.creation_stack).places.length > 0 && (
            <Section title="Created by"><StackView id={g.creation_stack} /></Section>
          )}
        </div>
        <div>
          <Section title="Goroutines">
            <p><Ids ids={f.goroutines} max={30} show={(id) => <Go id={id} plain />} /></p>
            {g && <p>Group <GroupLink id={g.group} /></p>}
          </Section>
          {f.object && f.object.kind !== "none" && <Section title="Waiting for"><p><ObjLink obj={f.object} /></p></Section>}
          {f.holder && (
            <Section title="Who could end it">
              <p><Go id={f.holder.goroutine} />, {f.holder.state} <PlaceView id={f.holder.at} />{f.holder.evidence && <span class="dim"> ({f.holder.evidence})</span>}</p>
              {f.holder.locked_at && <p>locked at <PlaceView id={f.holder.locked_at} /></p>}
            </Section>
          )}
          {f.members.length > 0 && (
            <Section title="Cycle">
              <ol class="chain">
                {f.members.map((m) => (
                  <li key={m.goroutine}>
                    <Go id={m.goroutine} /> waits for <ObjLink obj={m.object} /> at <PlaceView id={m.waits_at} />, held by <Go id={m.held_by} />
                    {m.locked_at && <> (locked at <PlaceView id={m.locked_at} />)</>}
                  </li>
                ))}
              </ol>
            </Section>
          )}
          {f.places.length > 0 && (
            <Section title="Places">
              <ul class="plain">
                {f.places.map((p, i) => <li key={i}><span class="role">{p.role}</span> <span class="name">{p.function}</span> <span class="file">{p.file}:{p.line}</span></li>)}
              </ul>
            </Section>
          )}
          {f.path.length > 0 && <Section title="What leads to the object"><p class="path">{f.path.join(" → ")}</p></Section>}
          {f.hint && <Section title="Hint"><p>{f.hint}</p></Section>}
          {leaks.length > 0 && (
            <Section title="In full sentences">
              {leaks.slice(0, 10).map((l, i) => (
                <div key={i}>
                  <p><b>{l.verdict}</b>, {plural(l.count, "goroutine")} at <PlaceView id={l.blocked_at} />. {l.why}</p>
                  {l.channels.length > 0 && <p>Channels: <Ids ids={l.channels} show={(id) => <Chan id={id} plain />} /></p>}
                </div>
              ))}
            </Section>
          )}
        </div>
      </div>
    </div>
  );
}
