// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages of one goroutine, group, channel, lock or chain. */
import type { ComponentChildren } from "preact";
import type { Report, Wake } from "./data";
import { at, count, dur, plural } from "./fmt";
import { link } from "./route";
import { alive } from "./tables";
import { Chan, CopyButton, Go, GroupLink, groupName, Ids, Labels, ObjLink, Pairs, PlaceView, Section, StackView, SyncLink, useReport } from "./ui";

function Missing({ what }: { what: string }) {
  return <p class="scroll">The page has no {what}: it was not kept, or a filter hides it. Exited goroutines and idle channels beyond 10,000 are left out without <code>--all</code>.</p>;
}

function FindingLinks({ ids }: { ids: number[] }) {
  const report = useReport();
  const n = [...new Set(ids.flatMap((id) => report.findingsOf().get(id) ?? []))];
  return n.length ? <p class="warning">Part of {n.map((i) => <span key={i}><a href={link(["finding", i + 1])}>finding {i + 1}: {report.f.findings[i].verdict}</a> </span>)}</p> : null;
}

function WakeList({ wakes, show }: { wakes: Wake[]; show: (w: Wake) => ComponentChildren }) {
  const shown = [...wakes].sort((a, b) => b.blocked_ns - a.blocked_ns).slice(0, 50);
  return (
    <table class="small">
      <thead><tr><th>goroutine</th><th>by</th><th>on</th><th class="num">times</th><th class="num">after</th></tr></thead>
      <tbody>
        {shown.map((w, i) => (
          <tr key={i}>
            <td>{show(w)}</td><td>{w.cause}</td>
            <td>{w.channel ? <Chan id={w.channel} plain /> : w.sync ? <SyncLink id={w.sync} /> : ""}</td>
            <td class="num">{count(w.count)}</td><td class="num">{dur(w.blocked_ns)}</td>
          </tr>
        ))}
        {wakes.length > shown.length && <tr><td colSpan={5} class="dim">… {count(wakes.length - shown.length)} more</td></tr>}
      </tbody>
    </table>
  );
}

