"""Verdicts on small services with one defect each, and on the same services repaired: tests/leaks.

The programs state what must be found, at the line where goroutines stay (tests/leaks/main.go). Each defect is
recorded twice, once after it happened and once while it happens, and so is the repaired program, which must have no
finding above "idle". To save time, some defects share a process; their findings differ by file.
CHANREC_TEST_LEAKS_APART=1 gives each its own process. The test prints recall and precision; both must be 1.
"""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import BUILD, CHANREC, NEWEST, PATIENCE, ROOT, SEARCH, VERSIONS, report_json, run, wait_for

SOURCES = ROOT / "tests/leaks"
SITUATIONS = ("attached", "recorded")
SECONDS = 2
AT_ONCE = 6
TOGETHER = 1 if os.environ.get("CHANREC_TEST_LEAKS_APART") == "1" else 8


def expectations():
    """{defect: {situation: {(verdict, file, line): count}}}"""
    found = {}
    for path in SOURCES.glob("*.go"):
        text = path.read_text()
        name = re.search(r'func init\(\) { register\("(\w+)"', text)
        if not name:
            continue
        want = found.setdefault(name[1], {s: {} for s in SITUATIONS})
        for number, line in enumerate(text.splitlines(), 1):
            for when, verdict, count in re.findall(r"(want|attached|recorded): ([a-z ]+), (\d+)", line):
                for situation in SITUATIONS if when == "want" else (when,):
                    want[situation][verdict, path.name, number] = int(count)
    return found


class Service:
    def __init__(self, program, name, kind):
        self.process = subprocess.Popen([str(program), name, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.answer("up")

    def answer(self, word):
        line = self.process.stdout.readline().strip()
        assert line == word, (self.process.args, line, self.process.poll())

    def go(self):
        self.process.stdin.write("go\n")
        self.answer("done")

    def end(self):
        self.process.kill()
        self.process.communicate()


def record(program, name, kind, situation, trace):
    service = Service(program, name, kind)
    try:
        if situation == "attached":
            service.go()
        recorder = subprocess.Popen([str(CHANREC), "record", *SEARCH, "-p", str(service.process.pid), "-o", str(trace)],
                                    stderr=subprocess.PIPE, text=True)
        wait_for("the recording begins", lambda: trace.exists() and trace.stat().st_size)
        if situation == "recorded":
            service.go()
        time.sleep(SECONDS)
        recorder.send_signal(signal.SIGINT)
        _, err = recorder.communicate(timeout=PATIENCE)
        assert recorder.returncode == 0, err
    finally:
        service.end()


def verdicts(trace):
    """{(verdict, file, line): count} of everything above idle; verdicts without their duration."""
    found = {}
    document = report_json(trace)
    for leak in document["leaks"]:
        verdict = re.sub(r" for .*", "", leak["verdict"])
        if verdict == "idle":
            continue
        assert leak["why"] and leak["count"] == len(leak["goroutines"])
        place = leak["blocked_at"]
        key = verdict, pathlib.Path(place["file"]).name, place["line"]
        found[key] = found.get(key, 0) + leak["count"]
    # What has no leak, a repaired program, has no other finding but contention either.
    others = [f for f in document["findings"] if f["kind"] != "contention"]
    assert found or not others, others
    return found


class Score:
    def __init__(self):
        self.wanted = self.right = self.said = 0
        self.wrong = []

    def add(self, what, want, got):
        self.wanted += len(want)
        self.said += len(got)
        self.right += sum(got.get(k) == n for k, n in want.items())
        if want != got:
            self.wrong.append(f"{what}: wanted {want}, got {got}")

    def __str__(self):
        return (f"recall {self.right / self.wanted:.4f}, precision {self.right / max(self.said, 1):.4f} "
                f"({self.wanted} wanted, {self.said} said, {self.right} of them right)")


def built(go, version):
    """All versions but the newest are stripped: the heap has to be found without symbols, too."""
    variant = "default" if version == NEWEST else "stripped"
    return go.build_at(SOURCES, BUILD / "leaks" / f"{variant}-{version}" / "leaks", version, variant)


@pytest.fixture(scope="session")
def program(go):
    return built(go, NEWEST)


def one(program, tmp, names, kind, situation):
    trace = tmp / f"{names[0]}.{kind}.{situation}.zst"
    record(program, ",".join(names), kind, situation, trace)
    return verdicts(trace)


def test_there_are_enough_of_them():
    wanted = expectations()
    assert len(wanted) >= 40
    assert all(any(w.values()) for w in wanted.values())


def union(wanted, names, situation):
    return {k: n for name in names for k, n in wanted[name][situation].items()}


def processes(wanted):
    """The defects of each process. One that is judged by time has its own process, or the others would get less time."""
    slow = sorted(name for name, want in wanted.items() if "stuck" in {key[0] for w in want.values() for key in w})
    names = sorted(set(wanted) - set(slow))
    n = -(-len(names) // TOGETHER)
    return [[name] for name in slow] + [names[i::n] for i in range(n)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_defect_and_no_repaired_one(go, bpf, tmp_path, capsys, version):
    wanted = expectations()
    program = built(go, version)
    jobs = [(names, kind, situation) for names in processes(wanted)
            for kind in ("broken", "fixed") for situation in SITUATIONS]
    score = Score()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for job, got in zip(jobs, pool.map(lambda job: one(program, tmp_path, *job), jobs)):
            score.add(job, union(wanted, job[0], job[2]) if job[1] == "broken" else {}, got)
    with capsys.disabled():
        print(f"\nverdicts on {len(wanted)} defects, Go {version}: {score}")
    assert not score.wrong, "\n".join(score.wrong)


def test_waits_in_a_loop_are_not_out_of_reach(workload, record):
    """A goroutine that waits at one place again and again uses a new channel each time; the old ones are garbage."""
    target = workload("shop", NEWEST)
    recorder = record("-p", target.pid)
    time.sleep(SECONDS)
    recorder.stop()
    stacks = {g["id"]: [f["function"] for f in g["stack"]] for g in report_json(recorder.trace)["goroutines"]}
    found = [f for goid in re.findall(r" snap\.unheld +g=(\d+)",
                                      run(CHANREC, "script", "--snapshots", recorder.trace).stdout)
             for f in stacks[int(goid)]]
    assert "main.deliver" in found, "the search found what is out of reach"
    assert "main.customer" not in found, "a customer waits for an answer that comes"


def test_text_says_the_same(program, bpf, tmp_path):
    trace = tmp_path / "t.zst"
    record(program, "under_load", "broken", "attached", trace)
    text = run(CHANREC, "report", trace).stdout
    assert re.search(r"1\. No receiver: 6 goroutines blocked sending at ", text)
    assert "nothing that can still run can reach" in re.sub(r"\s+", " ", text)


def test_a_selects_channels_are_named(program, bpf, tmp_path):
    trace = tmp_path / "t.zst"
    record(program, "select_without_done", "broken", "recorded", trace)
    text = re.sub(r"\s+", " ", run(CHANREC, "report", trace).stdout)
    assert re.search(r"Goroutine \d+ selects on channel #\d+ \(cap 0\), made by goroutine \d+( \(since exited\))? at main\.\S+ "
                     r"\(leaks/select_without_done\.go:\d+\); channel #\d+ ", text), text
