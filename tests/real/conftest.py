"""The fixtures of tests/e2e, for real programs."""
import importlib.util
import pathlib
import sys

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e/conftest.py"
spec = importlib.util.spec_from_file_location("e2e", E2E)
e2e = importlib.util.module_from_spec(spec)
sys.modules["e2e"] = e2e
spec.loader.exec_module(e2e)

bpf, bpf_state, go, record = e2e.bpf, e2e.bpf_state, e2e.go, e2e.record
