"""The explorer as a whole: messages counted, nothing left behind, nothing hostile let through."""

from __future__ import annotations

import gc
import re
import threading
import time
import weakref

import ipywidgets as widgets
import pytest
from recording_comm import (
    all_widgets,
    click,
    kinds,
    open_widgets,
    recording,
    tap,
    type_into,
    widgets_left,
)
from test_loading import MIRI, PATIENCE, Gate, ScriptedArchive, all_rows, pieces
from test_svg import parse

from jwstwidgets import Filters, MastArchive, SampleArchive, Session, explore
from jwstwidgets.app import Explorer
from jwstwidgets.archive import Query, ReplicaServer
from jwstwidgets.errors import JwstWidgetsError, NotInArchive
from jwstwidgets.jobs import Inline

I2D = f"{MIRI}_i2d.fits"
NIRCAM = "jw02736-o001_t001_nircam_clear-f200w"
CAL = "main/2b/cal"
IMG = "<img src=x onerror=alert(1)>"
ELEMENTS = ("NodeModel", "EdgeModel")


@pytest.fixture(autouse=True)
def record():
    with recording() as record:
        yield record


def elements(explorer):
    graph = explorer.graph.cytoscape.graph
    return [*graph.nodes, *graph.edges]


def split(said, explorer):
    """Messages of the elements that are drawn now, and all others but closings."""
    ids = {element.model_id for element in elements(explorer)}
    about = [message for message in said if message.comm_id in ids]
    others = [m for m in said if m.comm_id not in ids and m.kind != "close"]
    return about, others


# --- opening ---


def test_without_an_argument_it_shows_the_southern_ring():
    explorer = explore()
    assert explorer.session.state.obs_id == MIRI
    assert "reconstruction" in explorer.status.text.value
    assert explorer.session.state.problems == ()


@pytest.mark.parametrize(
    "what", [MIRI, I2D, 2733, "2733", "jw02733*", Query(instrument="MIRI/IMAGE")]
)
def test_whatever_names_it(what):
    assert explore(what).session.state.obs_id.endswith(("f1130w", "f2550w"))


def test_with_filters_and_rows():
    explorer = explore(rows=all_rows(), filters=Filters(guide_stars=True))
    assert explorer.filters.toggles["guide_stars"].value
    assert "412 of 605" in explorer.filters.summary.value
    with pytest.raises(NotInArchive, match="asterisk"):
        explore("nothing of the kind")
    with pytest.raises(JwstWidgetsError, match="productFilename"):
        explore(rows=[{"a": 1}])


def test_an_archive_alone_is_asked_nothing():
    archive = ScriptedArchive(all_rows())
    explorer = explore(archive=archive)
    assert archive.asked == []
    assert explorer.session.state.obs_id == ""
    type_into(explorer.search.text, value=MIRI)
    assert explorer.session.wait(PATIENCE)
    assert len(explorer.session.state.table) == 605


@pytest.mark.parametrize("obs_id", SampleArchive().catalogue()[0]["obs_id"])
def test_every_sample_observation_can_be_walked_through(obs_id):
    explorer = explore(obs_id)
    click(explorer.list_button)
    click(explorer.code_button)
    for node in explorer.session.diagram().nodes[:3]:
        explorer.graph.tap(node.id)
    for name in explorer.filters.toggles:
        type_into(explorer.filters.toggles[name], value=True)
    click(explorer.fold_button)
    assert explorer.session.state.unfolded == ()
    assert explorer.session.state.problems == ()


# --- messages ---


#: Messages, other than one per element, when an explorer is made: its other widgets are built.
TO_BUILD = 330
#: When it shows another observation: texts, menus, lists and the style sheet.
TO_OPEN = 45
#: When a group unfolds.
TO_TAP = 15
#: When something is toggled, highlighted, selected or put into the basket.
TO_TOGGLE = 8


def test_drawing_costs_one_message_an_element(record):
    with record.counting() as said:
        explorer = explore()
    about, others = split(said, explorer)
    assert len(about) == len(elements(explorer)) == len({m.comm_id for m in about})
    assert kinds(about).keys() == {"open"}
    assert len(others) <= TO_BUILD
    for obs_id in (NIRCAM, MIRI):
        with record.counting() as said:
            explorer.session.open(obs_id)
        about, others = split(said, explorer)
        assert len(about) == len(elements(explorer))
        assert len(others) <= TO_OPEN, kinds(others)
        # The lists of nodes and of edges go together: else the front end draws twice.
        graph = explorer.graph.cytoscape.graph.model_id
        assert sorted(k for m in said if m.comm_id == graph for k in m.data["state"]) == [
            "edges",
            "nodes",
        ]
        assert sum(message.comm_id == graph for message in said) == 1


