"""Workloads at full speed, under every watcher."""
import statistics
import subprocess
import time

from watch import FLOOR_OF, Load, interleaved, markdown, no_figures, ratio, short

NAMES = ["pingpong", "http", "churn", "fanin", "mutex", "compute"]
HEAD = ["watcher", "ops/s", "vs. nothing", "vs. floor", "vs. floor, by CPU", "CPU/op, ns", "events/s", "bytes/op",
        "bytes/event", "lost", "recorder, ns/event"]


def run_once(workload, watcher, seconds):
    """Operations per second while watched, CPU seconds per operation, and what the watcher found."""
    load = Load(workload)
    client = None
    if load.url:
        client = subprocess.Popen(["wrk", "-t1", "-c64", f"-d{seconds + 60:.0f}", load.url], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.2)
        watcher.start(load)
        begun = load.ops()[0]
        time.sleep(0.2)
        n0, t0, c0 = load.ops()
        time.sleep(seconds)
        n1, t1, c1 = load.ops()
        ended = load.ops()[0]
        found = watcher.stop(load)
    finally:
        if client:
            client.kill()
            client.wait()
        load.end()
    if "gave_up" in found:
        return found
    run = {"rate": (n1 - n0) / (t1 - t0) * 1e9, "cpu_op": (c1 - c0) / max(1, n1 - n0), **found}
    if "events" in run:
        run["events_op"] = run["rate_events"] / max(1, run["rate"])
        run["bytes_op"] = run["bytes"] / max(1, run["events"]) * run["events_op"]
    elif "bytes" in run:
        run["bytes_op"] = run["bytes"] / max(1, ended - begun)
    return run


def row(rounds, watcher):
    name, why = watcher.name, no_figures(rounds, watcher)
    if why:
        return [name, why] + [""] * (len(HEAD) - 2)
    got = [r[name] for r in rounds]

    def median(f, form, needs):
        v = [f(g) for g in got if g.get(needs)]
        return format(statistics.median(v), form) if v else ""

    floor = FLOOR_OF.get(name)
    events = [g["rate_events"] for g in got if "events" in g]
    return [name, short(statistics.median(g["rate"] for g in got)),
            ratio(rounds, name, "nothing") if name != "nothing" else "",
            ratio(rounds, name, floor) if floor else "", ratio(rounds, floor, name, "cpu_op") if floor else "",
            median(lambda g: g["cpu_op"], ".0f", "cpu_op"),
            short(statistics.median(events)) if events else "",
            median(lambda g: g["bytes_op"], ".2f", "bytes"),
            median(lambda g: g["bytes"] / g["events"], ".2f", "events"),
            max(g["lost"] for g in got) if events else "",
            median(lambda g: g["cpu"] / g["events"] * 1e9, ".0f", "events")]


def part(workload, watchers, args):
    rounds = interleaved(args.rounds, watchers, lambda w: run_once(workload, w, args.seconds))
    return f"### {workload}\n\n" + markdown(HEAD, [row(rounds, w) for w in watchers])
