// SPDX-License-Identifier: GPL-2.0-or-later
/* What was recorded, and what is missing. */
import { at, bytes, count, dur } from "./fmt";
import { Pairs, Section, useReport } from "./ui";

function number(v: unknown): string {
  return typeof v === "number" ? count(v) : v === null || v === undefined ? "" : String(v);
}

export function Recording() {
  const { trace: t, losses, events, snapshots, filter, cut, timeline } = useReport().f;
  const lost = Object.entries(losses).filter(([, v]) => typeof v === "number" && v > 0);
  return (
    <div class="scroll">
      <Section title="Recorded">
        <Pairs rows={[
          ["trace", t.file], ["program", t.program], ["command", t.command], ["process", number(t.pid)],
          ["Go", t.go_version], ["build id", t.build_id], ["kernel", t.kernel], ["host", t.host],
          ["architecture", t.arch], ["start", t.start], ["duration", dur(t.duration_ns)], ["by", t.recorder],
          ["made by", t.made_by], ["ended", t.end_reason], ["complete", t.complete ? "yes" : "no"], ["damage", t.damage],
          ["size limit", t.max_size && bytes(t.max_size)],
          ["overhead", t.overhead && `limit ${t.overhead.limit_percent} %${t.overhead.percent === null ? "" : `, used ${t.overhead.percent} %, at most ${t.overhead.most_percent} %`}`],
          ["every operation", t.with_ops ? "yes" : "no, only channel operations that blocked (record with --events ops for all)"],
          ["short waits", t.left_out && `${count(t.left_out.waits)} shorter than ${dur(t.left_out.shorter_than_ns)} left out, ${dur(t.left_out.blocked_ns)} in all`],
          ["final state", `from ${t.final_state_from}`],
          ["stopped", t.stopped.length > 0 && t.stopped.map((s: any) => `${s.how} ${at(s.from_ns)}–${at(s.to_ns)}`).join(", ")],
        ]} />
      </Section>
      <Section title="Events">
        <Pairs rows={Object.entries(events).filter(([, n]) => n).map(([k, n]) => [k, count(n)])} />
        {!Object.values(events).some(Boolean) && <p class="dim">None: this is one moment of the program.</p>}
      </Section>
      <Section title="Snapshots">
        <Pairs rows={Object.entries(snapshots).map(([k, s]) => [`at the ${k}`, s ? `${count(s.goroutines)} goroutines${s.unread ? `, ${count(s.unread)} not read` : ""}${s.complete ? "" : ", not complete"}` : "none"])} />
      </Section>
      <Section title="Missing">
        {!lost.length && !losses.ranges.length && !losses.probes_missing.length && <p>Nothing was lost.</p>}
        <Pairs rows={[
          ...lost.map(([k, n]): [string, string] => [k.replaceAll("_", " "), count(n as number)]),
          ...Object.entries(losses.illegal_transitions as Record<string, number>).filter(([, n]) => n).map(([k, n]): [string, string] => [`defects: ${k.replaceAll("_", " ")}`, count(n)]),
          ...Object.entries(losses.not_kept as Record<string, number>).filter(([, n]) => n).map(([k, n]): [string, string] => [`not kept: ${k.replaceAll("_", " ")}`, count(n)]),
        ]} />
        {losses.ranges.length > 0 && (
          <table class="small">
            <thead><tr><th>cause</th><th>what</th><th class="num">from</th><th class="num">to</th><th class="num">count</th></tr></thead>
            <tbody>{losses.ranges.slice(0, 200).map((r: any, i: number) => <tr key={i}><td>{r.cause}</td><td>{r.type} {r.part}</td><td class="num">{at(r.from_ns)}</td><td class="num">{at(r.to_ns)}</td><td class="num">{r.counted ? count(r.count) : "?"}</td></tr>)}</tbody>
          </table>
        )}
        {losses.probes_missing.map((p: any) => <p class="warning" key={p.event}>No probe: {p.function} ({p.event}): {p.note}</p>)}
        {cut && <p class="warning">The page is at its limit of {bytes(cut.limit_bytes)} (before compression); left out: {Object.entries(cut).filter(([k]) => k !== "limit_bytes").map(([k, n]) => `${count(n)} of ${k.replaceAll("_", " ")}`).join(", ")}. --format json has everything.</p>}
        {timeline && timeline.slices_left_out > 0 && <p>The timeline shows single waits from {dur(timeline.shortest_slice_ns)} on; {count(timeline.slices_left_out)} shorter ones count in the groups' rows only.</p>}
      </Section>
      <Section title="Filter">
        <Pairs rows={Object.entries(filter).filter(([k, v]) => v !== null && k !== "matched").map(([k, v]) => [k.replaceAll("_", " "), k.endsWith("_ns") ? at(v) : String(v)])} />
      </Section>
    </div>
  );
}