def test_the_number_of_messages_does_not_grow_with_the_graph(record):
    explorer = explore()
    with record.counting() as said:
        explorer.session.tap(CAL)
    few = len(split(said, explorer)[1])
    explorer.session._change(unfolded=tuple(n.id for n in explorer.session.diagram().nodes))
    with record.counting() as said:
        explorer.session.tap("guide-star/2c/tracking/visit=001")
    about, others = split(said, explorer)
    assert len(elements(explorer)) > 300
    assert len(about) == len(elements(explorer))
    assert len(others) <= few + 2 <= TO_TAP
    everything = explorer.session.diagram()
    drawn = len(everything) + len(everything.columns) + len(everything.lanes)
    assert drawn == len(elements(explorer)) <= 400


@pytest.mark.parametrize("unfolded", [False, True])
def test_toggles_and_highlights_cost_a_handful(record, unfolded):
    explorer = explore()
    session = explorer.session
    click(explorer.list_button)
    if unfolded:
        session._change(unfolded=tuple(node.id for node in session.diagram().nodes))
    gestures = {
        name: lambda toggle=toggle: type_into(toggle, value=not toggle.value)
        for name, toggle in explorer.filters.toggles.items()
    }
    gestures |= {
        "stage": lambda: type_into(explorer.filters.menus["stages"], index=2),
        "file": lambda: session.select(I2D),
        "another": lambda: session.select("jw02733002001_02103_00001_mirimage_cal.fits"),
        "group": lambda: session.select(CAL),
        "tap": lambda: tap(explorer.graph.cytoscape, explorer.graph._ids["main/3/i2d"]),
        "none": lambda: session.select(None),
        "basket": lambda: click(explorer.basket.add_shown_button),
        "list": lambda: click(explorer.list_button),
        "code": lambda: click(explorer.code_button),
        "fit": lambda: click(explorer.fit_button),
    }
    for name, gesture in gestures.items():
        with record.counting() as said:
            gesture()
        assert len(said) <= TO_TOGGLE, (name, kinds(said))
        assert not kinds(said)["open"] + kinds(said)["close"]


def test_what_nobody_sees_costs_nothing(record):
    explorer = explore()
    explorer.session.set_filters(mrp=False)
    with record.counting() as said:
        explorer.session.set_filters(mrp=False)
        explorer.session.fold_all()
    assert said == []


# --- nothing is left behind ---


def test_what_was_drawn_before_is_closed():
    explorer = explore()
    first = {element.model_id for element in elements(explorer)}
    explorer.session.open(NIRCAM)
    second = {element.model_id for element in elements(explorer)}
    explorer.session.open(MIRI)
    assert not first & open_widgets()
    # The last but one may stay until the next drawing: the front end may still speak of it.
    explorer.session.open(NIRCAM)
    assert not second & open_widgets()
    count = len(open_widgets())
    for obs_id in (MIRI, NIRCAM) * 3:
        explorer.session.open(obs_id)
        explorer.session.tap(CAL if obs_id == MIRI else "main/2b/cal")
    explorer.session.open(NIRCAM)
    assert len(open_widgets()) <= count + 30


def test_ten_explorers_leave_nothing():
    before, threads = open_widgets(), set(threading.enumerate())
    sessions, explorers = [], []
    for _ in range(10):
        explorer = explore()
        explorer.session.tap(CAL)
        sessions.append(explorer.session)
        explorers.append(weakref.ref(explorer))
        explorer.close()
        explorer.close()
        del explorer
    assert [type(w).__name__ for w in widgets_left(before)] == []
    assert all(session._listeners == [] for session in sessions)
    assert set(threading.enumerate()) <= threads
    gc.collect()
    assert [ref() for ref in explorers if ref() is not None] == []


def test_closing_while_it_loads():
    gate = Gate()
    before = open_widgets()
    explorer = explore(MIRI, archive=ScriptedArchive(gate, *pieces(2)))
    assert gate.reached.wait(PATIENCE)
    explorer.close()
    gate.go.set()
    assert explorer.session.wait(PATIENCE)
    assert explorer.session.state.problems == ()
    assert widgets_left(before) == []


