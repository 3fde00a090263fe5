"""The benchmarks still run, on 2,000 rows, and what they compare does the same work.

No time is asserted here, nor anywhere in the tests: a machine may be busy.
"""

from __future__ import annotations

import networkx
import pytest

from benchmarks import importing, linking, report, toggling
from benchmarks.generate import MOSAIC, product_rows
from benchmarks.measure import Line

ROWS = 2_000


@pytest.fixture(scope="module", params=[True, False], ids=["repeated", "once"])
def rows(request):
    return product_rows(ROWS, repeated=request.param)


def test_generated_rows_are_the_same_every_time_and_repeat_as_asked(rows):
    repeated = rows["productFilename"].duplicated().any()

    assert rows.equals(product_rows(ROWS, repeated=bool(repeated)))
    assert ROWS <= len(rows) < 6 * ROWS  # whole observations, and the mosaic of all
    # Nothing that our grammar would have to guess at.
    assert (linking.link(rows).table.names["kind"] != "unknown").all()


def test_row_by_row_finds_the_same_edges(rows):
    assert linking.differences(rows) == []
    assert len(linking.link(rows).edges) > 1_000


def test_networkx_finds_the_same_ancestors(rows):
    linkage = linking.link(rows)
    graph = linking.lineage_graph(linkage)

    for file in (f"{MOSAIC}_i2d.fits", linking.usual_file(linkage)):
        found = linking.ancestor_names(linkage, file)
        assert len(found) > 10
        assert found == networkx.ancestors(graph, file)
        assert linking.ancestor_names(linking.first_time(linkage), file) == found


def test_floor_reads_every_name(rows):
    read, numbered = linking.floor(rows)
    names = rows["productFilename"]
    pools = names.str.endswith("_pool.csv")

    assert len(numbered.dictionary) == names.nunique()
    assert read.is_valid().to_numpy(zero_copy_only=False)[~pools].all()


def test_each_measurement_gives_lines(rows):
    lines = [*linking.measure(rows, "few", slow_rounds=1), *toggling.measure(rows, "few")]

    assert len(lines) == 7
    assert all(line.what and line.ours for line in lines)


def test_a_toggle_is_heard_by_the_views(rows):
    taken, messages = toggling.toggle_times(rows, rounds=1)

    assert len(taken) == len(toggling.TOGGLES)
    assert 1 <= messages < 20
    assert toggling.class_times(30, rounds=2)[1] == 30


def test_processes_are_timed():
    assert set(importing.process_times(1, {"nothing": "pass"})) == {"nothing"}


def test_report_replaces_the_table_only(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")

    report.write(report.table([Line("a toggle", "1 ms", aim="≤ 50 ms", met=False)]), page)

    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| a toggle | 1 ms |  |  | ≤ 50 ms | **no** |" in text
    assert report.machine().startswith("Measured on 20")


def test_report_refuses_a_page_without_marks(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text("no marks", encoding="utf-8")

    with pytest.raises(ValueError, match="has not both marks"):
        report.write("table", page)


def test_page_has_the_marks():
    text = report.PAGE.read_text(encoding="utf-8")

    assert text.index(report.BEGIN) < text.index(report.END)
