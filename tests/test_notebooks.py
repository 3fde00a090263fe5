"""The notebooks run offline from top to bottom, and are saved as what they show."""

from __future__ import annotations

import getpass
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebook_runs import NOTEBOOKS, WIDGET, no_way_out, run, shown, to_be_saved

from jwstwidgets import Session

FIRST = next(path for path in NOTEBOOKS if path.name == "01_explore.ipynb")


def saved(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def text_of(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A notebook, what came of running a copy of it, and what it asked of the network."""
    if shutil.which("curl") is None and shutil.which("wget") is None:
        pytest.skip("neither curl nor wget is here, and the notebook runs a download script")
    folder = tmp_path_factory.mktemp("notebook")
    with no_way_out() as (settings, asked):
        made = run(request.param, folder, settings)
    return request.param, made, asked, folder


@pytest.mark.slow
def test_runs_without_the_network(executed):
    _, made, asked, _ = executed
    errors = [o for c in made.cells for o in c.get("outputs", []) if o.output_type == "error"]
    assert errors == []
    assert asked == []


@pytest.mark.slow
def test_shows_what_is_saved(executed):
    path, made, _, _ = executed
    assert shown(to_be_saved(made)) == shown(saved(path)), (
        f"{path.name} is not saved as it looks now: python tests/notebook_runs.py"
    )


@pytest.mark.slow
def test_displayed_widget_is_also_a_picture(executed):
    path, made, _, _ = executed
    if path != FIRST:
        pytest.skip("not every notebook shows a widget")
    with_pictures = [
        o.data
        for c in made.cells
        for o in c.get("outputs", [])
        if "image/svg+xml" in o.get("data", {})
    ]
    assert len(with_pictures) == 2


@pytest.mark.slow
def test_script_was_run_and_every_file_is_whole(executed):
    path, made, _, folder = executed
    if path != FIRST:
        pytest.skip("not every notebook runs a script")
    said = "\n".join(
        o["text"] for c in made.cells for o in c.get("outputs", []) if o.output_type == "stream"
    )
    assert "5 of 5 files whole, 65.2 MB" in said
    script = folder / "downloads" / "get_jw02733.sh"
    assert len(re.findall(r"mast:JWST/product/", script.read_text(encoding="utf-8"))) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_saved_notebook_holds_no_kernel_state_and_nothing_of_this_machine(path):
    notebook, text = saved(path), path.read_text(encoding="utf-8")
    assert "widgets" not in notebook.metadata
    assert WIDGET not in text
    assert not re.search(r"(/home/|/root/|/Users/|/tmp/|\\\\Users)", text)
    assert not re.search(r"127\.0\.0\.1:\d", text)
    if (user := getpass.getuser()) != "root":
        assert user not in text
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1)), "saved from a run from top to bottom"


def test_first_notebook_tells_the_truth():
    """The numbers in its text are those of the files."""
    session = Session()
    session.open("jw02733-o002_t001_miri_f1130w")
    table, text = session.state.table, text_of(saved(FIRST))
    guide = table.files["role"] == "guide-star"
    kinds = table.files["subgroup"][guide].value_counts()
    pointings = table.names["time"][table.files["subgroup"] == "GS-FG"].nunique()
    session.add_lineage("jw02733-o002_t001_miri_f1130w_i2d.fits")

    assert f"{len(table)} files, {table.total_bytes() / 1e9:.1f} GB" in text
    assert f"{guide.sum()} of them about guide stars" in text
    assert kinds["GS-FG"] == kinds["GS-TRACK"] == 3 * pointings
    assert f"2 visits × {pointings // 2} pointings × 2 steps × 3 files = {6 * pointings}" in text
    assert f"{kinds['GS-ACQ1'] + kinds['GS-ACQ2']} from acquisition" in text
    assert f"{kinds['GS-ID']} from identification" in text
    assert str(session.state.basket.totals) in text  # "85 files, 4.3 GB"
    assert "reconstruction" in text