def test_two_explorers_of_one_session_agree():
    session = Session()
    session.open(MIRI)
    one, other = Explorer(session), Explorer(session)
    type_into(one.filters.toggles["previews"], value=True)
    assert other.filters.toggles["previews"].value
    assert other.filters.summary.value == one.filters.summary.value
    one.close()
    session.set_filters(mrp=False)
    assert "showing 198 of 605" in other.filters.summary.value


# --- gestures ---


def test_code_panel_follows():
    explorer = explore()
    assert explorer.code.layout.display == "none"
    click(explorer.code_button)
    assert "session.open(&#x27;jw02733" in explorer.code.value
    type_into(explorer.filters.toggles["mrp"], value=False)
    assert "Filters(mrp=False)" in explorer.code.value
    click(explorer.code_button)
    assert explorer.code.layout.display == "none"


def test_fold_all_is_the_way_back():
    explorer = explore()
    explorer.graph.tap(CAL)
    assert explorer.session.state.unfolded
    click(explorer.fold_button)
    assert explorer.session.state.unfolded == ()
    assert explorer.session.state.selection is None


def test_save_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = explore()
    click(explorer.picture_button)
    parse((tmp_path / "jw02733.svg").read_text())
    assert "jw02733.svg" in explorer.status.text.value
    monkeypatch.setattr(explorer.session, "save_picture", lambda path: 1 / 0)
    click(explorer.picture_button)
    assert "ZeroDivisionError" in explorer.status.problems.value


def test_to_a_script_without_touching_the_canvas(tmp_path):
    explorer = explore()
    click(explorer.list_button)
    assert explorer.links.layout.display is None
    options = [value for _, value in explorer.links.nodes.options]
    type_into(explorer.links.nodes, index=options.index("main/3/i2d"))
    assert "16 cal files" in explorer.details.text.value
    click(explorer.details.lineage_button)
    type_into(explorer.basket.path, value=str(tmp_path / "get.sh"))
    click(explorer.basket.export_button)
    assert "jw02733002001_02103_00001_mirimage_cal.fits" in (tmp_path / "get.sh").read_text()
    assert explorer.session.state.problems == ()


# --- what a notebook keeps ---


def test_mimebundle_has_the_widget_and_the_picture():
    explorer = explore()
    explorer.session.tap(CAL)
    bundle = explorer._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.model_id
    svg = bundle["image/svg+xml"]
    assert svg == explorer.session.picture()
    parse(svg)
    assert "text/plain" in bundle


def test_a_token_is_told_to_nobody(record, monkeypatch, tmp_path):
    token = "s3cr3t-t0k3n-0123456789"
    monkeypatch.setenv("MAST_API_TOKEN", token)
    with ReplicaServer(SampleArchive(), tokens=[token]) as server:
        explorer = explore(MIRI, archive=MastArchive(server.url))
        assert explorer.session.wait(60)
        explorer.session.select(I2D)
        explorer.session.add_shown()
        click(explorer.code_button)
        click(explorer.list_button)
        type_into(explorer.basket.path, value=str(tmp_path / "get.sh"))
        click(explorer.basket.export_button)
        assert len(explorer.session.state.table) == 605
    told = [record.text, explorer.session.code(), explorer.session.picture(), repr(explorer)]
    told += [str(widget.get_state()) for widget in all_widgets(explorer)]
    told += [(tmp_path / "get.sh").read_text(), str(explorer._repr_mimebundle_())]
    assert not any(token in text for text in told)


def test_over_http_it_opens_the_same():
    with ReplicaServer(SampleArchive()) as server:
        explorer = explore(MIRI, archive=MastArchive(server.url))
        assert explorer.session.wait(60)
    assert "showing 5 of 605 files" in explorer.filters.summary.value
    assert explorer.session.state.problems == ()
    assert len(explorer.session.diagram()) == len(explore().session.diagram())


# --- hostile input ---


HOSTILE = (IMG, "\"'><script>alert(1)</script>", "</style><b>", "&lt;img&gt;", "\u202eb\x00\x1b[0m")


def hostile_archive():
    rows = []
    kinds_of = ["SCIENCE", "AUXILIARY", "INFO", "PREVIEW", IMG]
    for i in range(40):
        text = HOSTILE[i % len(HOSTILE)]
        rows.append(
            {
                "obs_id": f"{text}{i % 7}",
                "obsID": str(i % 7),
                "parent_obsid": "0",
                "size": i,
                "productType": kinds_of[i % 5],
                "productFilename": f"{text}{i}_cal.fits",
                "dataURI": f"mast:{text}{i}",
                "description": text,
                "productSubGroupDescription": text,
                "productGroupDescription": "Minimum Recommended Products" if i % 2 else text,
                "dataRights": ("PUBLIC", text)[i % 2],
                "prvversion": text,
                "filters": text,
            }
        )
    known = (
        all_rows().head(20).assign(obs_id=IMG, prvversion=IMG, dataRights=IMG).to_dict("records")
    )
    about = dict.fromkeys(("target_name", "instrument_name", "filters", "dataRights"), IMG)
    observations = [{"obs_id": text, "obsid": "0", **about} for text in HOSTILE]
    archive = ScriptedArchive(
        type(all_rows())([*rows, *known]), (NotInArchive(IMG, IMG),), observations=observations
    )
    archive.label = f"archive {IMG}"
    return archive


