#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""faults: breaks recordings in every way that can be arranged, and checks what has to hold afterwards.

  tests/faults/faults.py [--long] [--seed N] [KIND...]

Without --long, a few runs of each kind. After each run: a target that was not to end runs on with its code as it was
before and its sums right; the recorder has ended by itself, not by a signal of its own; and whatever it wrote is a
trace that chanrec report reads. The last line counts the runs of each kind. Needs root and BPF.
"""
import argparse
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e")]
from conftest import CHANREC, NEWEST, PATIENCE, PROBES, Toolchains, Workload, run, wait_for  # noqa: E402
from test_unharmed import text_of  # noqa: E402

KINDS = {}


def kind(short, long):
    """Marks a function as a kind of fault, with the number of its runs."""
    def add(fn):
        KINDS[fn.__name__] = (fn, short, long)
        return fn
    return add


class Faults:
    """What the runs share: programs, a folder for traces, and one source of randomness."""

    def __init__(self, folder, seed):
        self.go = Toolchains()
        self.folder = pathlib.Path(folder)
        self.random = random.Random(seed)
        self.shared = None
        self.runs = self.leaks = 0

    def build(self, name):
        return self.go.build(name, NEWEST)

    def start(self, name="sums", *args, **kwargs):
        target = Workload(self.build(name), *args, **kwargs)
        if name == "sums":
            assert target.line() == "ready"
        return target

    def sums(self):
        """A program that runs through many faults, and checks itself all the time."""
        if not self.shared or self.shared.process.poll() is not None:
            self.shared = self.start()
            self.code = text_of(self.shared.pid, self.shared.path)
        return self.shared

    def check_sums(self):
        """No breakpoint is left. If the kernel gave up removing one (docs/security.md), the next recording does."""
        assert self.shared.process.poll() is None, "the program died"
        def is_clean():
            return text_of(self.shared.pid, self.shared.path) == self.code

        try:
            wait_for("no breakpoint is left", is_clean, seconds=10)
        except AssertionError:
            self.leaks += 1
            ended(self.record(self.folder / "again.zst", "-p", self.shared.pid, "-d", "0.2"), (0,))
            wait_for("no breakpoint is left after another recording", is_clean)

    def end_sums(self):
        if self.shared:
            answer = self.shared.ask("stop").split()
            assert answer[1] == "right" and int(answer[0]) > 0, answer
            assert self.shared.process.wait(PATIENCE) == 0

    def trace(self):
        self.runs += 1
        return self.folder / f"{self.runs}.zst"

    def record(self, trace, *args, **kwargs):
        kwargs = {"stdout": subprocess.DEVNULL, **kwargs}
        return subprocess.Popen([str(CHANREC), "record", "--probes", PROBES, "-o", str(trace), *map(str, args)],
                                stderr=subprocess.PIPE, text=True, **kwargs)

    def pause(self, longest):
        time.sleep(self.random.random() * longest)


def ended(recorder, statuses=(0, 1)):
    """The recorder has ended by itself."""
    _, err = recorder.communicate(timeout=PATIENCE)
    assert recorder.returncode in statuses, (recorder.returncode, err)
    assert "breaks a rule" not in err and "Sanitizer" not in err, err
    assert recorder.returncode == 0 or err.startswith("chanrec: "), err
    return err


def readable(trace):
    """What is there is a trace; its last second may be missing."""
    if not trace.exists() or not trace.stat().st_size:
        return None
    shown = run(CHANREC, "report", trace)
    assert shown.returncode == 0, shown.stderr
    trace.unlink()
    return shown.stdout


@kind(8, 200)
def recorder_is_killed(f):
    """In any phase: it attaches, records, reads the last snapshot, detaches."""
    target, trace = f.sums(), f.trace()
    recorder = f.record(trace, "-p", target.pid, "-d", "0.4")
    f.pause(1.2)
    recorder.kill()
    recorder.communicate(timeout=PATIENCE)
    f.check_sums()
    readable(trace)


@kind(5, 100)
def target_is_killed(f):
    target, trace = f.start(), f.trace()
    recorder = f.record(trace, "-p", target.pid, "-d", "0.4")
    f.pause(1.2)
    target.kill()
    ended(recorder)
    readable(trace)


@kind(4, 100)
def target_exits(f):
    target, trace = f.start(), f.trace()
    recorder = f.record(trace, "-p", target.pid, "-d", "0.4")
    f.pause(1.0)
    assert target.ask("stop").endswith(" right")
    assert target.process.wait(PATIENCE) == 0
    ended(recorder)
    readable(trace)


@kind(4, 100)
def target_executes(f):
    """Another program, or its own file again."""
    target, trace = f.start("spawner"), f.trace()
    recorder = f.record(trace, "-p", target.pid, "-d", "0.4")
    f.pause(1.0)
    again = f.random.random() < 0.5
    target.process.stdin.write("become " + (str(target.path) if again else "/bin/sleep 60") + "\n")
    err = ended(recorder)
    assert target.process.poll() is None, err
    target.kill()
    readable(trace)


@kind(3, 60)
def disk_is_full(f):
    """At any byte."""
    target = f.sums()
    folder = f.folder / "full"
    folder.mkdir(exist_ok=True)
    size = f.random.choice((4096, 8192, 16384, 65536, 131072))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        trace = folder / "t.zst"
        recorder = f.record(trace, "-p", target.pid, "-d", "0.6")
        err = ended(recorder)
        f.runs += 1
        assert recorder.returncode == 0 or "No space left" in err or "disk" in err, err
        readable(trace)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    f.check_sums()


@kind(3, 40)
def reader_goes_away(f):
    """The trace goes into a pipe whose reader ends after some bytes."""
    target = f.sums()
    f.runs += 1
    recorder = f.record("-", "-p", target.pid, "-d", "0.6", stdout=subprocess.PIPE)
    os.read(recorder.stdout.fileno(), 1 + f.random.randrange(60000))
    recorder.stdout.close()
    recorder.stdout = None
    ended(recorder)
    f.check_sums()


@kind(1, 10)
def reader_is_slow(f):
    """A FIFO whose reader takes its time: events are lost and counted, but the recording ends and is whole."""
    target, trace = f.sums(), f.trace()
    fifo = f.folder / f"fifo{f.runs}"
    os.mkfifo(fifo)

    def read():
        with open(fifo, "rb", buffering=0) as source, open(trace, "wb") as to:
            while part := source.read(4096):
                to.write(part)
                if to.tell() < 200000:
                    time.sleep(0.02)
    reader = threading.Thread(target=read)
    reader.start()
    recorder = f.record(fifo, "-p", target.pid, "-d", "0.6")
    ended(recorder, (0,))
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert run(CHANREC, "info", "--verify", trace).returncode == 0
    readable(trace)
    f.check_sums()


@kind(4, 60)
def descriptors_are_few(f):
    target, trace = f.sums(), f.trace()
    limit = f.random.randrange(4, 60)
    recorder = f.record(trace, "-p", target.pid, "-d", "0.2", preexec_fn=lambda: limited("NOFILE", limit))
    ended(recorder)
    f.check_sums()
    readable(trace)


@kind(4, 60)
def memory_is_short(f):
    target, trace = f.sums(), f.trace()
    limit = f.random.randrange(8 << 20, 400 << 20)
    recorder = f.record(trace, "-p", target.pid, "-d", "0.2", preexec_fn=lambda: limited("AS", limit))
    _, err = recorder.communicate(timeout=PATIENCE)
    # Below what the loader itself needs, it does not even start.
    assert recorder.returncode in (0, 1, 127), (limit, recorder.returncode, err)
    f.check_sums()
    readable(trace)


def limited(what, n):
    import resource
    number = getattr(resource, "RLIMIT_" + what)
    resource.setrlimit(number, (n, n))


@kind(1, 10)
def recorder_is_stopped(f):
    """Under load, until the ring is full: what is lost is counted."""
    target, trace = f.sums(), f.trace()
    recorder = f.record(trace, "-p", target.pid, "--ring", "64K")
    wait_for("the recording begins", lambda: trace.exists() and trace.stat().st_size)
    for _ in range(2):
        recorder.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        recorder.send_signal(signal.SIGCONT)
        time.sleep(0.1)
    recorder.send_signal(signal.SIGINT)
    ended(recorder, (0,))
    assert re.search(r"lost|left out", run(CHANREC, "report", "--full", trace).stdout)
    readable(trace)
    f.check_sums()


def many_recorders(f, n):
    target = f.sums()
    traces = [f.trace() for _ in range(n)]
    f.runs -= n - 1
    recorders = [f.record(f.folder / f"many{i}.zst", "-p", target.pid, "-d", "0.5") for i in range(n)]
    for r in recorders:
        ended(r, (0,))
    for i in range(n):
        assert readable(f.folder / f"many{i}.zst")
    f.check_sums()
    return traces


@kind(1, 10)
def two_recorders(f):
    many_recorders(f, 2)


@kind(1, 5)
def eight_recorders(f):
    many_recorders(f, 8)


@kind(2, 20)
def binary_is_replaced(f):
    """The file is deleted, or another one has its name, before the recording or in it."""
    own = f.folder / f"sums{f.runs}"
    own.write_bytes(f.build("sums").read_bytes())
    own.chmod(0o755)
    target, trace = Workload(own), f.trace()
    assert target.line() == "ready"
    before = text_of(target.pid, own)
    when, how = f.random.random() < 0.5, f.random.random() < 0.5

    def replace():
        own.unlink()
        if how:
            own.write_bytes(f.build("spawner").read_bytes())
    if when:
        replace()
    recorder = f.record(trace, "-p", target.pid, "-d", "0.4")
    if not when:
        f.pause(0.8)
        replace()
    ended(recorder, (0,) if when else (0, 1))
    maps = pathlib.Path(f"/proc/{target.pid}/maps").read_text().replace(" (deleted)", "")
    assert str(own) in maps
    begin, end = (int(a, 16) for a in next(line.split()[0] for line in maps.splitlines() if "r-x" in line).split("-"))
    with open(f"/proc/{target.pid}/mem", "rb") as mem:
        mem.seek(begin)
        assert mem.read(end - begin) == before
    assert target.ask("stop").endswith(" right")
    readable(trace)


@kind(2, 20)
def target_is_elsewhere(f):
    """In other pid, mount and user namespaces, or in a changed root."""
    inside = f.folder / f"root{f.runs}"
    inside.mkdir()
    (inside / "sums").write_bytes(f.build("sums").read_bytes())
    (inside / "sums").chmod(0o755)
    how = f.random.choice((["chroot", str(inside), "/sums"],
                           ["unshare", "--pid", "--fork", "--mount", "--mount-proc", str(inside / "sums")],
                           ["unshare", "--user", "--map-root-user", str(inside / "sums")]))
    outer = subprocess.Popen(how, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert outer.stdout.readline() == "ready\n", how
    pid = outer.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    trace = f.trace()
    err = ended(f.record(trace, "-p", children[0] if "--fork" in how else pid, "-d", "0.4"), (0,))
    assert " events in " in err
    assert "main." in readable(trace)
    outer.stdin.write("stop\n")
    assert outer.stdout.readline().endswith(" right\n")
    assert outer.wait(PATIENCE) == 0


@kind(2, 30)
def interrupted_twice(f):
    """A second Ctrl-C ends the recording at once, with a whole file."""
    target, trace = f.sums(), f.trace()
    recorder = f.record(trace, "-p", target.pid)
    wait_for("the recording begins", lambda: trace.exists() and trace.stat().st_size)
    f.pause(0.3)
    for _ in range(2):
        recorder.send_signal(signal.SIGINT)
        time.sleep(0.25)
    ended(recorder, (0,))
    assert run(CHANREC, "info", "--verify", trace).returncode == 0
    readable(trace)
    f.check_sums()


def run_kind(f, name, long):
    fn, few, many = KINDS[name]
    n, failed = many if long else few, 0
    for i in range(n):
        try:
            fn(f)
        except Exception as e:  # the summary has to count it, and the next kind to run
            failed += 1
            print(f"faults: {name}, run {i + 1}: {type(e).__name__}: {e}", file=sys.stderr, flush=True)
            if f.shared and f.shared.process.poll() is not None:
                f.shared = None
    return n, failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--long", action="store_true")
    p.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    p.add_argument("kinds", nargs="*", choices=[[], *KINDS])
    args = p.parse_args()
    begun, counts, failures = time.monotonic(), {}, 0
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        f = Faults(folder, args.seed)
        for name in args.kinds or KINDS:
            counts[name], failed = run_kind(f, name, args.long)
            failures += failed
        try:
            f.end_sums()
        except AssertionError as e:
            failures += 1
            print(f"faults: the sums of the program: {e}", file=sys.stderr)
    print(", ".join(f"{name.replace('_', ' ')} {n}" for name, n in counts.items()))
    if f.leaks:
        print(f"{f.leaks} times, the kernel left breakpoints to the next recording")
    print(f"{sum(counts.values()) - failures} passed, {failures} failed in {time.monotonic() - begun:.1f}s "
          f"(seed {args.seed})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
