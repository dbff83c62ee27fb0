"""What the report says first about programs rebuilt from public bug reports: tests/cases.

Each case is recorded with the defect and repaired. By default each runs on every Go version, every other one stripped,
and amid traffic on one version; CHANREC_TEST_VARIANTS=all tries every combination (make check-cases). All programs are
built and recorded when the first test runs, several at a time, since most of the time they wait. A program that shares
two CPUs with nine others may do less than it should, so an unexpected result does not count: the case is recorded again,
alone.
"""
import concurrent.futures
import os

import pytest

from cases import AT_ONCE, CASES, EXPECTED, Job, attempt, build, since, twins
from conftest import VERSIONS, at_least, report

EVERYTHING = os.environ.get("CHANREC_TEST_VARIANTS") == "all"
KINDS = ("default", "stripped")


def jobs_of(number, case):
    """NUMBER, the place of the case in the list, spreads the ways to run over the cases."""
    versions = [v for v in VERSIONS if at_least(v, since(case))]
    if EVERYTHING:
        return [Job(case, twin, version, kind, load) for version in versions for kind in KINDS
                for load in (False, True) for twin in twins(case)]
    loaded = versions[number % len(versions)]
    return [Job(case, twin, version, KINDS[(number + i) % 2], version == loaded)
            for i, version in enumerate(versions) for twin in twins(case)
            if not twin or version in (loaded, versions[(number + 1) % len(versions)])]


def marks(job):
    """For what expected.toml says that it is not right yet; of a case with a defect its twin is always right."""
    expected = EXPECTED[job.case]
    if job.twin and not expected.get("healthy"):
        return []
    return [pytest.mark.xfail(strict=True, reason=expected["known"])] if "known" in expected else []


def parameters():
    for number, case in enumerate(sorted(EXPECTED)):
        for job in jobs_of(number, case):
            yield pytest.param(job, id=str(job), marks=marks(job))


@pytest.fixture(scope="session")
def results(go, request, tmp_path_factory):
    """{job: its result} of the tests that were chosen."""
    folder = tmp_path_factory.mktemp("cases")
    jobs = [item.callspec.params["job"] for item in request.session.items
            if "job" in getattr(getattr(item, "callspec", None), "params", ())]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda job: build(go, job), jobs))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(jobs, pool.map(lambda job: attempt(go, job, folder), jobs)))


def surprises(result):
    is_known = "known" in EXPECTED[result.job.case] and bool(marks(result.job))
    return bool(result.wrong) != is_known


def test_every_case_has_its_expectation():
    assert sorted(EXPECTED) == sorted(p.name for p in CASES.iterdir() if p.is_dir())
    for case in EXPECTED:
        sources = {job.source for job in jobs_of(0, case)}
        assert {*sources, "README"} == {p.name for p in (CASES / case).iterdir()}


@pytest.mark.parametrize("job", parameters())
def test_first_finding(bpf, go, results, job, tmp_path):
    result = results[job]
    if surprises(result):
        result = attempt(go, job, tmp_path)
    assert not result.wrong, str(result) + (report(result.trace) if result.trace else "")