def check_no_markup_of(explorer):
    """No HTML widget holds a tag that is not one of ours, and no attribute that does anything."""
    ours = {"style", "p", "b", "h4", "span", "div", "pre", "br", "i", "code"}
    ours |= {"svg", "g", "path", "polygon", "rect", "text", "title"}  # the legend is a drawing
    for widget in all_widgets(explorer):
        if isinstance(widget, widgets.HTML):
            value = re.sub(r"<style>[^<]*</style>", "", widget.value)
            tags = set(re.findall(r"<\s*/?\s*([^\s/>]*)", value))
            assert tags <= ours, (tags, value)
            assert not re.search(r"<[^>]*\son\w+=", value)
        assert not getattr(widget, "description_allow_html", False)


def test_hostile_archive_text_is_only_text_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(hostile_archive(), executor=Inline())
    explorer = Explorer(session)
    session.open("anything")
    session.set_filters(Filters.everything())
    click(explorer.list_button)
    click(explorer.code_button)
    check_no_markup_of(explorer)
    for _ in range(2):
        for node in session.diagram().nodes:
            session.unfold(node.id)
    click(explorer.code_button)
    for node in [n for n in session.diagram().nodes if n.kind != "place"]:
        session.select(node.id)
        check_no_markup_of(explorer)
        if node.kind != "file":
            click(explorer.details.add_button)
            click(explorer.details.lineage_button)
    click(explorer.code_button)
    type_into(explorer.search.text, value=IMG)
    type_into(explorer.basket.path, value=f"{IMG}/x")
    click(explorer.basket.export_button)
    type_into(explorer.basket.path, value=f"{tmp_path}/<u>a.sh")
    click(explorer.basket.export_button)
    click(explorer.picture_button)
    check_no_markup_of(explorer)
    assert len(session.state.problems) >= 2
    assert {path.name for path in tmp_path.iterdir()} >= {"<u>a.sh"}
    svg = explorer._repr_mimebundle_()["image/svg+xml"]
    parse(svg)
    assert "<img" not in svg
    compile(session.code(), "code", "exec")


def test_selectors_and_ids_are_ours(record):
    """Archive text in a selector or an element id could speak of other elements."""
    session = Session(hostile_archive(), executor=Inline())
    explorer = Explorer(session)
    session.open("anything")
    for rule in explorer.graph.cytoscape.cytoscape_style:
        assert re.fullmatch(r"[\w\s#\[\]=',.-]+", rule["selector"])
    for element in elements(explorer):
        assert re.fullmatch(r"x\d+", element.data["id"])


def test_text_that_no_browser_could_be_sent_is_shown_all_the_same(record):
    rows = all_rows().head(3).to_dict("records")
    rows[0]["productFilename"] = "\ud800\udfff lone.fits"
    rows[0]["obs_id"] = "\udcff"
    explorer = explore(rows=rows, filters=Filters.everything())
    for node in explorer.session.diagram().nodes:
        explorer.session.select(node.id)
    assert explorer.session.state.problems == ()


# --- at the same time ---


def test_gestures_from_other_threads_while_it_loads():
    """A comm callback may run beside the cell: see DESIGN 2.5."""
    gate = Gate()
    explorer = explore(MIRI, archive=ScriptedArchive(*pieces(2), gate, *pieces(2)))
    assert gate.reached.wait(PATIENCE)

    def use(n):
        for i in range(10):
            explorer.session.set_filters(mrp=bool((n + i) % 2))
            type_into(explorer.filters.toggles["previews"], value=bool(i % 2))
            explorer.session.add_shown()

    threads = [threading.Thread(target=use, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    gate.go.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert explorer.session.wait(PATIENCE)
    state = explorer.session.state
    assert state.problems == ()
    for name, toggle in explorer.filters.toggles.items():
        assert toggle.value == getattr(state.filters, name)
    assert len(state.table) == 605
