"""The command line: default file, pager, widths, help. No BPF is needed."""
import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import termios

import pytest

from conftest import BUILD, CHANREC, ROOT, run

COMMANDS = ["record", "report", "diff", "script", "info", "doctor", "vet"]


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    made = run("make", "-s", "-C", ROOT, "build/tests/test_report_golden")
    assert made.returncode == 0, made.stderr
    out = tmp_path_factory.mktemp("traces")
    wrote = run(BUILD / "tests/test_report_golden", "--write", out)
    assert wrote.returncode == 0, wrote.stderr
    return out / "shop.zst"


def on_terminal(*args, columns=100, env=None, keys=b"", cwd=None):
    """What a terminal shows, and the exit status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd or ".")
        os.environ.pop("LESS", None)
        os.environ.update({"TERM": "xterm", **(env or {})})
        os.execv(CHANREC, [str(CHANREC), *map(str, args)])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    if keys:
        os.write(fd, keys)
    shown = b""
    while True:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        shown += got
    os.close(fd)
    return shown.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("command", [("report",), ("report", "--goroutine", "1"), ("script",), ("info",)], ids=" ".join)
def test_a_terminal_has_a_pager(trace, command):
    shown, status = on_terminal(*command, trace, env={"PAGER": "sed \"s/^/paged $LESS: /\""})
    assert status == 0
    assert all(line.startswith("paged FRX: ") for line in shown.splitlines()), shown[:300]
    assert len(shown.splitlines()) > 5


def test_colours_go_through_the_pager(trace):
    shown, _ = on_terminal("report", trace, env={"PAGER": "sed s/^/paged:/"})
    assert "paged:" in shown and "\x1b[" in shown
    shown, _ = on_terminal("report", trace, env={"PAGER": "sed s/^/paged:/", "NO_COLOR": "1"})
    assert "paged:" in shown and "\x1b[" not in shown


@pytest.mark.parametrize("env", [{"PAGER": "cat"}, {"PAGER": ""}, {"PAGER": "sed s/^/paged:/", "CHANREC_PAGER": ""},
                                 {"PAGER": "no-such-pager"}])
def test_no_pager(trace, env):
    shown, status = on_terminal("info", trace, env=env)
    assert status == 0 and "paged:" not in shown and "go version" in shown


@pytest.mark.parametrize("command", [("info",), ("script", "--stacks")])
def test_a_pager_that_the_shell_cannot_run(trace, command):
    """A short text fits into the pipe, a long one does not; neither may vanish with success."""
    shown, status = on_terminal(*command, trace, env={"PAGER": "no-such-pager -R"})
    assert status == 1
    assert "no-such-pager" in shown


def test_pager_options(trace, tmp_path):
    env = {"PAGER": "sed s/^/wrong:/", "CHANREC_PAGER": "sed s/^/paged:/"}
    assert on_terminal("info", trace, env=env)[0].startswith("paged:")
    assert "paged:" not in on_terminal("info", "--no-pager", trace, env=env)[0]
    assert "paged:" not in on_terminal("info", "-o", tmp_path / "out", trace, env=env)[0]
    assert "paged:" not in on_terminal("report", "--format", "json", trace, env=env)[0]
    assert "paged:" in on_terminal("diff", trace, trace, env=env)[0]
    assert "paged:" not in run(CHANREC, "info", trace, env={**os.environ, **env}).stdout


def test_a_pager_that_ends_early_is_no_error(trace):
    for pager in ("true", "head -n 1", "sh -c 'exit 3'"):
        shown, status = on_terminal("script", "--stacks", trace, env={"PAGER": pager})
        assert status == 0 and "chanrec:" not in shown and len(shown.splitlines()) <= 1


def test_errors_come_after_the_pager(trace, tmp_path):
    broken = tmp_path / "broken.zst"
    broken.write_bytes(b"nonsense" * 10)
    shown, status = on_terminal("info", broken, env={"PAGER": "sed s/^/paged:/"})
    assert status == 1 and "\nchanrec: " in "\n" + shown and "paged:chanrec" not in shown


def test_less_stays_out_of_the_way_of_a_short_text(trace):
    if not shutil.which("less"):
        pytest.skip("less is not installed")
    shown, status = on_terminal("report", trace, env={"PAGER": "less"}, keys=b"q")
    assert status == 0 and "\x1b[?1049h" not in shown, "-X: the text stays on the screen"


def test_width(trace):
    def widest(env=None):
        done = run(CHANREC, "report", trace, env={**os.environ, **(env or {})})
        return max(map(len, done.stdout.splitlines()))

    assert widest() <= 100
    assert 80 < widest({"COLUMNS": "160"}) <= 160
    assert widest({"COLUMNS": "80"}) <= 80
    assert widest({"COLUMNS": "nonsense"}) == widest()
    shown, _ = on_terminal("report", "--no-pager", "--color", "never", trace, columns=70, env={"COLUMNS": "200"})
    assert max(map(len, shown.splitlines())) <= 70


@pytest.mark.parametrize("command", ["report", "script", "info"])
def test_the_default_trace(trace, command, tmp_path):
    missing = subprocess.run([CHANREC, command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.returncode == 1 and missing.stdout == ""
    assert "there is no chanrec.trace.zst here; name a trace, or make one with chanrec record" in missing.stderr
    shutil.copy(trace, tmp_path / "chanrec.trace.zst")
    done = subprocess.run([CHANREC, command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
    named = subprocess.run([CHANREC, command, "chanrec.trace.zst"], cwd=tmp_path, capture_output=True, text=True,
                           check=False)
    assert done.stdout == named.stdout
    many = run(CHANREC, command, trace, trace)
    assert many.returncode == 2 and "give one trace, not 2" in many.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_one_text(command):
    texts = {run(CHANREC, *args).stdout for args in ((command, "--help"), (command, "-h"), ("help", command))}
    assert len(texts) == 1
    text, = texts
    assert text.startswith(f"Usage: chanrec {command} ") and max(map(len, text.splitlines())) <= 80


def test_help_lists_the_commands():
    for args in (("--help",), ("-h",), ("help",)):
        done = run(CHANREC, *args)
        assert done.returncode == 0 and all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert run(CHANREC).returncode == 2
    assert run(CHANREC, "--version").stdout == run(CHANREC, "info", "--version").stdout


@pytest.mark.parametrize("args, message", [
    (("reprot",), "chanrec: no command 'reprot' (did you mean 'report'?); see chanrec --help"),
    (("help", "frobnicate"), "chanrec: no command 'frobnicate'; see chanrec --help"),
    (("report", "--fromat", "json"),
     "chanrec report: unknown option '--fromat' (did you mean '--format'?); see chanrec report --help"),
    (("record", "-p", "4294967297"),
     "chanrec record: --pid: '4294967297' is out of range; give the ID of a process; see chanrec record --help"),
    (("record",), "chanrec record: give a process (-p PID) or a command (-- CMD); see chanrec record --help"),
    (("record", "-p", "1", "--", "true"),
     "chanrec record: give a process (-p PID) or a command (-- CMD), not both; see chanrec record --help"),
    (("doctor", "-p", "1", "a"), "chanrec doctor: give a process (-p PID) or one executable, or neither to check the "
                                 "machine; see chanrec doctor --help"),
    (("diff", "a"), "chanrec diff: give two traces to compare, not 1; see chanrec diff --help"),
])
def test_wrong_usage(args, message):
    done = run(CHANREC, *args)
    assert done.returncode == 2 and done.stdout == "" and done.stderr == message + "\n"


def test_output_that_cannot_be_written():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([CHANREC, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "cannot write the output" in done.stderr


def test_ctrl_c_waits_for_the_pager(trace, tmp_path):
    """The pager keeps the terminal until it ends by itself."""
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ntrap '' INT\nhead -n 1 >/dev/null\nkill -INT $PPID\nsleep 0.3\necho over >{tmp_path}/over\n")
    pager.chmod(0o755)
    _, status = on_terminal("script", "--stacks", trace, env={"PAGER": str(pager)})
    assert status in (-signal.SIGINT, 0) and (tmp_path / "over").read_text() == "over\n"
