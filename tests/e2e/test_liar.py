"""A program that overwrites what its own runtime knows, with tests/workloads/liar: nothing it says ends a recording."""
import time

import pytest
from conftest import CHANREC, NEWEST, OLDEST, PATIENCE, Workload, run


def liar(go, version):
    path = go.build("liar", version)
    symbols = {line.split()[-1]: line.split()[0] for line in run("nm", path).stdout.splitlines()}
    return Workload(path, symbols["runtime.allglen"], symbols["runtime.allgptr"])


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_a_recording_of_a_liar_goes_on(go, record, version):
    target = liar(go, version)
    try:
        assert target.line() == "ready"
        for begun in (True, False):
            if not begun:
                target.ask("lie")
            recorder = record("-p", target.pid, "--labels", wait=begun)
            if begun:
                target.ask("lie")
            time.sleep(0.7)
            recorder.stop()
            # It may refuse one that has lied from the start.
            assert recorder.process.returncode in ((0,) if begun else (0, 1)), recorder.stderr
            assert "breaks a rule" not in recorder.stderr and "Sanitizer" not in recorder.stderr
            if recorder.process.returncode == 0:
                assert run(CHANREC, "info", "--verify", recorder.trace).returncode == 0
                for how in ("text", "json", "folded"):
                    shown = run(CHANREC, "report", "--format", how, recorder.trace, timeout=PATIENCE)
                    assert shown.returncode == 0, shown.stderr
            target.ask("honest")
        assert target.process.poll() is None
    finally:
        target.kill()
