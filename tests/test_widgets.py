"""Each widget alone with a session: it shows every state, and each gesture is one verb."""

from __future__ import annotations

import logging
import subprocess

import pytest
from recording_comm import all_widgets, click, recording, tap, tell, type_into
from test_loading import MIRI, PATIENCE, Gate, ScriptedArchive, all_rows, pieces

from jwstwidgets import Filters, SampleArchive, Session
from jwstwidgets.errors import ArchiveUnavailable
from jwstwidgets.jobs import Inline
from jwstwidgets.vocabulary import STAGES
from jwstwidgets.widgets.basket_panel import BasketPanel
from jwstwidgets.widgets.details_panel import DetailsPanel
from jwstwidgets.widgets.filter_bar import FilterBar
from jwstwidgets.widgets.graph_view import GraphView
from jwstwidgets.widgets.link_list import LinkList
from jwstwidgets.widgets.search_bar import SearchBar
from jwstwidgets.widgets.status_line import StatusLine
from jwstwidgets.widgets.view import View

I2D = f"{MIRI}_i2d.fits"
NIRCAM = "jw02736-o001_t001_nircam_clear-f200w"
CAL = "main/2b/cal"
VIEWS = (SearchBar, FilterBar, GraphView, DetailsPanel, BasketPanel, StatusLine, LinkList)


@pytest.fixture(autouse=True)
def record():
    with recording() as record:
        yield record


@pytest.fixture
def session():
    session = Session()
    session.open(MIRI)
    return session


# --- what all have in common ---


@pytest.mark.parametrize("view", VIEWS)
def test_each_works_alone_from_nothing_to_anything(view):
    session = Session()
    shown = view(session)
    session.open(MIRI)
    session.set_filters(mrp=False, guide_stars=True, stages={"3", "2b"})
    session.tap(CAL)
    session.select(I2D)
    session.add_lineage()
    session.open("jw09331001001_xx101_00001_nircam")
    session.open_rows(all_rows())
    session.open_rows([])
    session.select(None)
    assert session.state.problems == ()
    shown.close()
    shown.close()
    assert session._listeners == []


@pytest.mark.parametrize("view", VIEWS)
def test_two_of_a_kind_and_one_made_late_show_the_same(view, session):
    first = view(session)
    session.set_filters(previews=True)
    session.tap(CAL)
    session.select(I2D)
    session.add_shown()
    late = view(session)

    def values(widget):
        names = ("value", "description", "options", "disabled")
        held = [[getattr(w, name, None) for name in names] for w in all_widgets(widget)]
        return [value for value in held if not str(value[0]).startswith("<style>")]

    assert values(first) == values(late)


class Broken(View):
    """Fails to render what has previews, and on request."""

    def __init__(self, session):
        super().__init__(session)
        self.rendered = 0
        self.start()

    def render(self, old, new):
        self.rendered += 1
        if new.filters.previews:
            raise ZeroDivisionError(f"<b>{self.rendered}</b>")


def test_a_view_that_fails_is_reported_and_stops_nobody(session, caplog):
    broken, status = Broken(session), StatusLine(session)
    bar = FilterBar(session)
    with caplog.at_level(logging.ERROR):
        session.set_filters(previews=True)
    assert bar.toggles["previews"].value
    assert len(session.state.problems) == 1
    assert "ZeroDivisionError" in session.state.problems[0]
    assert "&lt;b&gt;" in status.problems.value
    assert "<b>" not in status.problems.value
    assert "in jwstwidgets" in caplog.text
    session.set_filters(previews=False)
    assert len(session.state.problems) == 1
    assert broken.rendered >= 3


def test_what_goes_wrong_in_a_gesture_is_shown_and_not_raised(session):
    status = StatusLine(session)
    view = Broken(session)
    assert view.act(session.select, "<img src=x>") is None
    assert "&lt;img src=x&gt;" in status.problems.value
    assert view.act(lambda: 1 / 0) is None
    assert len(session.state.problems) == 2
    assert "Please report it" in session.state.problems[1]
    assert status.dismiss_button.layout.display is None
    click(status.dismiss_button)
    assert session.state.problems == ()
    assert status.problems.value == ""
    assert status.dismiss_button.layout.display == "none"


# --- search bar ---


def test_search_by_typing_and_by_clicking():
    session = Session()
    bar = SearchBar(session)
    assert bar.found.layout.display == "none"
    type_into(bar.text, value="2736")
    assert session.state.loaded.found["obs_id"].str.startswith("jw02736").all()
    assert [text.partition(":")[0] for text, _ in bar.found.options] == [
        f"{n} of 4" for n in (1, 2, 3, 4)
    ]
    assert bar.found.value == session.state.obs_id
    assert bar.found.layout.display is None
    assert "NIRCAM" in bar.summary.value
    other = bar.found.options[2][1]
    type_into(bar.found, index=2)
    assert session.state.obs_id == other
    assert len(bar.found.options) == 4
    type_into(bar.text, value=I2D)
    assert session.state.obs_id == MIRI
    assert bar.found.layout.display == "none"
    click(bar.open_button)
    assert session.state.obs_id == MIRI


