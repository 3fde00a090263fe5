"""What tests may ask for, and what happens where it is missing.

Two things a machine may lack: real archive rows (fixture ``real``) and a browser (fixture
``chromium``). Tests that need one are skipped there with a reason, the end of the run says loudly
how many, and under ``CI=true`` it is a failure.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

import find_browser

ROOT = Path(__file__).resolve().parent.parent
#: Marker -> (fixture that sets it, what is left out without it).
NEEDS = {
    "real": ("real", "tests against real archive rows"),
    "browser": ("chromium", "tests of the interface in a real browser"),
}


def missing(reason: str) -> None:
    """Leave a test out; under CI, fail it."""
    if find_browser.in_ci():
        pytest.fail(f"{reason} (CI is set, so this is a failure)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real archive rows. Data to read in place, never to copy into the project."""
    folder = Path(os.environ.get("JWSTWIDGETS_REAL_DATA") or ROOT.parent / "shared" / "real")
    if not folder.is_dir():
        missing(f"no real archive rows in {folder}; JWSTWIDGETS_REAL_DATA can name another folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Executable of the browser, for Playwright's ``launch(executable_path=...)``."""
    browser = find_browser.find()
    if browser is None:
        missing(f"no Chrome or Chromium that can be driven; {find_browser.BY_HAND} can name one")
    return browser


def pytest_configure() -> None:
    # A set prints in another order in each process, and all workers must name a test the same.
    os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))


def pytest_report_header() -> str:
    return f"PYTHONHASHSEED={os.environ['PYTHONHASHSEED']}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, (fixture, _) in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        # On one worker: they share one JupyterLab, and two would fight for the CPU.
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


def left_out(config: pytest.Config) -> list[tuple[str, Counter[str]]]:
    """What was skipped for want of something: (what it is, reason -> number of tests)."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    found = []
    for marker, (_, what) in NEEDS.items():
        reasons = Counter(
            report.longrepr[2].removeprefix("Skipped: ")
            for report in skipped
            if marker in report.keywords and isinstance(report.longrepr, tuple)
        )
        if reasons:
            found.append((what, reasons))
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    # Also where a test skipped itself instead of asking for the fixture.
    if find_browser.in_ci() and left_out(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not (found := left_out(config)):
        return
    verdict = "a failure, because CI is set" if find_browser.in_ci() else "the rest was run"
    terminalreporter.section(f"LEFT OUT: {verdict}", sep="*", red=True, bold=True)
    for what, reasons in found:
        for reason, number in reasons.items():
            terminalreporter.line(f"{number} {what}: {reason}", red=True, bold=True)