/* Its life as the timeline has it. */
function Life({ id }: { id: number }) {
  const report = useReport();
  const t = report.f.timeline, range = report.slicesOf().get(id);
  if (!t || !range) return null;
  const s = t.slices, rows = [];
  for (let i = range[0]; i < range[1]; i++) rows.push(i);
  const shown = rows.slice(-200);
  return (
    <Section title="Its life">
      <p><a href={link(["timeline"], { g: s.group[range[0]], at: id })}>Show in the timeline</a>
        {t.slices_left_out > 0 && <span class="dim"> (without what took less than {dur(t.shortest_slice_ns)})</span>}</p>
      <table class="small">
        <thead><tr><th class="num">from</th><th class="num">for</th><th>what</th><th>on</th><th>ended by</th></tr></thead>
        <tbody>
          {rows.length > shown.length && <tr><td colSpan={5} class="dim">… {count(rows.length - shown.length)} before</td></tr>}
          {shown.map((i) => (
            <tr key={i}>
              <td class="num">{at(s.from_ns[i], 1e6)}</td>
              <td class="num">{dur(s.length_ns[i])}</td>
              <td>{t.states[s.state[i]] ?? "?"} {s.stack[i] ? <PlaceView id={report.stack(s.stack[i]).places.find((p) => report.place(p)?.kind !== "runtime") ?? report.stack(s.stack[i]).places[0]} fileOnly /> : null}</td>
              <td>{s.channel[i] ? <Chan id={s.channel[i]} plain /> : s.sync[i] ? <SyncLink id={s.sync[i]} /> : ""}</td>
              <td>{s.cause[i] ? t.causes[s.cause[i] - 1] : ""} {s.waker[i] ? <Go id={s.waker[i]} /> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/* What is copied may end up in a terminal. */
function printable(s: string): string {
  return s.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

function asText(report: Report, id: number): string {
  const g = report.goroutines.get(id);
  if (!g) return "";
  const head = `goroutine ${g.id} [${g.wait?.reason ?? g.state}${g.wait?.blocked_ns ? `, ${dur(g.wait.blocked_ns)}` : ""}]:`;
  const frames = report.stack(g.stack).places.map((p) => {
    const place = report.place(p);
    return place ? `${printable(place.function)}(...)\n\t${printable(place.file)}:${place.line}` : "?";
  });
  const by = report.place(g.created_by);
  if (by) frames.push(`created by ${printable(by.function)}${g.parent ? ` in goroutine ${g.parent}` : ""}\n\t${printable(by.file)}:${by.line}`);
  return [head, ...frames, ""].join("\n");
}

export function GoroutinePage({ id }: { id: number }) {
  const report = useReport();
  const g = report.goroutines.get(id);
  if (!g) return <Missing what={`goroutine ${id}`} />;
  const w = g.wait;
  const chains = report.chainsOf().get(id) ?? [];
  const uses = report.usesOf().get(id) ?? [];
  const wokenBy = report.wokenBy().get(id) ?? [], wakes = report.wakesOf().get(id) ?? [];
  return (
    <div class="scroll">
      <h2 class="title">Goroutine {id} <CopyButton text={() => asText(report, id)}>copy as text</CopyButton></h2>
      <FindingLinks ids={[id]} />
      <div class="columns">
        <div>
          <Pairs rows={[
            ["state", w ? `${w.reason}${w.blocked_ns === null ? "" : ` for ${w.before_start ? "≥ " : ""}${dur(w.blocked_ns)}`}` : g.state],
            ["waiting for", w && w.objects.length > 0 && <>{w.objects.slice(0, 20).map((o, i) => <span key={i}>{i > 0 && ", "}<ObjLink obj={o} />{o.direction && <span class="dim"> ({o.direction})</span>}</span>)}{w.cases > w.objects.length && <span class="dim"> and {count(w.cases - w.objects.length)} more cases</span>}</>],
            ["nil channels", w && w.nil_cases > 0 && plural(w.nil_cases, "case")],
            ["network", w?.descriptor && <>{w.descriptor.kind} {w.descriptor.local} → {w.descriptor.peer} {w.descriptor.state}</>],
            ["waiting at", w && <PlaceView id={w.at} />],
            ["group", <GroupLink id={g.group} />],
            ["created at", <PlaceView id={g.created_by} />],
            ["by", g.parent && <Go id={g.parent} />],
            ["own code", g.creator && g.creator !== g.created_by && <PlaceView id={g.creator} />],
            ["started", g.started_ns !== null && at(g.started_ns)],
            ["exited", g.exited_ns !== null && at(g.exited_ns)],
            ["waits", `${count(g.waits)}, ${dur(g.blocked_ns)} in all`],
            ["ran", g.ran_ns !== null && `${dur(g.ran_ns)}, runnable ${dur(g.runnable_ns ?? 0)}`],
            ["labels", g.labels.length > 0 && <Labels labels={g.labels} />],
            ["chains", chains.length > 0 && <Ids ids={chains} show={(i) => <a href={link(["chain", i + 1])}>{i + 1}</a>} />],
            ["topology", <a href={link(["topology"], { g: g.group })}>its group</a>],
          ]} />
          {uses.length > 0 && (
            <Section title="Channels it uses">
              <table class="small"><tbody>
                {uses.slice(0, 50).map((c) => {
                  const u = c.users.find((x) => x.goroutine === id)!;
                  return <tr key={c.id}><td><Chan id={c.id} /></td><td>{u.roles.join(", ")}</td><td class="num">{count(u.count)}</td></tr>;
                })}
                {uses.length > 50 && <tr><td colSpan={3} class="dim">… {count(uses.length - 50)} more</td></tr>}
              </tbody></table>
            </Section>
          )}
          {wokenBy.length > 0 && <Section title="Woken by"><WakeList wakes={wokenBy} show={(x) => (x.waker ? <Go id={x.waker} plain /> : <span class="dim">no goroutine</span>)} /></Section>}
          {wakes.length > 0 && <Section title="Wakes"><WakeList wakes={wakes} show={(x) => <Go id={x.woken} plain />} /></Section>}
        </div>
        <div>
          {g.stack > 0 && <Section title="Stack"><StackView id={g.stack} /></Section>}
          {report.stack(g.creation_stack).places.length > 0 && <Section title="Created by"><StackView id={g.creation_stack} /></Section>}
          <Life id={id} />
        </div>
      </div>
    </div>
  );
}

export function GroupPage({ id }: { id: number }) {
  const report = useReport();
  const g = report.groups.get(id);
  if (!g) return <Missing what={`group ${id}`} />;
  const members = report.ofGroup().get(id) ?? [];
  const sites = report.f.wait_sites.filter((s) => s.group === id);
  const edges = report.f.edges;
  return (
    <div class="scroll">
      <h2 class="title">Group {groupName(report, g)}</h2>
      <FindingLinks ids={members.map((m) => m.id)} />
      <div class="columns">
        <div>
          <Pairs rows={[
            ["function", <PlaceView id={g.entry} />],
            ["created at", <PlaceView id={g.created_by} />],
            ["own code", g.creator && g.creator !== g.created_by && <PlaceView id={g.creator} />],
            ["alive", `${count(alive(g))} (${Object.entries(g.at_end).filter(([, n]) => n).map(([s, n]) => `${count(n)} ${s}`).join(", ") || "none"})`],
            ["in the recording", `${count(g.at_start)} before, ${count(g.created)} created, ${count(g.exited + g.exits_missed)} exited`],
            ["waits", `${count(g.waits)}, ${dur(g.blocked_ns)} in all, the longest ${dur(g.longest_wait_ns)}`],
            ["ran", g.ran_ns !== null && `${dur(g.ran_ns)}, runnable ${dur(g.runnable_ns ?? 0)}`],
            ["labels", g.labels.length > 0 && <Labels labels={g.labels} />],
            ["goroutines", <a href={link(["goroutines"], { group: id })}>{count(members.length)} in the table</a>],
            ["timeline", report.f.timeline && <a href={link(["timeline"], { g: id })}>show</a>],
            ["topology", <a href={link(["topology"], { g: id })}>show</a>],
          ]} />
          <Section title="Longest waiting">
            <ul class="plain">
              {[...members].sort((a, b) => (b.wait?.blocked_ns ?? -1) - (a.wait?.blocked_ns ?? -1)).slice(0, 15).map((m) => (
                <li key={m.id}><Go id={m.id} /> {m.wait ? <>{m.wait.reason}{m.wait.blocked_ns !== null && `, ${dur(m.wait.blocked_ns)}`} <PlaceView id={m.wait.at} fileOnly /></> : m.state}</li>
              ))}
            </ul>
          </Section>
        </div>
        <div>
          <Section title="Where they waited">
            <table class="small">
              <thead><tr><th class="num">blocked</th><th class="num">waits</th><th>for</th><th>at</th></tr></thead>
              <tbody>{sites.slice(0, 20).map((s, i) => <tr key={i}><td class="num">{dur(s.blocked_ns)}</td><td class="num">{count(s.waits)}</td><td>{s.reason}</td><td><PlaceView id={s.at} /></td></tr>)}</tbody>
            </table>
          </Section>
          {([["Who wakes them", edges.filter((e) => e.woken_group === id), (e) => e.waker_group],
            ["Whom they wake", edges.filter((e) => e.waker_group === id), (e) => e.woken_group]] as [string, typeof edges, (e: typeof edges[number]) => number][]).map(([title, list, other]) => list.length > 0 && (
            <Section title={title} key={title}>
              <table class="small">
                <thead><tr><th>group</th><th>by</th><th class="num">times</th><th class="num">after</th><th>at</th></tr></thead>
                <tbody>{list.slice(0, 20).map((e, i) => <tr key={i}><td>{other(e) ? <GroupLink id={other(e)} /> : <span class="dim">no goroutine</span>}</td><td>{e.cause}</td><td class="num">{count(e.count)}</td><td class="num">{dur(e.blocked_ns)}</td><td><PlaceView id={e.waker_at} fileOnly /></td></tr>)}</tbody>
              </table>
            </Section>
          ))}
        </div>
      </div>
    </div>
  );
}

function Owners({ kind, id }: { kind: string; id: number }) {
  const owners = useReport().f.owners.filter((o) => o.object.kind === kind && o.object.id === id);
  return owners.length === 0 ? null : (
    <Section title="Who has a pointer to it">
      <ul class="plain">
        {owners.map((o, i) => (
          <li key={i}>{o.goroutine ? <><Go id={o.goroutine} /> </> : null}<span class="path">{o.path.join(" → ")}</span>{o.complete && <span class="dim"> (all are known)</span>}</li>
        ))}
      </ul>
    </Section>
  );
}

export function ChannelPage({ id }: { id: number }) {
  const report = useReport();
  const c = report.channels.get(id);
  if (!c) return <Missing what={`channel #${id}`} />;
  const users = [...c.users].sort((a, b) => b.count - a.count);
  return (
    <div class="scroll">
      <h2 class="title">Channel #{id}</h2>
      <FindingLinks ids={[...c.senders_waiting, ...c.receivers_waiting]} />
      <div class="columns">
        <div>
          <Pairs rows={[
            ["address", c.addr],
            ["state", c.state ?? (c.closed === null ? "not known" : c.closed ? "closed" : "open")],
            ["queue", c.capacity === null ? "not known" : (
              <>{c.length === null ? "? of " : `${count(c.length)} of `}{plural(c.capacity, "element")}{" "}
                {c.capacity > 0 && c.length !== null && <span class="track small"><span class="fill" style={{ width: `${(100 * c.length) / c.capacity}%` }} /></span>}</>)],
            ["waiting to send", c.senders_waiting.length > 0 && <Ids ids={c.senders_waiting} show={(g) => <Go id={g} plain />} />],
            ["waiting to receive", c.receivers_waiting.length > 0 && <Ids ids={c.receivers_waiting} show={(g) => <Go id={g} plain />} />],
            ["waits", `${count(c.waits)}, ${dur(c.blocked_ns)} in all`],
            ["sends", c.sends !== null && c.sends !== undefined && count(c.sends as number)],
            ["receives", c.recvs !== null && c.recvs !== undefined && count(c.recvs as number)],
          ]} />
          <Owners kind="channel" id={id} />
          <Section title="Users">
            <table class="small">
              <thead><tr><th>goroutine</th><th>group</th><th>does</th><th class="num">times</th></tr></thead>
              <tbody>
                {users.slice(0, 100).map((u, i) => <tr key={i}><td><Go id={u.goroutine} plain />{!u.alive && <span class="dim"> exited</span>}</td><td><GroupLink id={u.group} /></td><td>{u.roles.join(", ")}</td><td class="num">{count(u.count)}</td></tr>)}
                {users.length > 100 && <tr><td colSpan={4} class="dim">… {count(users.length - 100)} more</td></tr>}
              </tbody>
            </table>
            {!users.length && <p class="dim">No goroutine was seen to use it.</p>}
          </Section>
        </div>
        <div>
          {([["Made", c.made_by], ["Closed", c.closed_by]] as const).map(([title, by]) => by && (
            <Section title={title} key={title}>
              <p>at {at(by.time_ns)} by <Go id={by.goroutine} /></p>
              <StackView id={by.stack} />
            </Section>
          ))}
        </div>
      </div>
    </div>
  );
}

export function LockPage({ id }: { id: number }) {
  const report = useReport();
  const s = report.syncs.get(id);
  if (!s) return <Missing what={`lock ${id}`} />;
  return (
    <div class="scroll">
      <h2 class="title">{s.kind} {s.addr}</h2>
      <FindingLinks ids={s.waiting} />
      <Pairs rows={[
        ["locked", s.locked === null ? null : s.locked ? "yes" : "no"],
        ["counter", s.counter !== null && count(s.counter)],
        ["likely holder", s.likely_holder && <Go id={s.likely_holder} />],
        ["waiting", s.waiting.length > 0 && <Ids ids={s.waiting} show={(g) => <Go id={g} plain />} />],
        ["waits", `${count(s.waits)}, ${dur(s.blocked_ns)} in all`],
      ]} />
      <Owners kind="sync" id={id} />
    </div>
  );
}

export function ChainPage({ n }: { n: number }) {
  const report = useReport();
  const c = report.f.chains[n - 1];
  if (!c) return <p class="scroll">There is no chain {n}.</p>;
  return (
    <div class="scroll">
      <h2 class="title">Blocking chain {n}</h2>
      <p class="dim">
        {c.kind === "open" ? "At the end of the recording" : `Seen ${plural(c.count, "time")}`}; {dur(c.blocked_ns)} blocked in all, the longest {dur(c.longest_ns)}.
      </p>
      <ol class="chain">
        {c.links.map((l, i) => (
          <li key={i}>
            <div>{l.goroutine ? <Go id={l.goroutine} /> : <>a goroutine</>} of <GroupLink id={l.group} /> waits in <b>{l.waits_on.reason}</b>
              {l.waits_on.channel ? <> on <Chan id={l.waits_on.channel} /></> : l.waits_on.sync ? <> on <SyncLink id={l.waits_on.sync} /></> : l.waits_on.object ? ` on a ${l.waits_on.object}` : ""}
              {" "}at <PlaceView id={l.waits_on.at} />, {dur(l.blocked_ns)}{l.repeats > 1 && <span class="dim"> (× {count(l.repeats)})</span>}</div>
            {(l.held_by || l.held_by_group > 0) && (
              <div class="heldby">{c.kind === "open" ? "can be ended by " : "ended by "}{l.held_by ? <><Go id={l.held_by} /> of </> : null}<GroupLink id={l.held_by_group} />{l.evidence && <span class="dim"> ({l.evidence})</span>}</div>
            )}
          </li>
        ))}
      </ol>
      <p class="root">Root cause: {c.root_cause}{c.root ? <> — <Go id={c.root} />{c.root_state && `, ${c.root_state}`}</> : null}</p>
      {c.links[0]?.goroutine ? (
        <Section title={`Stack of goroutine ${c.links[0].goroutine}`}>
          <StackView id={report.goroutines.get(c.links[0].goroutine)?.stack ?? 0} />
        </Section>
      ) : null}
    </div>
  );
}