def test_search_shows_what_was_opened_elsewhere(session):
    bar = SearchBar(session)
    assert bar.text.value == MIRI
    session.open(NIRCAM)
    assert bar.text.value == NIRCAM
    type_into(bar.text, value="no such thing")
    assert bar.text.value == "no such thing"
    assert len(session.state.problems) == 1
    assert session.state.obs_id == NIRCAM


def test_an_empty_search_is_a_problem():
    session = Session()
    bar = SearchBar(session)
    click(bar.open_button)
    assert "nothing to look for" in session.state.problems[0]


# --- filter bar ---


def test_toggles_change_the_filters_and_the_other_way_round(session):
    bar = FilterBar(session)
    assert {name: toggle.value for name, toggle in bar.toggles.items()} == {
        "mrp": True, "guide_stars": False, "references": False, "previews": False,
        "associations": True, "public_only": False,
    }  # fmt: skip
    for name, toggle in bar.toggles.items():
        before = session.state.filters
        type_into(toggle, value=not toggle.value)
        assert session.state.filters == before.with_(**{name: not getattr(before, name)})
        session.set_filters(before)
        assert toggle.value == getattr(before, name)


def test_counts_are_live(session):
    bar = FilterBar(session)
    assert [toggle.description for toggle in bar.toggles.values()] == [
        "MRP only · 5", "Guide stars · 407", "References · 0", "Previews · 81",
        "Associations · 18", "Public only",
    ]  # fmt: skip
    assert "showing 5 of 605 files" in bar.summary.value
    type_into(bar.toggles["guide_stars"], value=True)
    assert "showing 412 of 605 files" in bar.summary.value
    session.open(NIRCAM)
    assert bar.toggles["guide_stars"].description != "Guide stars · 407"
    assert f"of {len(session.state.table):,} files" in bar.summary.value


def test_menus(session):
    bar = FilterBar(session)
    stages = bar.menus["stages"]
    assert [text for text, _ in stages.options] == ["Stage: all", *(f"Stage: {s}" for s in STAGES)]
    type_into(stages, index=3)
    assert session.state.filters == Filters(stages="2b")
    type_into(stages, index=0)
    assert session.state.filters == Filters()
    assert bar.menus["detectors"].layout.display == "none"
    session.open(NIRCAM)
    assert bar.menus["detectors"].layout.display is None
    type_into(bar.menus["detectors"], index=1)
    assert session.state.filters.detectors == {"nrca1"}


def test_a_menu_shows_what_is_chosen_even_if_it_cannot_offer_it(session):
    bar = FilterBar(session)
    session.set_filters(detectors={"nrca1"}, stages={"3", "2b"})
    assert bar.menus["detectors"].label == "Detector: nrca1"
    assert bar.menus["detectors"].layout.display is None
    assert bar.menus["stages"].label == "Stage: 2b, 3"
    type_into(bar.menus["detectors"], index=0)
    assert session.state.filters == Filters(stages={"3", "2b"})
    assert bar.menus["detectors"].layout.display == "none"


def test_a_list_that_states_no_mrp(real):
    from archive_fakes import read_rows

    session = Session()
    bar = FilterBar(session)
    session.open_rows(read_rows(real / "missions" / "products_jw01895001001_02101_00001.csv"))
    assert bar.toggles["mrp"].disabled
    assert "does not state" in bar.toggles["mrp"].tooltip
    assert bar.toggles["references"].description == "References · 116"
    session.open(MIRI)
    assert not bar.toggles["mrp"].disabled


# --- graph ---


def test_taps_in_the_browser_reach_the_session(session):
    view = GraphView(session)
    tap(view.cytoscape, view._ids[CAL])
    assert session.state.unfolded == (CAL,)
    part = next(n for n in session.diagram().nodes if n.parent == CAL)
    tap(view.cytoscape, view._ids[part.id])
    assert session.state.selection.codes.tolist() == part.codes.tolist()
    tap(view.cytoscape, view._ids[CAL])
    assert session.state.unfolded == ()
    before = session.state
    tap(view.cytoscape, "nothing of ours")
    for data in ({}, {"data": {}}):
        event = {"event": "tap", "widget": "node", "data": data}
        tell(view.cytoscape, method="custom", content=event)
    assert session.state is before


