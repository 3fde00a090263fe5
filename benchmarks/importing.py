"""What a process waits for before anything happens: imports, and `explore()` on the sample.

Each is a whole process, start of Python included, in turns; medians. The files of all packages
are in the disk cache: each is run once before.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.measure import Line, compared, duration

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS: Mapping[str, str] = {
    "nothing": "pass",
    "jwstwidgets": "import jwstwidgets",
    "explore": "from jwstwidgets import explore; explore()",
    "dependencies": "import ipywidgets, ipycytoscape, pandas",
    "astroquery": "import astroquery.mast",
}
_LIMIT = 0.25  # s


def process_times(rounds: int = 7, programs: Mapping[str, str] = PROGRAMS) -> dict[str, float]:
    """Median seconds of each program."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(rounds + 1):
        for name, program in programs.items():
            start = time.perf_counter()
            # From the root of the project: it may not be installed.
            subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
            if turn:  # the first fills the disk cache
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def slowest_imports(count: int = 8) -> list[str]:
    """The modules that `import jwstwidgets` spends most in, as `python -X importtime` says."""
    command = [sys.executable, "-X", "importtime", "-c", PROGRAMS["jwstwidgets"]]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stderr
    rows = [line.removeprefix("import time:").split("|") for line in said.splitlines()[1:]]
    rows.sort(key=lambda row: -int(row[1]))
    return [
        f"{int(own):>7} µs {int(total):>7} µs {name.strip()}" for own, total, name in rows[:count]
    ]


def measure(rounds: int = 7) -> Iterator[Line]:
    """Our import and our explorer, beside what they stand on."""
    took = process_times(rounds)
    ours, explored = took["jwstwidgets"], took["explore"]
    astroquery, dependencies = took["astroquery"], took["dependencies"]
    yield Line(
        "`import jwstwidgets`, a whole process",
        duration(ours),
        f"`import astroquery.mast`, {duration(astroquery)}",
        compared(ours, astroquery),
        "≤ 0.25 s",
        ours <= _LIMIT,
    )
    yield Line(
        "… of which Python itself",
        duration(took["nothing"]),
        "",
        f"{took['nothing'] / ours:.2f} of its time",
    )
    yield Line(
        "`explore()` on the sample, a whole process",
        duration(explored),
        f"`import astroquery.mast`, {duration(astroquery)}",
        compared(explored, astroquery),
    )
    yield Line(
        "`explore()` on the sample, a whole process",
        duration(explored),
        f"`import ipywidgets, ipycytoscape, pandas`, {duration(dependencies)}",
        compared(explored, dependencies),
    )
    if ours > _LIMIT:
        print("python -X importtime -c 'import jwstwidgets' (own, cumulative):")
        print("\n".join(slowest_imports()))
