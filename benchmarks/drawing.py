"""From running a cell to a drawn graph, in a real JupyterLab in Chromium; messages are counted.

Drawn is when the canvas of the cell's output holds its first picture, and at rest when that has
not changed for 0.7 s; both are clocked in the page, from the key press that runs the cell. Ours
counts when it is at rest; the peer, which goes on arranging for seconds, from its first picture.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measure import Line, compared, duration, times

ROOT = Path(__file__).resolve().parent.parent
#: How the tests start JupyterLab, read its messages and find a browser.
sys.path[:0] = [str(ROOT / folder) for folder in ("tests", "tools")]

_CUT_OFF = 60.0  # s, after which a graph counts as never drawn
_LIMIT = 2.0  # s
_CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)

#: Starts with the key press; looks at the output of one cell, 20 times a second, a 64 × 64 copy.
_CLOCK = """
number => {
  const clock = window.benchmark = {first: null, still: null};
  const copy = document.createElement("canvas");
  copy.width = copy.height = 64;
  const brush = copy.getContext("2d", {willReadFrequently: true});
  const picture = () => {
    const cells = document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell");
    brush.clearRect(0, 0, 64, 64);
    for (const canvas of cells[number].querySelectorAll(".jp-Cell-outputArea canvas"))
      if (canvas.width && canvas.height) brush.drawImage(canvas, 0, 0, 64, 64);
    return brush.getImageData(0, 0, 64, 64).data.join();
  };
  const blank = picture();
  const start = event => {
    if (event.key !== "Enter") return;
    document.removeEventListener("keydown", start, true);
    const begin = performance.now();
    let before = blank, changed = null;
    const look = setInterval(() => {
      const now = picture(), at = performance.now() - begin;
      if (now !== before) {
        changed = at;
        clock.first ??= at;
        before = now;
      } else if (changed !== null && at - changed > 700) {
        clock.still = changed;
        clearInterval(look);
      }
    }, 50);
  };
  document.addEventListener("keydown", start, true);
}
"""


@dataclass(frozen=True)
class Case:
    """What is run: cells before, and the cell that is clocked."""

    name: str
    before: tuple[str, ...]
    cell: str
    runs: int = 3


@dataclass
class Drawn:
    """What came of it: seconds, None where it never was; messages of each type."""

    first: float | None = None
    still: float | None = None
    messages: Counter[str] = field(default_factory=Counter)

    @property
    def widget_messages(self) -> int:
        """Messages of widgets: one a comm opened, one a change."""
        return sum(self.messages[kind] for kind in ("comm_open", "comm_msg", "comm_close"))


def cases(long: Path, unique: Path) -> tuple[Case, ...]:
    """Ours on 605 files and on two long lists; the peer on two random graphs."""
    random_graph = (
        "import networkx\nfrom ipycytoscape import CytoscapeWidget\n"
        "graph = networkx.gnm_random_graph({0}, {0}, seed=0)"
    )
    rows_in_memory = (
        "import pandas\nfrom jwstwidgets import explore\nrows = pandas.read_parquet({!r})"
    )
    peer = "widget = CytoscapeWidget()\nwidget.graph.add_graph_from_networkx(graph)\nwidget"
    return (
        Case("fresh", ("1",), "from jwstwidgets import explore\nexplore()"),
        Case("605", ("from jwstwidgets import explore\nexplore()\nNone",), "explore()"),
        Case("long", (rows_in_memory.format(str(long)),), "explore(rows=rows)"),
        Case("unique", (rows_in_memory.format(str(unique)),), "explore(rows=rows)"),
        Case("peer-200", (random_graph.format(200),), peer),
        Case("peer-1000", (random_graph.format(1000),), peer, runs=1),
    )


def find_browser() -> str | None:
    """Path of a Chromium, as the tests find it."""
    command = [sys.executable, str(ROOT / "tools" / "find_browser.py")]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return found or None


def measure(long: pd.DataFrame, unique: pd.DataFrame) -> Iterator[Line]:
    """All cases, each run in a kernel of its own, in turns."""
    browser = find_browser()
    if browser is None:
        yield Line("Drawing in Chromium", "not measured: no Chromium or Chrome found")
        return
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "long.parquet", Path(folder) / "unique.parquet"
        for rows, path in zip((long, unique), parquet, strict=True):
            rows.to_parquet(path)
        drawn = _run(browser, Path(folder), cases(*parquet))
    yield _line("`explore()` on 605 files, first cell of a fresh kernel", drawn, "fresh", 200)
    yield _line("`explore()` on 605 files, imports done", drawn, "605", 200)
    for name, rows, label in (
        ("long", long, "repeated as in real programs"),
        ("unique", unique, "each file once"),
    ):
        what = f"`explore(rows=…)` on {len(rows):,} rows {label}, in memory"
        yield _line(what, drawn, name, 1000)


def _run(browser: str, folder: Path, cases: tuple[Case, ...]) -> dict[str, list[Drawn]]:
    from browser.lab import running_lab
    from playwright.sync_api import sync_playwright

    notebooks, home = folder / "notebooks", folder / "jupyter"
    notebooks.mkdir()
    home.mkdir()
    for case in cases:
        for run in range(case.runs):
            _write_notebook(notebooks / f"{case.name}-{run}.ipynb", *case.before, case.cell)
    drawn: dict[str, list[Drawn]] = {case.name: [] for case in cases}
    with running_lab(notebooks, home) as lab, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=_CHROMIUM.split())
        for run in range(max(case.runs for case in cases)):
            for case in cases:
                if run < case.runs:
                    address = lab.address(f"{case.name}-{run}.ipynb")
                    drawn[case.name].append(_clock(chromium, address, len(case.before)))
        chromium.close()
    return drawn


def _write_notebook(path: Path, *cells: str) -> None:
    import nbformat

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    # Else JupyterLab asks which kernel to take.
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, path)


def _clock(chromium: Any, address: str, number: int) -> Drawn:
    """Open a notebook, run the cells before, and clock the one with this number."""
    from browser.lab import named_messages
    from playwright.sync_api import TimeoutError as NotDrawn

    page = chromium.new_page(viewport={"width": 1500, "height": 950})
    page.set_default_timeout(1000 * _CUT_OFF)
    result = Drawn()
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived", lambda frame: result.messages.update([named_messages(frame)])
        ),
    )
    page.goto(f"{address}&reset")  # else the notebooks of earlier cases open, too
    cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
    cells.first.wait_for()
    for cell in range(number):
        _run_cell(page, cells.nth(cell))
    cells.nth(number).locator(".cm-content").click()
    page.evaluate(_CLOCK, number)
    result.messages.clear()
    page.keyboard.press("Control+Enter")
    with contextlib.suppress(NotDrawn):
        page.wait_for_function("() => window.benchmark.still !== null")
    first, still = page.evaluate("() => [window.benchmark.first, window.benchmark.still]")
    result.first = None if first is None else first / 1000
    result.still = None if still is None else still / 1000
    # So that its kernel does not go on beside the next one.
    _end_kernels(page)
    page.close()
    return result


def _run_cell(page: Any, cell: Any) -> None:
    """Run a cell and wait until it has been run."""
    prompt = cell.locator(".jp-InputPrompt")
    give_up = time.monotonic() + _CUT_OFF
    # What is run before the kernel is connected may be dropped: pressed until it is taken.
    while prompt.text_content().strip("[]: ") == "" and time.monotonic() < give_up:
        page.get_by_text("| Idle").wait_for()
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)
    while not prompt.text_content().strip("[]: ").isdecimal():
        if time.monotonic() > give_up:
            raise TimeoutError(f"A cell was not run within {_CUT_OFF:.0f} s.")
        page.wait_for_timeout(100)
    page.get_by_text("| Idle").wait_for()


def _end_kernels(page: Any) -> None:
    page.evaluate(
        """async () => {
          const base = JSON.parse(document.getElementById("jupyter-config-data").textContent);
          const at = path => `${base.baseUrl}api/${path}?token=${base.token}`;
          for (const session of await (await fetch(at("sessions"))).json())
            await fetch(at(`sessions/${session.id}`), {
              method: "DELETE",
              headers: {"X-XSRFToken": (document.cookie.match(/_xsrf=([^;]*)/) || [])[1] || ""},
            });
        }"""
    )
    time.sleep(0.5)


def _line(what: str, drawn: dict[str, list[Drawn]], name: str, count: int) -> Line:
    """One of our cases beside the peer's graph of so many nodes."""
    runs, peer = drawn[name], drawn[f"peer-{count}"]
    messages = max(run.widget_messages for run in runs)
    other = f"`add_graph_from_networkx`, {count:,} nodes and edges, {_peer(peer)}"
    taken = [run.still for run in runs if run.still is not None]
    if len(taken) < len(runs):
        ours = f"not drawn in {len(runs) - len(taken)} of {len(runs)} runs"
        return Line(f"Drawn: {what}", ours, other, "", "≤ 2 s", False)
    ratio = times(max(run.widget_messages for run in peer) / messages) + " fewer messages"
    theirs = [run.first for run in peer if run.first is not None]
    if theirs:
        ratio = f"{compared(statistics.median(taken), statistics.median(theirs))}, {ratio}"
    return Line(
        f"Drawn: {what}",
        f"{duration(statistics.median(taken))}, slowest {duration(max(taken))}; "
        f"{messages:,} messages",
        other,
        ratio,
        "≤ 2 s",
        max(taken) <= _LIMIT,
    )


def _peer(runs: list[Drawn]) -> str:
    messages = f"{max(run.widget_messages for run in runs):,} messages"
    taken = [run.first for run in runs if run.first is not None]
    if not taken:
        return f"never drawn (waited {_CUT_OFF:.0f} s); {messages} arrived"
    return f"{duration(statistics.median(taken))}; {messages}"
