"""Direct reads through the page tables (bpf/direct.h) return what the kernel's helper does, for all kinds of pages."""
import collections
import ctypes
import os
import pathlib
import re
import threading

import pytest

from conftest import CHANREC, NEWEST, VERSIONS, report_json, run
from test_counts import check_groups

HUGE = 2 << 20
PROCESS_MADVISE = 440
MADV_COLD, MADV_COLLAPSE = 20, 25
libc = ctypes.CDLL(None, use_errno=True)


class Range(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def madvise(pid, start, length, advice):
    """Gives the kernel advice about another process's memory; returns 0 or an errno."""
    fd = os.pidfd_open(pid)
    try:
        one = Range(start, length)
        done = libc.syscall(PROCESS_MADVISE, fd, ctypes.byref(one), ctypes.c_size_t(1), advice, 0)
        return 0 if done == length else ctypes.get_errno() or -1
    finally:
        os.close(fd)


def memory_of(pid):
    """The private, writable, anonymous ranges: Go's heap and stacks."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        place, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights == "rw-p" and inode == "0" and not (name and name[0].startswith(("[stack", "[heap", "[v"))):
            yield tuple(int(a, 16) for a in place.split("-"))


def huge_of(pid):
    return sum(int(kb) for kb in re.findall(r"^AnonHugePages:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps").read_text(),
                                            re.M))


def whole_pages(pid):
    for start, end in memory_of(pid):
        yield from range(-(-start // HUGE) * HUGE, end - HUGE + 1, HUGE)


def collapse(pid):
    """Puts Go's memory into large pages wherever a whole one fits."""
    return {madvise(pid, at, HUGE, MADV_COLLAPSE) for at in whole_pages(pid)}


def split(pid):
    """Splits the large pages, by advice for only a part of each."""
    for at in whole_pages(pid):
        madvise(pid, at, 4096, MADV_COLD)


def begun(record, target, *args):
    return record("-v", "--events", "default,ops", "-p", target.pid, *args)


def needs_direct_reads(recorder):
    """Checks, after a recording, that it read directly if the kernel allows it."""
    told = re.findall(r".*reading memory through the kernel helper.*", recorder.stderr)
    release = [int(n) for n in re.findall(r"\d+", os.uname().release)[:2]]
    if told and (release < [6, 2] or not os.path.exists("/sys/kernel/btf/vmlinux")):
        pytest.skip(f"this kernel cannot be read directly, nothing is compared: {told[0]}")
    assert not told and "reading memory through page tables" in recorder.stderr


def events_of(trace):
    """How often each event occurs, with its frames but without ids and times; without the runtime's own events."""
    done = run(CHANREC, "script", "--stacks", trace)
    assert done.returncode == 0, done.stderr
    found = collections.Counter()
    numbers = {}  # of channels, which the runtime's own channels may have shifted
    for event in re.split(r"\n(?=\s*\d+\.\d{9} )", done.stdout.strip()):
        head = re.sub(r"^\s*\d+\.\d{9} ", "", event)
        # Any idle thread may look at timers and the network.
        if re.search(r"cause=(timer|network)", head) or not re.search(r"main\.|chan\.op|go\.exit", head):
            continue
        head = re.sub(r"#\d+", lambda chan: f"#{numbers.setdefault(chan[0], len(numbers))}", head)
        found[re.sub(r"\b((g|child|woken|fd)=|0x)[0-9a-f.]+", r"\1", head)] += 1
    return found


def recorded(target, record, *args, rounds=1):
    recorder = begun(record, target, *args)
    for _ in range(rounds):
        assert target.ask("go") == "done"
    recorder.stop()
    assert "none lost." in recorder.summary
    return recorder


def times(n, counter):
    """The expected events of n rounds, in which the channels have different numbers."""
    found = collections.Counter()
    for event, count in counter.items():
        found[re.sub(r"#\d+", "#", event)] += n * count
    return found


def check_nearly_same(found, expected):
    """Nobody can read a page while the kernel moves it, not even the helper: a few stacks end early."""
    missing, strange = expected - found, found - expected
    print(f"{missing=} {strange=}")
    assert sum(missing.values()) <= sum(expected.values()) / 1000
    assert sum(strange.values()) <= sum(missing.values())


@pytest.fixture
def counts(workload):
    """A workload with one P, so that each round is the same; one round beforehand populates its memory."""
    def start(version):
        target = workload("counts", version, env={**os.environ, "GOMAXPROCS": "1"})
        assert target.ask("go") == "done"
        return target
    return start


@pytest.mark.parametrize("version", VERSIONS)
def test_as_the_helper(counts, record, version):
    target = counts(version)
    direct = recorded(target, record)
    needs_direct_reads(direct)
    helper = recorded(target, record, "--no-direct-reads")
    expected = events_of(helper.trace)
    assert sum(expected.values()) > 2000 and any("main.selector" in e and "go.park" in e for e in expected)
    assert events_of(direct.trace) == expected
    check_groups(report_json(direct.trace))


@pytest.mark.parametrize("version", VERSIONS)
def test_large_pages(counts, record, version):
    target = counts(version)
    expected = events_of(recorded(target, record, "--no-direct-reads").trace)
    errors = collapse(target.pid)
    if not huge_of(target.pid):
        pytest.skip(f"no large pages here, nothing is compared: {[os.strerror(e) for e in errors if e > 0]}")
    direct = recorded(target, record)
    needs_direct_reads(direct)
    assert huge_of(target.pid), "they are large until the end"
    check_nearly_same(events_of(direct.trace), expected)


def test_pages_that_become_large_and_small(counts, record):
    """The pages change during the recording, so that cached page-table entries become wrong again and again."""
    rounds = 10
    target = counts(NEWEST)
    expected = events_of(recorded(target, record, "--no-direct-reads").trace)
    collapse(target.pid)
    if not huge_of(target.pid):
        pytest.skip("no large pages here, nothing is compared")
    over, sizes = threading.Event(), set()

    def change():
        while not over.is_set():
            split(target.pid)
            sizes.add(huge_of(target.pid))
            collapse(target.pid)
            sizes.add(huge_of(target.pid))

    changing = threading.Thread(target=change)
    changing.start()
    try:
        direct = recorded(target, record, rounds=rounds)
    finally:
        over.set()
        changing.join()
    needs_direct_reads(direct)
    assert len(sizes) > 1, "the pages never changed"
    check_nearly_same(times(1, events_of(direct.trace)), times(rounds, expected))
