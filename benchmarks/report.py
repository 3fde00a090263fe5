"""The table: on the terminal, and between two marks in ``docs/performance.md``."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import Line

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin, written by `make bench` -->", "<!-- table: end -->"
_PACKAGES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "networkx",
    "ipywidgets",
    "ipycytoscape",
    "astroquery",
    "ipykernel",
    "jupyterlab",
)
_HEADINGS = ("Measured", "jwstwidgets", "Beside it", "Ratio", "Aim", "Met")


def table(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS)]
    for line in lines:
        met = {True: "yes", False: "**no**", None: ""}[line.met]
        rows.append((line.what, line.ours, line.other, line.ratio, line.aim, met))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def machine(browser: str = "") -> str:
    """What it was measured with, and when."""
    found = [f"{name} {installed}" for name in _PACKAGES if (installed := _version(name))]
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores, "
        f"{_memory()}{_system()}, Python {platform.python_version()}, {', '.join(found)}"
        f"{', ' + browser if browser else ''}. Load when it began: {os.getloadavg()[0]:.1f}."
    )


def write(block: str, page: Path = PAGE) -> None:
    """Replace what stands between the marks of the page.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has not both marks, {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{block}\n\n{END}{after}", encoding="utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", said, re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return ""
    return f"{size / 2**30:.0f} GB, "


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
