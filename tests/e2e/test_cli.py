"""The command line: default file, pager, widths, help. No BPF is needed."""
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import tarfile
import termios

import pytest

from conftest import BUILD, CHANREC, ROOT, run

COMMANDS = ["record", "dump", "report", "diff", "script", "info", "doctor", "vet", "redact", "slice", "bundle", "completion"]


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
    (("report", "--format", "jsn", "t.zst"),
     "chanrec report: --format: 'jsn' is not a valid value (did you mean 'json'?); give text, traceback, folded, "),
    (("report", "--fail-on", "leak,groth", "t.zst"),
     "chanrec report: --fail-on: 'groth' is not a valid value (did you mean 'growth'?); give leak, deadlock, "),
    (("report", "--baseline", "b.txt", "t.zst"),
     "chanrec report: --baseline needs --fail-on, such as --fail-on leak,deadlock; see chanrec report --help"),
    (("completion", "bahs"), "chanrec completion: no completion for 'bahs' (did you mean 'bash'?); "
                             "see chanrec completion --help"),
    (("diff", "a"), "chanrec diff: give two traces to compare, not 1; see chanrec diff --help"),
])
def test_wrong_usage(args, message):
    done = run(CHANREC, *args)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == message + "\n" if message.endswith("--help") else done.stderr.startswith(message)


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


def test_findings_fail_a_check(trace, tmp_path):
    plain, accepted = run(CHANREC, "report", trace), tmp_path / "accepted.txt"
    failed = run(CHANREC, "report", "--fail-on", "leak,deadlock", trace)
    assert failed.returncode == 3 and failed.stdout == plain.stdout
    assert "of --fail-on leak,deadlock" in failed.stderr
    assert run(CHANREC, "report", "--write-baseline", accepted, trace).returncode == 0
    lines = [line for line in accepted.read_text().splitlines() if not line.startswith("#")]
    assert any(line.startswith("leak main.legacy, created by main.main") for line in lines), lines
    passed = run(CHANREC, "report", "--fail-on", "any", "--baseline", accepted, trace)
    assert (passed.returncode, passed.stderr) == (0, "")
    accepted.write_text("\n".join(lines[1:] + ["leak main.fixed"]) + "\n")
    failed = run(CHANREC, "report", "--fail-on", "any", "--baseline", accepted, trace)
    assert failed.returncode == 3 and "1 finding of --fail-on" in failed.stderr
    assert f"{accepted}: no finding matches 1 of its entries any more" in failed.stderr
    assert run(CHANREC, "diff", "--fail-on", "any", trace, trace).returncode == 0


def completed(*words):
    """What bash offers for the last word."""
    script = f"source <({CHANREC} completion bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _chanrec; " \
             "printf '%s\\n' \"${COMPREPLY[@]}\""
    done = run("bash", "-c", script, "bash", "chanrec", *words)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.split()


