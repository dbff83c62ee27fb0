"""Parts that are not workloads: a fixed load, the cost of each site, attaching, memory over time."""
import os
import pathlib
import re
import statistics
import subprocess
import time

from watch import (ALL, BLOCKED, DEFAULT, FLOOR, FLOOR_ALL, LOAD, NO_READY_STACKS, TMP, Load, Nothing,
                   interleaved, markdown, middle, no_figures, ratio, short)
from work import run_once

REAL = pathlib.Path.home() / ".cache/chanrec/real/prometheus-sid/usr/bin/prometheus"
CPUS = os.cpu_count()


def children_cpu():
    t = os.times()
    return t.children_user + t.children_system


def requests(load, rate, seconds):
    """Answered, failed, p50, p99, and the CPU seconds of server and client."""
    before, own = children_cpu(), load.ops()[2]
    out = subprocess.run([LOAD, "-rate", str(rate), "-time", f"{seconds}s", load.url], check=True, capture_output=True,
                         text=True).stdout.split()
    return [int(v) for v in out], (load.ops()[2] - own) / 1e9, children_cpu() - before


def half_load():
    """The rate at which server and client together use half of the CPUs, with nothing attached."""
    load = Load("http")
    rate = 4000
    for _ in range(3):
        _, server, client = requests(load, rate, 1)
        rate = int(rate * 0.5 * CPUS / (server + client))
    load.end()
    return rate


def fixed_once(watcher, rate, seconds):
    load = Load("http")
    try:
        requests(load, rate, 0.3)
        watcher.start(load)
        (answered, failed, p50, p99), server, _ = requests(load, rate, seconds)
        found = watcher.stop(load)
    finally:
        load.end()
    if "gave_up" in found:
        return found
    return {"answered": answered, "failed": failed, "p50": p50, "p99": p99, "cpu": server / answered, "lost": found.get("lost")}


def fixed(watchers, args):
    rate = half_load()
    rounds = interleaved(args.rounds, watchers, lambda w: fixed_once(w, rate, max(2, args.seconds)))
    rows = []
    for w in watchers:
        why = no_figures(rounds, w)
        rows.append([w.name, why, *[""] * 5] if why else
                    [w.name, sum(r[w.name]["answered"] for r in rounds), sum(r[w.name]["failed"] for r in rounds),
                     f"{middle(rounds, w.name, 'p50') / 1e3:.0f}", f"{middle(rounds, w.name, 'p99') / 1e3:.0f}",
                     ratio(rounds, w.name, "nothing", "p99") if w.name != "nothing" else "",
                     f"{middle(rounds, w.name, 'cpu') * 1e6:.1f}"])
    return (f"### HTTP at a fixed load\n\nThe load is {rate} requests/s: with nothing attached, server and client together use half of the "
            "CPUs. Each latency counts from the time at which the request was due.\n\n" +
            markdown(["watcher", "answered", "failed", "p50, µs", "p99, µs", "p99, vs. nothing", "server CPU/request, µs"], rows))