def test_elements_are_those_of_the_diagram(session):
    view = GraphView(session)
    session.tap(CAL)
    diagram = session.diagram()
    graph = view.cytoscape.graph
    titles = [n for n in graph.nodes if n.data["kind"] == "heading"]
    assert len(graph.nodes) - len(titles) == len(diagram.nodes)
    assert len(graph.edges) == len(diagram.edges)
    assert len(titles) == len(diagram.columns) + len(diagram.lanes)
    ids = [element.data["id"] for element in (*graph.nodes, *graph.edges)]
    assert len(set(ids)) == len(ids)
    placed = {n.data["id"]: (n.position["x"], n.position["y"]) for n in graph.nodes}
    assert all(placed[view._ids[n.id]] == (n.x, n.y) for n in diagram.nodes)
    nodes = set(placed)
    assert all({e.data["source"], e.data["target"]} <= nodes for e in graph.edges)


def test_style_says_what_is_hidden_lit_and_selected(session):
    view = GraphView(session)

    def rules(**style):
        found = [r for r in view.cytoscape.cytoscape_style if style.items() <= r["style"].items()]
        return {id.strip() for rule in found for id in rule["selector"].split(",")}

    def ids(nodes):
        return {f"#{view._ids[node.id]}" for node in nodes}

    diagram = session.diagram()
    hidden = [n for n in diagram.nodes if n.state == "hidden"]
    assert ids(hidden) <= rules(opacity=0.35)
    session.set_filters(Filters.everything())
    assert rules(opacity=0.35) == set()
    session.select(I2D)
    lit = diagram.holding(session.lit())
    dimmed = {id for id in rules(opacity=0.18) if id in ids(diagram.nodes)}
    assert dimmed == ids(n for n in diagram.nodes if n.id not in lit)
    assert rules(**{"border-width": 3.5}) == {f"#{view._ids['main/3/i2d']}"}
    session.select(None)
    assert rules(opacity=0.18) == rules(**{"border-width": 3.5}) == set()


def test_fit(session, record):
    view = GraphView(session)
    for _ in range(2):
        with record.counting() as said:
            view.fit()
        assert len(said) == 1


# --- details ---


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (I2D, ["Mosaic", "3 · combined", "16 cal files", "56.7 MB", "public", "Shown. It is MRP"]),
        (
            "jw02733002001_02103_00001_mirimage_cal.fits",
            [
                "Calibrated exposure",
                "1 uncal file",
                "1 crf file",
                "Hidden by the filter “MRP only”",
            ],
        ),
        (
            "jw02733002001_gs-acq1_2022163115638_stream.fits",
            ["Guide-star data stream", "8 observations", "a guide-star file never is"],
        ),
        (f"{MIRI}_i2d.jpg", ["Preview picture", "a preview picture never is"]),
        ("jw02733-o002_20220712t201523_image3_003_asn.json", ["Association", "i2d file"]),
        ("jw02733_20220712t201523_pool.csv", ["Association pool", "nothing in this list"]),
    ],
)
def test_details_of_a_file(session, file, said):
    panel = DetailsPanel(session)
    assert "Nothing selected" in panel.text.value
    assert panel.buttons.layout.display == "none"
    session.select(file)
    for words in (file, *said):
        assert words in panel.text.value
    assert panel.buttons.layout.display is None


def test_details_of_every_sample_file_are_told_without_a_failure():
    session = Session()
    panel = DetailsPanel(session)
    for obs_id in SampleArchive().catalogue()[0]["obs_id"][::3]:
        session.open(obs_id)
        seen = set()
        files = session.state.table.files
        for name, role, stage in zip(files["filename"], files["role"], files["stage"], strict=True):
            if (role, stage) not in seen:
                seen.add((role, stage))
                session.select(name)
                assert name in panel.text.value
    assert session.state.problems == ()


def test_details_of_a_group_follow_the_filters(session):
    panel = DetailsPanel(session)
    session.select(CAL)
    assert "16 files, 475 MB" in panel.text.value
    assert "0 shown, 16 hidden" in panel.text.value
    assert "None of them is MRP" in panel.text.value
    session.set_filters(mrp=False)
    assert "16 shown, 0 hidden" in panel.text.value
    assert panel.add_button.description == "Add group"


def test_details_buttons(session):
    panel = DetailsPanel(session)
    session.select(I2D)
    assert panel.add_button.description == "Add file"
    click(panel.add_button)
    assert len(session.state.basket) == 1
    click(panel.lineage_button)
    assert len(session.state.basket) == 85
    session.set_filters(mrp=False)
    session.select(CAL)
    session.clear_basket()
    click(panel.add_button)
    assert len(session.state.basket) == 16
    click(panel.clear_button)
    assert session.state.selection is None
    session.set_filters(mrp=True)
    session.select(CAL)
    click(panel.add_button)
    assert "no file is shown" in session.state.problems[0]


# --- basket ---


