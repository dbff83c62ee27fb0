"""Workloads as processes, and the watchers that are compared."""
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CHANREC = pathlib.Path(os.environ.get("CHANREC", BUILD / "chanrec"))
FLOOR, LOAD = BUILD / "tools/bench-floor", BUILD / "bench/load"
TMP = BUILD / "bench"
GO = os.environ.get("CHANREC_BENCH_GO", "1.26")
STUDENT = [0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23]


def build_load():
    root = subprocess.run([ROOT / "tools/go-toolchains", GO], check=True, capture_output=True, text=True).stdout.split()[1]
    env = dict(os.environ, GOROOT=root, GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="", CGO_ENABLED="0",
               GOCACHE=str(BUILD / "go-cache"))
    subprocess.run([root + "/bin/go", "build", "-o", LOAD, "."], check=True, env=env, cwd=ROOT / "tools/bench/load")


class Load:
    """One workload as a process."""

    def __init__(self, name, first=False):
        """first: scheduled before all others on its CPU, so that they cause none of its gaps."""
        self.name = name
        self.process = subprocess.Popen(["nice", "-n", "-20" if first else "0", LOAD, name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.pid = self.process.pid
        self.url = f"http://{self.process.stdout.readline().strip()}/" if name == "http" else None
        self.ask("ops")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline().split()

    def ops(self):
        return [int(v) for v in self.ask("ops")]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Nothing:
    name = "nothing"

    def start(self, load):
        pass

    def stop(self, load):
        return {}


class Chanrec:
    def __init__(self, name, *args):
        self.name, self.args = name, args
        self.trace = TMP / f"bench-{os.getpid()}.zst"

    def start(self, load):
        self.trace.unlink(missing_ok=True)
        self.process = subprocess.Popen([CHANREC, "record", "-p", str(load.pid), "-o", self.trace, *self.args],
                                        stderr=subprocess.PIPE, text=True)
        begun = time.monotonic()
        while not self.trace.exists() or not self.trace.stat().st_size:
            if self.process.poll() is not None:
                sys.exit(self.process.stderr.read())
            time.sleep(0.001)
        self.ready = time.monotonic() - begun
        self.begun = self.cpu()

    def cpu(self):
        """CPU seconds so far; begun has those of loading and attaching, which are no part of an event's cost."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, load):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        cpu = self.cpu() - self.begun
        begun = time.monotonic()
        self.process.send_signal(2)
        out = self.process.stderr.read()
        self.process.wait()
        # Samples lose nothing.
        events, lost = re.search(r"([\d,]+) (?:events|changes) in (?:.*, (none|[\d,]+) lost)?", out).groups(default="0")
        events, lost = int(events.replace(",", "")), int(lost.replace(",", "").replace("none", "0"))
        return {"events": events, "lost": lost, "rate_events": events / self.duration(), "bytes": self.trace.stat().st_size,
                "rss": int(re.search(r"RssAnon:\s+(\d+)", status)[1]) << 10,
                "cpu": cpu, "ending": time.monotonic() - begun}

    def duration(self):
        """Seconds from the first event to the last; events continue while the last snapshot is read."""
        shown = subprocess.run([CHANREC, "info", self.trace], check=True, capture_output=True, text=True).stdout
        found = re.search(r"^duration\s+([\d.]+)(ms|s)$", shown, re.M)
        return float(found[1]) * {"ms": 1e-3, "s": 1}[found[2]]


class Floor:
    def __init__(self, name, *events):
        self.name, self.events = name, events

    def start(self, load):
        self.process = subprocess.Popen([FLOOR, str(load.pid), *self.events], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("attached")

    def stop(self, load):
        self.process.communicate()
        return {}


class GoTrace:
    name = "runtime/trace"

    def start(self, load):
        self.file = TMP / "go.trace"
        load.ask(f"trace {self.file}")

    def stop(self, load):
        load.ask("stop")
        packed = subprocess.run(["zstd", "-3", "-q", "-c", self.file], check=True, capture_output=True).stdout
        return {"raw": self.file.stat().st_size, "bytes": len(packed)}


class Bpftrace:
    """
    Counts stacks at the entries of gopark and ready in the kernel, as one would with a generic tracer. It can slow a
    program so much that a run does not end, so it stops itself after LIMIT seconds or EVENTS events; then there is no figure.
    """
    name = "bpftrace"
    LIMIT, EVENTS = 30, 20_000_000

    def missing(self):
        return "" if shutil.which("bpftrace") else "bpftrace is not installed"

    def start(self, load):
        text = "".join(f'uprobe:{LOAD}:"runtime.{f}" /pid == {load.pid}/ '
                       f'{{ @{f}[ustack] = count(); @n++; if (@n >= {self.EVENTS}) {{ exit(); }} }} '
                       for f in ("gopark", "ready"))
        self.process = subprocess.Popen(
            ["timeout", "-s", "INT", "-k", "5", str(self.LIMIT), "bpftrace", "-e", "BEGIN { printf(\"on\\n\"); } " + text],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while "on" not in (line := self.process.stdout.readline()):
            if not line:
                sys.exit("bpftrace does not run here; leave it out with -r")
        time.sleep(0.5)

    def stop(self, load):
        if self.process.poll() is not None:
            self.process.communicate()
            return {"gave_up": f"stopped after {self.LIMIT} s or {short(self.EVENTS)} events"}
        self.process.send_signal(2)
        self.process.communicate()
        return {}


def missing(watcher):
    """Why this watcher cannot run here, or an empty string."""
    return watcher.missing() if hasattr(watcher, "missing") else ""


def ratio(rounds, a, b, key="rate"):
    """Median and interval of a/b, as text."""
    logs = [math.log(r[a][key] / r[b][key]) for r in rounds if r.get(a, {}).get(key) and r.get(b, {}).get(key)]
    if not logs:
        return ""
    middle, n = statistics.median(logs), len(logs)
    if n < 2:
        return f"{math.exp(middle):.2f}"
    half = STUDENT[min(n - 1, 10)] * statistics.stdev(logs) / math.sqrt(n)
    mean = statistics.mean(logs)
    return f"{math.exp(middle):.2f} ({math.exp(mean - half):.2f} – {math.exp(mean + half):.2f})"


def short(v):
    return f"{v / 1e6:.3g} M" if v >= 1e6 else f"{v / 1e3:.3g} k" if v >= 1e3 else f"{v:.3g}"


def help_has(option):
    return option in subprocess.run([CHANREC, "record", "--help"], capture_output=True, text=True).stdout


FLOOR_ALL, FLOOR_BLOCKED = Floor("empty programs"), Floor("empty, park and ready", "go.park", "go.ready")
DEFAULT = Chanrec("chanrec")
BLOCKED, ALL = Chanrec("chanrec --events blocked", "--events", "blocked"), Chanrec("chanrec --events all", "--events", "all")
NO_READY_STACKS = Chanrec("chanrec --no-ready-stacks", "--no-ready-stacks")
INLINE, INLINE_ALL = (Chanrec("chanrec --probes inline", "--probes", "inline"),
                      Chanrec("chanrec --probes inline --events all", "--probes", "inline", "--events", "all"))
INLINE_MIN_BLOCK = Chanrec("chanrec --probes inline --min-block 1ms", "--probes", "inline", "--min-block", "1ms")
MIN_BLOCK = Chanrec("chanrec --min-block 1ms", "--min-block", "1ms")
SAMPLE = Chanrec("chanrec --sample 100ms", "--sample", "100ms")
WATCHERS = [Nothing(), FLOOR_ALL, DEFAULT, NO_READY_STACKS, MIN_BLOCK, SAMPLE, INLINE, INLINE_MIN_BLOCK, INLINE_ALL, FLOOR_BLOCKED, BLOCKED, ALL, GoTrace(), Bpftrace()]
# The floor that each watcher is compared with, on the same sites.
FLOOR_OF = {DEFAULT.name: FLOOR_ALL.name, NO_READY_STACKS.name: FLOOR_ALL.name, MIN_BLOCK.name: FLOOR_ALL.name,
            BLOCKED.name: FLOOR_BLOCKED.name}


def watchers_here(names=()):
    """The WATCHERS with these names, or all that this chanrec supports. Those that are missing() get a row that says so."""
    return [w for w in WATCHERS if (not names or w.name in names) and (w is not MIN_BLOCK or help_has("--min-block"))]


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]) + "\n"


def interleaved(rounds, watchers, once):
    """For each round {watcher's name: result of once(watcher)}, run in random order."""
    here = [w for w in watchers if not missing(w)]
    return [{w.name: once(w) for w in random.sample(here, len(here))} for _ in range(rounds)]


def no_figures(rounds, watcher):
    """Why there are no figures of this watcher: it is missing here, or a run was given up. An empty string: there are."""
    return missing(watcher) or next((r[watcher.name]["gave_up"] for r in rounds if "gave_up" in r[watcher.name]), "")


def middle(rounds, name, key):
    """The median of a figure; key is its name, or a function of one run's figures."""
    f = key if callable(key) else lambda run: run[key]
    return statistics.median(f(r[name]) for r in rounds)
