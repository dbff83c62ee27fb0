"""What cannot be recorded, and how record and doctor say so: what happened, why, what to do."""
import os
import subprocess

import pytest

from conftest import BUILD, CHANREC, NEWEST, run, wait_for

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--"]
LOADER = "/lib64/ld-linux-x86-64.so.2"


def refused(tmp_path, *args, before=()):
    """Returns the one line that record prints on stderr. doctor prints the same, and both exit with 1."""
    trace = tmp_path / "t.zst"
    recorded = run(*before, CHANREC, "record", "-o", trace, *args)
    assert recorded.returncode == 1 and not trace.exists()
    lines = recorded.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("chanrec: "), recorded.stderr
    if args[0] == "-p":
        doctor = run(*before, CHANREC, "doctor", *args)
        assert doctor.returncode == 1 and "chanrec cannot record" in doctor.stdout
        assert lines[0][len("chanrec: "):] in doctor.stdout, doctor.stdout
    return lines[0]


@pytest.fixture
def process():
    started = []

    def start(*args):
        p = subprocess.Popen([str(a) for a in args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(p)
        return p.pid

    yield start
    for p in started:
        p.kill()
        p.communicate()


def test_no_process(tmp_path):
    said = refused(tmp_path, "-p", 2 ** 22 + 1)
    assert "no process with pid 4194305" in said and "pgrep" in said


def test_kernel_thread(tmp_path):
    pid = next((int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid() and
                open(f"/proc/{p}/cmdline").read() == "" and " S " in open(f"/proc/{p}/stat").read()), None)
    if pid is None:
        pytest.skip("no kernel thread is visible from here")
    assert "kernel thread" in refused(tmp_path, "-p", pid)


def test_zombie(tmp_path):
    p = subprocess.Popen(["true"])
    wait_for("it ends", lambda: ") Z " in open(f"/proc/{p.pid}/stat").read())
    said = refused(tmp_path, "-p", p.pid)
    assert f"process {p.pid} is a zombie" in said and "reaped" in said
    p.wait()


def test_not_go(tmp_path, process):
    pid = process("cat")
    said = refused(tmp_path, "-p", pid)
    assert f"process {pid} (" in said and "/cat): not a Go program" in said and "give the pid" in said
    assert "/proc/" not in said


def test_other_machines(tmp_path, go):
    """A 32-bit program that runs, and programs of other machines as files."""
    source = tmp_path / "m.go"
    source.write_text("package main\n\nfunc main() {\n\tvar b [1]byte\n\tfor {\n\t\tread(&b)\n\t}\n}\n".replace(
        "read(&b)", "os.Stdin.Read(b[:])").replace("package main\n", 'package main\n\nimport "os"\n'))
    for arch in ("386", "arm64", "s390x"):
        env = dict(os.environ, GOROOT=str(go.root(NEWEST)), GOARCH=arch, GOTOOLCHAIN="local", CGO_ENABLED="0", GOFLAGS="",
                   GOCACHE=str(BUILD / "go-cache"), GOPATH=str(BUILD / "go-path"))
        made = run(go.root(NEWEST) / "bin/go", "build", "-o", tmp_path / arch, source, env=env, cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        doctor = run(CHANREC, "doctor", tmp_path / arch)
        assert doctor.returncode == 1 and "only 64-bit" in doctor.stdout, doctor.stdout


def test_32_bit_process(tmp_path, go, process):
    test_other_machines(tmp_path, go)
    try:
        pid = process(tmp_path / "386")
    except OSError:
        pytest.skip("this kernel runs no 32-bit programs")
    said = refused(tmp_path, "-p", pid)
    assert "amd64" in said and ("32-bit" in said or "another machine" in said)


def test_under_a_loader(tmp_path, process):
    if not os.path.exists(LOADER):
        pytest.skip(f"there is no {LOADER}")
    pid = process(LOADER, "/bin/cat")
    said = refused(tmp_path, "-p", pid)
    assert "through a loader" in said and "start the program itself" in said


def test_no_permission(workload, bpf):
    """Neither another user's process nor, without BPF, one's own can be recorded."""
    target = workload("blockers", NEWEST)
    target.line()
    out = f"/tmp/chanrec-{os.getpid()}-nobody.zst"
    tried = run(*NOBODY, CHANREC, "record", "-p", target.pid, "-o", out)
    assert tried.returncode == 1 and f"no permission to inspect process {target.pid}" in tried.stderr
    assert "run as root" in tried.stderr and "CAP_SYS_PTRACE" in tried.stderr
    doctor = run(*NOBODY, CHANREC, "doctor", "-p", target.pid)
    assert doctor.returncode == 1 and "no permission to inspect" in doctor.stdout and "setcap" in doctor.stdout
    tried = run(*NOBODY, CHANREC, "record", "-o", out, "--", target.path)
    assert tried.returncode == 1 and "no permission to load BPF programs" in tried.stderr
    assert "CAP_BPF" in tried.stderr and "CAP_PERFMON" in tried.stderr
    assert not os.path.exists(out)


CAPS = {"CAP_BPF": 39, "CAP_PERFMON": 38, "CAP_SYS_PTRACE": 19, "CAP_DAC_READ_SEARCH": 2}


def with_caps(*names):
    caps = ",".join(f"+cap_{CAPS[n]}" for n in names)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps=-all,{caps}",
            f"--ambient-caps=-all,{caps}", "--"]


@pytest.mark.parametrize("missing", [None, *CAPS])
def test_capabilities_are_enough(workload, bpf, missing):
    """Not root, but with the capabilities that the README names: all is well. Without one, it is named, and only that."""
    target = workload("blockers", NEWEST)
    target.line()
    out = f"/tmp/chanrec-{os.getpid()}-caps.zst"
    before = with_caps(*(c for c in CAPS if c != missing))
    recorded = run(*before, CHANREC, "record", "-d", "0.2", "-p", target.pid, "-o", out)
    dumped = run(*before, CHANREC, "dump", "-p", target.pid)
    doctor = run(*before, CHANREC, "doctor", "-p", target.pid)
    if not missing:
        assert recorded.returncode == 0 and os.path.exists(out), recorded.stderr
        os.remove(out)
        assert doctor.returncode == 0 and "FAILS" not in doctor.stdout, doctor.stdout
    else:
        assert recorded.returncode == 1 and not os.path.exists(out)
        assert [c for c in CAPS if c in recorded.stderr] == [missing], recorded.stderr
        assert missing in doctor.stdout, doctor.stdout
    # BPF is not needed to read memory.
    assert dumped.returncode == (missing in ("CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH")), dumped.stderr
    assert missing is None or dumped.returncode == 0 or missing in dumped.stderr


def test_output_cannot_be_written(tmp_path, workload):
    target = workload("blockers", NEWEST)
    for path, why in ((tmp_path / "none/t.zst", "No such file"), (tmp_path, "Is a directory")):
        tried = run(CHANREC, "record", "-p", target.pid, "-o", path)
        assert tried.returncode == 1
        assert str(path) in tried.stderr and why in tried.stderr and "-o FILE" in tried.stderr


def test_doctor(workload, go, bpf):
    """doctor on the machine, on a file without any privilege, and on a process; exits 1 if anything is missing."""
    machine = run(CHANREC, "doctor")
    assert machine.returncode == 0 and "Ready to record on this machine" in machine.stdout and "FAILS" not in machine.stdout
    path = go.build("blockers", NEWEST, "stripped")
    static = run(*NOBODY, CHANREC, "doctor", path)
    assert static.returncode == 0 and f"go{NEWEST}" in static.stdout, static.stdout
    for event in ("go.park", "go.ready", "go.create", "go.exit", "chan.make", "chan.close"):
        assert event in static.stdout
    assert "emulated" in static.stdout and "single-stepped" not in static.stdout and "chan.op" not in static.stdout
    target = workload("blockers", NEWEST, "stripped")
    target.line()
    whole = run(CHANREC, "doctor", "-p", target.pid, "--events", "default,ops")
    assert whole.returncode == 0 and "Ready to record process" in whole.stdout, whole.stdout
    assert "(ret), single-stepped" in whole.stdout and " read with their stacks, 0 not" in whole.stdout
    no_binary = run(CHANREC, "doctor", "/bin/true")
    assert no_binary.returncode == 1 and "not a Go program" in no_binary.stdout


@pytest.mark.parametrize("args", [("a", "b"), ("-p", "1", "a"), ("-p", "x"), ("--events", "nonsense"), ("--events", ""),
                                  ("--unknown",)])
def test_doctor_wrong_usage(args):
    done = run(CHANREC, "doctor", *args)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_doctor_leaves_nothing(workload, bpf):
    """doctor detaches its probes: the code is as in the file again, and the program continues."""
    target = workload("counts", NEWEST)
    assert run(CHANREC, "doctor", "-p", target.pid).returncode == 0
    static = run(CHANREC, "doctor", target.path).stdout
    with open(f"/proc/{target.pid}/mem", "rb") as mem:
        for line in (x for x in static.splitlines() if "emulated" in x):
            mem.seek(int(line.split(" at 0x")[1].split()[0], 16))
            assert mem.read(1) != b"\xcc", line
    assert target.ask("go") == "done"