def hits_of(workload, seconds):
    """For each site: event, function, hits per operation, what a trace lacks without it."""
    load = Load(workload)
    client = None
    if load.url:
        client = subprocess.Popen(["wrk", "-t1", "-c64", f"-d{seconds + 60:.0f}", load.url], stdout=subprocess.DEVNULL)
    floor = subprocess.Popen([FLOOR, "-c", str(load.pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert floor.stdout.readline().startswith("attached")
    before = load.ops()[0]
    time.sleep(seconds)
    ops = load.ops()[0] - before
    lines = floor.communicate()[0].splitlines()
    if client:
        client.kill()
        client.wait()
    load.end()
    return [(e, f, int(n) / max(1, ops), without) for e, f, n, without in (line.split("\t") for line in lines)]


def sites(_, args):
    """Hits, and what the presets of --events cost."""
    per = {w: hits_of(w, args.seconds) for w in ("http", "pingpong", "churn")}
    rows = [[event, f"`{function}`", *(f"{per[w][i][2]:.2f}" for w in per), without]
            for i, (event, function, _, without) in enumerate(per["http"])]
    text = "### Hits by site\n\n" + markdown(
        ["event", "site", *(f"hits per {w} operation" for w in per), "without this probe"], rows)
    presets = [Nothing(), BLOCKED, NO_READY_STACKS, DEFAULT, ALL]
    text += "\n### What --events costs\n\nThroughput relative to nothing attached.\n\n"
    found = {w: interleaved(args.rounds, presets, lambda p, w=w: run_once(w, p, args.seconds)) for w in ("http", "pingpong")}
    rows = [[f"`{p.name}`", *(ratio(found[w], p.name, "nothing") for w in found),
             *(f"{middle(found[w], p.name, 'cpu_op') / 1e3:.1f}" for w in found),
             *(f"{middle(found[w], p.name, 'events_op'):.2f}" for w in found)]
            for p in presets[1:]]
    return text + markdown(["recording", *(f"{w}, vs. nothing" for w in found), *(f"{w}, CPU/op, µs" for w in found),
                            *(f"{w}, events/op" for w in found)], rows)


def rate(_, args):
    """The highest rate of events that passes through the default ring without loss."""
    rows = []
    for workload in ("pairs", "pingpong", "churn"):
        for watcher in (DEFAULT, NO_READY_STACKS):
            runs = [run_once(workload, watcher, args.seconds) for _ in range(args.rounds)]
            whole = [r["rate_events"] for r in runs if not r["lost"]]
            rows.append([workload, watcher.name, short(statistics.median(r["rate_events"] for r in runs)),
                         short(max(whole)) if whole else "none", sum(r["lost"] for r in runs)])
    return ("### Events per second\n\nWith the default ring. `pairs` runs one ping-pong per CPU.\n\n" +
            markdown(["workload", "watcher", "events/s", "highest without loss", "lost in all runs"], rows))


def stall_once(watcher):
    """The longest pause of a goroutine of the target, in ms: before attaching, while attaching, while detaching."""
    load = Load("stall", first=True)
    time.sleep(0.5)
    load.ask("gap")
    time.sleep(1)
    before = int(load.ask("gap")[0])
    watcher.start(load)
    attaching = int(load.ask("gap")[0])
    time.sleep(0.3)
    load.ask("gap")
    found = watcher.stop(load)
    ending = int(load.ask("gap")[0])
    load.end()
    return {"before": before / 1e6, "attaching": attaching / 1e6, "ending": ending / 1e6, "found": found}


class Real:
    """Prometheus from tools/real-programs: a large program to attach to."""

    def __init__(self):
        self.dir = TMP / "prometheus"
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / "p.yml").write_text("global:\n  scrape_interval: 1s\n")
        self.process = subprocess.Popen(
            [REAL, f"--config.file={self.dir}/p.yml", f"--storage.tsdb.path={self.dir}/data",
             "--web.listen-address=127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        time.sleep(3)

    def end(self):
        self.process.terminate()
        self.process.wait()


def attach(_, args):
    rows = []
    for name, path, start in (("tools/bench/load", LOAD, lambda: Load("pingpong")), ("prometheus", REAL, Real)):
        if not path.exists():
            rows.append([name, "tools/real-programs fetches it", "", "", ""])
            continue
        load, ready, ending, rss = start(), [], [], []
        for _ in range(args.rounds):
            DEFAULT.start(load)
            time.sleep(0.5)
            ready.append(DEFAULT.ready)
            found = DEFAULT.stop(load)
            ending.append(found["ending"])
            rss.append(found["rss"])
        load.end()
        rows.append([name, f"{path.stat().st_size / 1e6:.0f}", f"{statistics.median(ready) * 1e3:.0f}",
                     f"{statistics.median(ending) * 1e3:.0f}", f"{statistics.median(rss) / 2**20:.0f}"])
    stalls = interleaved(args.rounds, [Nothing(), FLOOR_ALL, DEFAULT], stall_once)
    lost = [[w, *(f"{middle(stalls, w, k):.1f}" for k in ("before", "attaching", "ending"))] for w in stalls[0]]
    return ("### Attach and detach\n\n\"ready\" is the time from starting `chanrec record` until all probes are set and the header is in the "
            "file. \"end\" is the time from the signal until the recorder exits, including the last snapshot and the heap search.\n\n" +
            markdown(["program", "MB", "ready, ms", "end, ms", "recorder's private memory, MiB"], rows) +
            "\nThe longest pause, in ms, of a goroutine that does nothing but read the clock, at nice -20. In `before`, nothing is "
            "attached.\n\n" +
            markdown(["watcher", "before (1 s)", "attaching", "ending"], lost))


def resident(pid):
    """MiB of private memory, of files, and of the ring, whose pages are mapped twice and count twice."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    maps = re.findall(r"bpf-map\n(?:Size|KernelPageSize|MMUPageSize).*?\nRss:\s+(\d+) kB",
                      pathlib.Path(f"/proc/{pid}/smaps").read_text(), re.S)
    ring = sum(int(kb) for kb in maps) / 1024
    return int(status["RssAnon"].split()[0]) / 1024, int(status["RssFile"].split()[0]) / 1024 - ring, ring / 2


def memory(_, args):
    """The recorder's memory during one long recording of the HTTP server under load."""
    load = Load("http")
    client = subprocess.Popen([LOAD, "-rate", "2000", "-time", f"{args.minutes * 60 + 30:.0f}s", load.url],
                              stdout=subprocess.DEVNULL)
    DEFAULT.start(load)
    rows, begin = [], time.monotonic()
    steps = 10
    for i in range(steps + 1):
        time.sleep(max(0, begin + (5 if not i else args.minutes * 60 * i / steps) - time.monotonic()))
        rows.append([f"{time.monotonic() - begin:.0f}", *(f"{v:.1f}" for v in resident(DEFAULT.process.pid)),
                     f"{DEFAULT.trace.stat().st_size / 1e6:.1f}"])
    found = DEFAULT.stop(load)
    client.kill()
    client.wait()
    load.end()
    return (f"### The recorder's memory over {args.minutes:g} minutes\n\nThe HTTP server at 2,000 requests/s; {short(found['events'])} "
            f"events, {found['lost']} lost. \"files\" counts the mapped pages of chanrec, of its libraries and of the recorded program.\n\n" +
            markdown(["after, s", "private, MiB", "files, MiB", "ring, MiB", "trace, MB"], rows))


PARTS = {"fixed": fixed, "sites": sites, "rate": rate, "attach": attach, "memory": memory}
