"""Everything, in five minutes: ``make bench``, or ``python -m benchmarks.bench_all``.

Prints the table and writes it into ``docs/performance.md``; ``--rows``, ``--no-browser`` and
``--no-write`` are for trying out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks import drawing, importing, linking, report, toggling
from benchmarks.generate import product_rows
from benchmarks.measure import Line

_REPEATED, _UNIQUE = "repeated as in real programs", "each file once"


def measure(rows: int, *, browser: bool) -> Iterator[Line]:
    """All lines of the table."""
    # Processes first: they are disturbed most by what this one keeps in memory.
    yield from importing.measure()
    repeated, unique = product_rows(rows), product_rows(rows, repeated=False)
    yield from linking.measure(repeated, _REPEATED, slow_rounds=3)
    yield from linking.measure(unique, _UNIQUE, slow_rounds=1)
    yield from toggling.measure(repeated, _REPEATED)
    yield from toggling.measure(unique, _UNIQUE)
    if browser:
        yield from drawing.measure(repeated, unique)


def main() -> None:
    """Read the command line, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=300_000, help="rows of the generated lists")
    parser.add_argument("--no-browser", action="store_true", help="leave out what needs Chromium")
    parser.add_argument("--no-write", action="store_true", help="print only")
    arguments = parser.parse_args()
    about = report.machine("" if arguments.no_browser else _browser())
    began = time.monotonic()
    lines = []
    for line in measure(arguments.rows, browser=not arguments.no_browser):
        print(
            f"{line.what}: {line.ours} | {line.other} | {line.ratio}", file=sys.stderr, flush=True
        )
        lines.append(line)
    block = f"{about} The run took {time.monotonic() - began:.0f} s.\n\n{report.table(lines)}"
    print(block)
    if not arguments.no_write:
        report.write(block)
        print(f"\nWritten into {report.PAGE}.", file=sys.stderr)
    missed = [line.what for line in lines if line.met is False]
    if missed:
        print(f"{len(missed)} aims not met: {'; '.join(missed)}", file=sys.stderr)


def _browser() -> str:
    path = drawing.find_browser()
    if path is None:
        return ""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2])


if __name__ == "__main__":
    main()