def test_basket_from_nothing_to_a_script(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = BasketPanel(session)
    assert "Empty" in panel.text.value
    assert panel.export_button.disabled
    click(panel.add_shown_button)
    assert "5 files" in panel.text.value
    assert not panel.export_button.disabled
    assert panel.path.value == "get_jw02733.sh"
    click(panel.export_button)
    script = tmp_path / "get_jw02733.sh"
    assert script.exists()
    assert "get_jw02733.sh" in panel.report.value
    assert "sh get_jw02733.sh" in panel.report.value
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    type_into(panel.format, index=1)
    assert panel.path.value == "jw02733.csv"
    type_into(panel.path, value=str(tmp_path / "mine.csv"))
    click(panel.export_button)
    assert len((tmp_path / "mine.csv").read_text().splitlines()) >= 6
    type_into(panel.format, index=0)
    assert panel.path.value == str(tmp_path / "mine.csv")
    click(panel.clear_button)
    assert len(session.state.basket) == 0
    assert panel.report.value == ""
    assert session.state.problems == ()


def test_basket_that_cannot_be_written_says_so(session, tmp_path):
    panel = BasketPanel(session)
    session.add_shown()
    type_into(panel.path, value=str(tmp_path / "none" / "a.sh"))
    click(panel.export_button)
    assert "no folder" in session.state.problems[0]
    assert panel.report.value == ""


def test_basket_tells_reasons(session):
    panel = BasketPanel(session)
    session.add(I2D)
    session.add_lineage(I2D)
    assert "1 × picked" in panel.text.value
    assert f"85 × lineage of {I2D}" in panel.text.value
    for name in session.state.table.files["filename"][:8]:
        session.add_lineage(name)
    assert "more reasons" in panel.text.value


# --- lists ---


def test_lists_hold_all_that_is_drawn_and_taps_work_from_them(session):
    listed = LinkList(session)
    ids = [value for _, value in listed.nodes.options]
    assert ids == [n.id for n in session.diagram().nodes if n.kind != "place"]
    type_into(listed.nodes, index=ids.index(CAL))
    assert session.state.selection.name == CAL
    click(listed.tap_button)
    assert session.state.unfolded == (CAL,)
    assert listed.nodes.value == CAL
    assert len(listed.nodes.options) == len(ids) + 16
    click(listed.tap_button)
    assert session.state.unfolded == ()

    def text_of(id):
        return next(text for text, value in listed.nodes.options if value == id)

    assert "cal ×16" in text_of(CAL)
    assert "hidden" in text_of(CAL)
    session.set_filters(mrp=False)
    assert "hidden" not in text_of(CAL)


def test_links_lead_on(session):
    listed = LinkList(session)
    assert listed.links.options == ()
    session.select(I2D)
    expected = session.state.linkage.links(I2D)
    assert len(listed.links.options) == len(expected)
    assert any("was combined from" in text for text, _ in listed.links.options)
    assert all(value != I2D for _, value in listed.links.options)
    index = next(i for i, (text, _) in enumerate(listed.links.options) if "_cal.fits" in text)
    target = listed.links.options[index][1]
    type_into(listed.links, index=index)
    assert session.state.selection.name == target
    assert any(I2D in text for text, _ in listed.links.options)
    session.select(CAL)
    assert listed.links.options == ()


# --- status ---


def test_status_shows_progress_cancel_and_the_end():
    gate = Gate()
    session = Session(ScriptedArchive(pieces(2)[0], gate, pieces(2)[1]))
    line = StatusLine(session)
    assert line.bar.layout.display == line.cancel_button.layout.display == "none"
    assert "Data: scripted archive" in line.text.value
    assert "jwstwidgets-sample" not in line.text.value
    session.open(MIRI)
    assert gate.reached.wait(PATIENCE)
    assert line.bar.layout.display is None
    assert line.cancel_button.layout.display is None
    assert "pages read" in line.text.value
    click(line.cancel_button)
    gate.go.set()
    assert session.wait(PATIENCE)
    assert "Cancelled" in line.text.value
    assert line.cancel_button.layout.display == "none"
    assert len(session.state.table) == 0


def test_status_tells_problems_and_notes(session):
    line = StatusLine(session)
    assert "sample archive (reconstruction)" in line.text.value
    for _ in range(3):
        ids = dict.fromkeys(node.id for node in session.diagram().nodes)
        session._change(unfolded=tuple(dict.fromkeys(session.state.unfolded) | ids))
    assert len(session.diagram().notes) > 3
    assert "stays folded" in line.text.value
    assert line.text.value.count("stays folded") <= 3
    down = ArchiveUnavailable("<b>MAST</b> is down.", "Try again.")
    failing = Session(ScriptedArchive((down,), all_rows()), executor=Inline())
    line = StatusLine(failing)
    failing.open(MIRI)
    assert "&lt;b&gt;MAST&lt;/b&gt; is down. Try again." in line.problems.value
    assert len(failing.state.table) == 605