def test_bash_completes(trace):
    assert set(COMMANDS) < set(completed(""))
    assert completed("rep") == ["report"] and completed("help", "rep") == ["report"]
    assert completed("report", "--full") == ["--full", "--full-stacks"]
    assert {"json", "text", "svg"} < set(completed("report", "--format", ""))
    assert completed("report", "--format", "=", "js") == ["json"]
    assert completed("diff", "--format", "j") == ["json"]
    assert completed("report", "--fail-on", "leak,gr") == ["leak,growth"]
    assert completed("record", "-o", str(trace)[:-2]) == completed("report", str(trace)[:-2]) == [str(trace)]
    assert completed("report", "--top", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_parse(shell, tmp_path):
    script = tmp_path / shell
    script.write_text(run(CHANREC, "completion", shell).stdout)
    assert "--fail-on" in script.read_text() or "-l fail-on" in script.read_text()
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    done = run(shell, "-n", script)
    assert (done.returncode, done.stderr) == (0, "")


def test_completions_are_installed(tmp_path):
    assert run("make", "-s", "-C", ROOT, "install", f"DESTDIR={tmp_path}", "PREFIX=/usr").returncode == 0
    for path in ("bash-completion/completions/chanrec", "zsh/site-functions/_chanrec",
                 "fish/vendor_completions.d/chanrec.fish"):
        assert "chanrec completion" in (tmp_path / "usr/share" / path).read_text()


def test_redact(trace, tmp_path):
    """Nothing of the machine is left in the copy, and the findings are the same."""
    copy, again = tmp_path / "copy.zst", tmp_path / "again.zst"
    done = run(CHANREC, "redact", trace, copy)
    assert done.returncode == 0 and f"Next: chanrec report {copy}" in done.stderr
    plain = run("zstd", "-dc", copy, text=False).stdout + copy.read_bytes()
    for secret in (b"/home", b"/usr", b"/srv", b"dev/"):
        assert secret in run("zstd", "-dc", trace, text=False).stdout + trace.read_bytes() and secret not in plain, secret
    before, after = (json.loads(run(CHANREC, "report", "--format", "json", file).stdout) for file in (trace, copy))
    assert [f["kind"] for f in before["findings"]] == [f["kind"] for f in after["findings"]] != []
    assert before["losses"] == after["losses"] and before["events"] == after["events"]
    assert (after["trace"]["command"], after["trace"]["host"], after["trace"]["program"]) == ("", "", "shop")
    assert run(CHANREC, "info", "--verify", copy).returncode == 0
    assert run(CHANREC, "redact", copy, again).returncode == 0
    assert run(CHANREC, "report", "--full", again).stdout.replace(str(again), str(copy)) == \
        run(CHANREC, "report", "--full", copy).stdout
    same = run(CHANREC, "redact", trace, trace)
    assert same.returncode == 2 and "is the trace itself" in same.stderr
    other = tmp_path / "notes.txt"
    other.write_text("notes")
    assert run(CHANREC, "redact", trace, other).returncode == 1 and other.read_text() == "notes"
    assert run(CHANREC, "redact", trace).returncode == 2
    assert run(CHANREC, "redact", other, tmp_path / "none.zst").returncode == 1
    assert not (tmp_path / "none.zst").exists()


def findings(trace):
    doc = json.loads(run(CHANREC, "report", "--format", "json", trace).stdout)
    return [(f["kind"], f["verdict"], f["strength"], f["count"], f["places"]) for f in doc["findings"]]


@pytest.mark.parametrize("name", ["shop", "dump", "hostile", "killed", "ops", "shop-later"])
def test_a_slice_has_its_finding(trace, tmp_path, name):
    source = trace.parent / f"{name}.zst"
    all_findings, defects = findings(source), run(CHANREC, "report", "--full", source).stdout.count("defects")
    for number, finding in enumerate(all_findings, 1):
        out = tmp_path / f"{number}.zst"
        done = run(CHANREC, "slice", "--finding", str(number), "-o", out, source)
        assert done.returncode == 0, done.stderr
        assert finding in findings(out), (number, finding, findings(out))
        assert run(CHANREC, "report", "--full", out).stdout.count("defects") <= defects
        assert run(CHANREC, "info", "--verify", out).returncode == (1 if name == "killed" else 0)
    none = run(CHANREC, "slice", "--finding", str(len(all_findings) + 1), "-o", tmp_path / "none.zst", source)
    assert none.returncode == 1 and not (tmp_path / "none.zst").exists()


def test_slices_are_small(tmp_path):
    source = ROOT / "docs/demo/shop.trace.zst"
    for number, _ in enumerate(findings(source), 1):
        done = run(CHANREC, "slice", "--finding", str(number), "-o", tmp_path / f"{number}.zst", source)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{number}.zst").stat().st_size < 20000
        assert "slice for" in run(CHANREC, "info", tmp_path / f"{number}.zst").stdout
    assert number > 3


@pytest.mark.parametrize("ending, options", [("tar.gz", ()), ("tar.zst", ("--finding", "1")), ("tar", ())])
def test_a_bundle_is_an_archive(trace, tmp_path, ending, options):
    """tar(1) and sha256sum(1) agree, and the trace inside is a redacted one that report opens."""
    archive = tmp_path / f"b.{ending}"
    done = run(CHANREC, "bundle", *options, "-o", archive, trace)
    assert done.returncode == 0, done.stderr
    plain = archive
    if ending == "tar.zst":
        plain = tmp_path / "plain.tar"
        assert run("zstd", "-dq", archive, "-o", plain).returncode == 0
    with tarfile.open(plain) as tar:
        names = {os.path.basename(name) for name in tar.getnames()}
    assert names >= {"README.txt", "SHA256SUMS", "doctor.txt", "report.html", "report.txt", "trace.zst"}
    assert ("report.svg" in names) == bool(shutil.which("dot"))
    assert run("tar", "-xf", plain, "-C", tmp_path).returncode == 0
    folder = tmp_path / "chanrec-bundle"
    checked = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stdout.count(": OK") == len(names) - 1, checked.stdout + checked.stderr
    assert findings(folder / "trace.zst")
    for name in names - {"doctor.txt", "README.txt"}:
        assert b"/home/dev" not in (folder / name).read_bytes(), name
    assert "main.legacy" in (folder / "report.txt").read_text()
    assert run(CHANREC, "bundle", "-o", tmp_path / "b.zip", trace).returncode == 2
