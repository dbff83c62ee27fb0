#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The production cases of tests/cases: how to build, record and judge one.

  tests/e2e/cases.py [CASE...]   record the cases and their twins; print what each report's first finding says

Options: --go 1.27   --stripped   --load   --text (print each report)   --keep FOLDER (for the traces)

A case passes if the first finding of its report names what tests/cases/expected.toml lists, and its twin if it has no
finding but contention.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

from conftest import BUILD, CHANREC, NEWEST, PATIENCE, ROOT, SEARCH, Toolchains, at_least, report, report_json, wait_for

CASES = ROOT / "tests/cases"
EXPECTED = tomllib.loads((CASES / "expected.toml").read_text())
# Two cases form their deadlock later than the others: while they are recorded.
WARM_UP = 2.5
SECONDS = 4
# How many programs are recorded at once. They mostly wait.
AT_ONCE = 10


@dataclasses.dataclass(frozen=True)
class Job:
    case: str
    twin: bool
    version: str
    variant: str = "default"
    load: bool = False

    @property
    def source(self):
        return "fixed.go" if self.twin else "main.go"

    def __str__(self):
        return "-".join([self.case, *["twin"] * self.twin, self.version, self.variant, *["load"] * self.load])


def build(go, job):
    """A program is one file and the traffic generator, which have to be in one folder for go build."""
    folder = BUILD / "cases/src" / f"{job.case}-{pathlib.Path(job.source).stem}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (CASES / job.case / job.source, CASES / "load.go"):
        copy = folder / path.name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)
    out = BUILD / "cases" / f"{job.variant}-{job.version}" / folder.name
    return go.build_at(folder, out, job.version, job.variant, package=f"{job.source} load.go")


def record(program, load, trace, warm_up=WARM_UP):
    """Attaches to the program some time after its start: most deadlocks are older than the recording."""
    trace.unlink(missing_ok=True)
    target = subprocess.Popen([str(program), *["-load"] * load], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        time.sleep(warm_up)
        recorder = subprocess.Popen([str(CHANREC), "record", *SEARCH, "-p", str(target.pid), "-o", str(trace)],
                                    stderr=subprocess.PIPE, text=True)
        wait_for("the recording begins",
                 lambda: recorder.poll() is not None or trace.exists() and trace.stat().st_size)
        time.sleep(SECONDS)
        recorder.send_signal(signal.SIGINT)
        _, err = recorder.communicate(timeout=PATIENCE)
        assert recorder.returncode == 0, err
        assert target.poll() is None, f"{program} ended with {target.poll()}"
    finally:
        os.killpg(target.pid, signal.SIGKILL)
        target.wait()


def lines(thing, source):
    """The lines of the case's own file that this part of a finding names."""
    if isinstance(thing, dict):
        if pathlib.Path(str(thing.get("file", ""))).name == source:
            return {thing["line"]}
        return set().union(*(lines(part, source) for part in thing.values()))
    if isinstance(thing, list):
        return set().union(*(lines(part, source) for part in thing))
    return set()


def holding(finding):
    """The parts of a finding that tell who holds a lock."""
    return [finding["holder"], finding["members"], [p for p in finding["places"] if p["role"] == "holds"]]


def misses(want, findings, source="main.go"):
    """What the first finding should say and does not."""
    if not findings:
        return ["no finding"]
    first = findings[0]
    missing = []
    if first["kind"] not in want["kind"]:
        missing.append(f"kind {first['kind']}")
    named = lines([first["places"], first["members"], first["holder"]], source)
    missing += [f"line {line} not named" for line in want["lines"] if line not in named]
    if "holder" in want and not set(want["holder"]) <= lines(holding(first), source):
        missing.append("no holder" if not first["holder"] and not first["members"] else "holder does not stand where it locked")
    if "members" in want and len(first["members"]) != want["members"]:
        missing.append(f"{len(first['members'])} members, not {want['members']}")
    if "count" in want and first["count"] != want["count"]:
        missing.append(f"count {first['count']}, not {want['count']}")
    return missing


def summary(finding):
    places = [f"{p['role']} {p['function'].split('/')[-1]} {pathlib.Path(p['file']).name}:{p['line']}"
              for p in finding["places"][:5]]
    holder = finding["holder"] and f"; holder {finding['holder']}" or ""
    members = f"; {len(finding['members'])} members" if finding["members"] else ""
    return f"{finding['kind']} ({finding['verdict']}, {finding['strength']}) ×{finding['count']}: {', '.join(places)}{holder}{members}"


@dataclasses.dataclass
class Result:
    job: Job
    wrong: list
    findings: list
    trace: pathlib.Path

    def __str__(self):
        return f"{self.job}: {'; '.join(self.wrong) or 'right'}\n" + "".join(
            f"    {summary(f)}\n" for f in self.findings[:3])


def try_one(go, job, folder):
    trace = folder / f"{job}.zst"
    record(build(go, job), job.load, trace, EXPECTED[job.case].get("warm_up", WARM_UP))
    findings = report_json(trace)["findings"]
    if job.twin:
        findings = [f for f in findings if f["kind"] != "contention"]
        wrong = [f"false {f['kind']}" for f in findings]
    else:
        wrong = misses(EXPECTED[job.case], findings)
    return Result(job, wrong, findings, trace)


def attempt(*args):
    """A program that ends or a recorder that fails is a result, too."""
    try:
        return try_one(*args)
    except AssertionError as e:
        return Result(args[1], [str(e)], [], None)


def since(case):
    return EXPECTED[case].get("go", "1.19")


def twins(case):
    """False: the program with the defect; True: the one without."""
    return (True,) if EXPECTED[case].get("healthy") else (False, True)


def main():
    args = argparse.ArgumentParser(usage=__doc__)
    args.add_argument("case", nargs="*")
    args.add_argument("--go", default=NEWEST)
    for flag in ("--stripped", "--load", "--text"):
        args.add_argument(flag, action="store_true")
    args.add_argument("--keep", type=pathlib.Path)
    args = args.parse_args()
    folder = args.keep or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [c for c in sorted(EXPECTED) if not args.case or any(c.startswith(a) for a in args.case)]
    jobs = [Job(case, twin, args.go, "stripped" if args.stripped else "default", args.load)
            for case in chosen if at_least(args.go, since(case)) for twin in twins(case)]
    go = Toolchains()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda job: attempt(go, job, folder), jobs):
            print(result, end="", flush=True)
            bad += bool(result.wrong)
            if args.text and result.trace:
                print(report(result.trace))
    print(f"{len(jobs) - bad} of {len(jobs)} right")
    if not args.keep:
        shutil.rmtree(folder)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
