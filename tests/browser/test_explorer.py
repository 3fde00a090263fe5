"""Each story of a user, in JupyterLab in Chromium; pictures of it go to artefacts/screenshots."""

from __future__ import annotations

import csv
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import EXPLORE
from browser.explorer_page import ExplorerPage
from browser.lab import Lab, Notebook
from jwstwidgets import Session

MOSAIC = "jw02733-o002_t001_miri_f1130w_i2d.fits"
SMALL = {"width": 1100, "height": 800}

Open = Callable[..., ExplorerPage]


@pytest.fixture
def in_python() -> Session:
    """The same observation, to compare with."""
    session = Session()
    session.open("jw02733-o002_t001_miri_f1130w")
    return session


# --- the notebook ---------------------------------------------------------------------------------


def test_saved_notebook_shows_its_picture_before_it_is_run(
    open_notebook: Callable[[str], Notebook], pictures: Path
):
    notebook = open_notebook("saved.ipynb")

    saved = notebook.panel.locator("[data-mime-type='image/svg+xml']")
    expect(saved).to_have_count(2)
    expect(notebook.panel.get_by_text("model not found")).to_have_count(0)
    expect(notebook.panel.get_by_text("Loading widget")).to_have_count(0)
    notebook.page.screenshot(path=pictures / "01_saved.png")
    saved.first.scroll_into_view_if_needed()
    notebook.page.screenshot(path=pictures / "02_saved_picture.png")


def test_first_notebook_runs_from_the_menu(
    open_notebook: Callable[[str], Notebook],
    lab: Lab,
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
):
    notebook = open_notebook("01_explore.ipynb")
    started = time.monotonic()

    notebook.run_all()
    explorer = ExplorerPage(notebook)
    explorer.wait_drawn()
    drawn = time.monotonic() - started
    expect(notebook.panel.get_by_text("5 of 5 files whole, 65.2 MB")).to_be_visible()
    notebook.wait_idle()

    notebook.page.screenshot(path=pictures / "03_notebook_end.png")
    explorer.picture(pictures, "04_notebook_explorer")
    explorer.expect_no_problem()
    explorer.expect_showing("5 of 605 files")
    assert (lab.folder / "downloads" / "get_jw02733.sh").exists()
    with capsys.disabled():
        print(f"\nfirst notebook: drawn {drawn:.2f} s after Run All")


# --- looking --------------------------------------------------------------------------------------


def test_opens_on_an_overview(explorer: ExplorerPage, in_python: Session, pictures: Path):
    explorer.picture(pictures, "10_opened")

    cards = explorer.cards()
    assert [card.name for card in cards] == [node.label for node in in_python.diagram().nodes]
    assert explorer.wait_drawn() > 10_000
    explorer.expect_showing("5 of 605 files · 65.2 MB of 6.77 GB")
    expect(explorer.status).to_contain_text("sample archive (reconstruction)")
    explorer.expect_no_problem()


def test_all_cards_are_in_view_and_fit_brings_them_back(explorer: ExplorerPage, pictures: Path):
    explorer.expect_in_view()
    explorer.page.set_viewport_size(SMALL)
    explorer.wait_resized(within=1000)
    explorer.press("Fit")
    explorer.expect_in_view()
    explorer.picture(pictures, "11_fit_small")

    explorer.tap("uncal ×16")
    explorer.expect_in_view()
    explorer.press("Fold all")
    explorer.expect_in_view()


def test_toggles_change_what_is_shown(explorer: ExplorerPage, pictures: Path):
    assert "cal ×16" not in explorer.bright()

    explorer.toggle("MRP only").click()
    explorer.expect_showing("117 of 605 files")
    assert "cal ×16" in explorer.bright()
    assert "fine guiding ×192" not in explorer.bright()
    explorer.picture(pictures, "12_mrp_off")

    explorer.toggle("Guide stars").click()
    explorer.expect_showing("524 of 605 files")
    assert "fine guiding ×192" in explorer.bright()

    explorer.toggle("Previews").click()
    explorer.expect_showing("605 of 605 files")
    explorer.picture(pictures, "13_everything")

    explorer.toggle("Associations").click()
    explorer.expect_showing("587 of 605 files")
    explorer.toggle("References").click()
    explorer.toggle("Public only").click()
    explorer.expect_showing("587 of 605 files")

    explorer.menu("Stage: 2b").select_option(label="Stage: 2b")
    explorer.expect_showing("455 of 605 files")
    explorer.expect_no_problem()


def test_a_toggle_moves_nothing(explorer: ExplorerPage):
    before = [(card.name, card.x, card.y) for card in explorer.cards()]

    explorer.toggle("MRP only").click()
    explorer.expect_showing("117 of 605 files")

    assert [(card.name, card.x, card.y) for card in explorer.cards()] == before


def test_tap_on_a_file_tells_what_made_it(explorer: ExplorerPage, pictures: Path):
    explorer.toggle("MRP only").click()
    explorer.tap("i2d")

    expect(explorer.details).to_contain_text(MOSAIC)
    expect(explorer.details).to_contain_text("16 cal files")
    expect(explorer.details).to_contain_text("16 uncal files")
    expect(explorer.details).to_contain_text("1 segm file and 1 cat file")
    expect(explorer.details).to_contain_text("It is MRP")
    bright = explorer.bright()
    assert {"uncal ×16", "rate ×16", "cal ×16", "crf ×16", "i2d", "cat", "segm"} <= bright
    assert not bright & {"rateints ×16", "fine guiding ×192"}
    explorer.picture(pictures, "20_mosaic_selected")

    explorer.tap("i2d")
    expect(explorer.details).to_contain_text("Nothing selected")


def test_tap_on_a_group_unfolds_it_and_on_its_box_folds_it(explorer: ExplorerPage, pictures: Path):
    folded = explorer.cards()
    explorer.toggle("MRP only").click()
    explorer.press("List")
    entries = explorer.lists().first.locator("option")
    expect(entries).to_have_count(len(folded))

    explorer.tap("cal ×16")
    explorer.expect_card("cal ×16")  # now the title of a box
    expect(entries).to_have_count(len(folded) + 16)
    assert explorer.card("cal ×16").kind == "box"
    assert len(explorer.cards()) == len(folded) + 16
    expect(explorer.details).to_contain_text("16 files, 475 MB")
    explorer.picture(pictures, "21_cal_unfolded")

    explorer.tap("cal ×16")
    expect(entries).to_have_count(len(folded))
    assert explorer.card("cal ×16").kind == "group"
    explorer.expect_no_problem()


def test_follow_one_exposure(explorer: ExplorerPage, pictures: Path):
    explorer.toggle("MRP only").click()
    explorer.tap("cal ×16")
    expect(explorer.details).to_contain_text("16 files")
    part = next(card.name for card in explorer.cards() if card.kind == "file-part")

    explorer.tap(part)

    expect(explorer.details).to_contain_text("_mirimage_cal.fits")
    expect(explorer.details).to_contain_text("1 rate file")
    explorer.picture(pictures, "22_exposure_selected")


def test_guide_stars_unfold_inside_the_budget(explorer: ExplorerPage, pictures: Path):
    explorer.toggle("Guide stars").click()
    explorer.tap("fine guiding ×192")
    expect(explorer.details).to_contain_text("192 files, 786 MB")

    explorer.picture(pictures, "23_guide_stars_unfolded")
    assert len(explorer.cards()) <= 400
    explorer.expect_no_problem()


def test_fold_all_is_the_way_back(explorer: ExplorerPage):
    before = [card.name for card in explorer.cards()]
    explorer.tap("uncal ×16")
    expect(explorer.details).to_contain_text("16 files")
    explorer.tap("image2 asn ×16")
    expect(explorer.details).to_contain_text("28.8 kB")
    assert len(explorer.cards()) == len(before) + 32

    explorer.press("Fold all")

    expect(explorer.details).to_contain_text("Nothing selected")
    assert sorted(card.name for card in explorer.cards()) == sorted(before)


def test_lists_do_what_the_graph_does_by_keyboard(explorer: ExplorerPage, pictures: Path):
    press = explorer.page.keyboard.press
    explorer.toggle("MRP only").focus()
    press("Space")
    explorer.expect_showing("117 of 605 files")
    explorer.button("List").focus()
    press("Enter")
    nodes, links = explorer.lists().first, explorer.lists().last
    expect(nodes).to_be_visible()
    forward = explorer.root.get_by_role("button", name="Next", exact=True)

    forward.first.focus()
    for selected in ("16 files, 2.54 GB", "16 files, 339 MB", "16 files, 677 MB"):
        press("Enter")
        expect(explorer.details.locator("h4")).to_have_text(selected)
    press("Tab")
    expect(explorer.button("Unfold / fold / select")).to_be_focused()
    press("Enter")
    expect(nodes.locator("option", has_text="level 2a")).to_have_count(1 + 1 + 16 + 1)
    explorer.button("Fold all").focus()
    press("Enter")
    expect(explorer.details).to_contain_text("Nothing selected")

    nodes.select_option(label="i2d · 56.7 MB · MRP · level 3 · science product")
    expect(explorer.details).to_contain_text(MOSAIC)
    expect(links.locator("option")).to_have_count(36)
    explorer.picture(pictures, "24_lists")
    forward.last.focus()
    press("Enter")
    press("Enter")
    explorer.button("Go there").focus()
    press("Enter")
    expect(explorer.details).not_to_contain_text(MOSAIC)
    explorer.expect_no_problem()


# --- taking home ----------------------------------------------------------------------------------


def test_basket_takes_file_group_lineage_and_all_shown(explorer: ExplorerPage, pictures: Path):
    explorer.toggle("MRP only").click()
    expect(explorer.basket).to_contain_text("Empty.")
    expect(explorer.button("Write")).to_be_disabled()

    explorer.tap("i2d")
    explorer.press("Add file")
    expect(explorer.basket).to_contain_text("1 file, 56.7 MB")

    explorer.press("Add lineage")
    expect(explorer.basket).to_contain_text("85 files, 4.3 GB")

    explorer.tap("rateints ×16")
    expect(explorer.details).to_contain_text("16 files, 677 MB")
    explorer.press("Add group")
    expect(explorer.basket).to_contain_text("101 files, 4.97 GB")
    explorer.picture(pictures, "30_basket")

    explorer.press("Add all shown")
    expect(explorer.basket).to_contain_text("117 files, 5.45 GB")

    explorer.press("Empty")
    expect(explorer.basket).to_contain_text("Empty.")
    explorer.expect_no_problem()


def test_script_is_written_beside_the_notebook(
    explorer: ExplorerPage, lab: Lab, in_python: Session, pictures: Path
):
    in_python.add_shown()
    uris = list(in_python.state.basket)
    script = lab.folder / "get_jw02733.sh"
    script.unlink(missing_ok=True)

    explorer.press("Add all shown")
    explorer.press("Write")

    expect(explorer.basket).to_contain_text("Wrote get_jw02733.sh")
    expect(explorer.basket).to_contain_text("sh get_jw02733.sh --jobs 4")
    explorer.picture(pictures, "31_written")
    text = script.read_text(encoding="utf-8")
    assert set(re.findall(r"mast:JWST/product/\S+", text)) == set(uris)
    assert subprocess.run(["sh", "-n", script]).returncode == 0
    planned = subprocess.run(["sh", script, "--dry-run"], capture_output=True, text=True)
    assert "5 (65.2 MB) to fetch" in planned.stdout
    explorer.expect_no_problem()


def test_table_is_written_under_the_name_that_was_typed(explorer: ExplorerPage, lab: Lab):
    explorer.press("Add all shown")
    explorer.menu("CSV").select_option(label="Table of files and URIs (CSV)")
    expect(explorer.file_name).to_have_value("jw02733.csv")  # what is offered has arrived
    explorer.name_file("mine.csv")
    explorer.press("Write")

    expect(explorer.basket).to_contain_text("Wrote mine.csv")
    with (lab.folder / "mine.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    assert len(rows) == 1 + 5


def test_an_export_that_fails_is_told(explorer: ExplorerPage):
    explorer.press("Add all shown")
    expect(explorer.basket).to_contain_text("5 files")
    explorer.name_file("nowhere/get.sh")
    explorer.press("Write")

    expect(explorer.problems).to_contain_text("there is no folder 'nowhere'")
    explorer.press("Dismiss")
    expect(explorer.problems).to_have_count(0)


def test_clicks_read_back_as_python(explorer: ExplorerPage, pictures: Path):
    explorer.toggle("MRP only").click()
    explorer.tap("i2d")
    explorer.press("Add lineage")
    explorer.press("Code")

    code = explorer.root.locator("pre", has_text="import")
    expect(code).to_contain_text("session.add_lineage")
    explorer.picture(pictures, "32_code")
    names: dict[str, Session] = {}
    exec(code.inner_text(), names)
    assert str(names["session"].state.basket.totals) == "85 files, 4.3 GB"
    assert names["session"].state.selection.name == MOSAIC


def test_picture_is_saved(explorer: ExplorerPage, lab: Lab):
    explorer.press("Save picture")

    expect(explorer.root.get_by_text("Wrote jw02733.svg")).to_be_visible()
    assert (lab.folder / "jw02733.svg").read_text(encoding="utf-8").startswith("<svg")


# --- other observations ---------------------------------------------------------------------------


def look_up(explorer: ExplorerPage, what: str) -> None:
    explorer.search.fill(what)
    explorer.search.press("Enter")


def test_search_finds_several_and_another_is_chosen(explorer: ExplorerPage, pictures: Path):
    look_up(explorer, "2736")

    found = explorer.menu("1 of 4")
    expect(found.locator("option")).to_have_count(4)
    expect(explorer.showing).not_to_contain_text("of 605 files")
    explorer.cards()
    explorer.picture(pictures, "40_nircam")

    found.select_option(label="3 of 4: jw02736-o007_s00001_nirspec_f290lp-g395m")
    expect(explorer.root.get_by_text(re.compile("^NIRSPEC/MSA"))).to_be_visible()
    expect(found.locator("option")).to_have_count(4)
    explorer.expect_card("x1d")
    explorer.picture(pictures, "41_nirspec")
    explorer.expect_no_problem()


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("WASP-96", "42_soss"),
        ("jw01091002001_03101_00001-seg001_nis", "43_level2_only"),
        ("jw02221-o003_t002_miri_f2550w", "44_exclusive"),
    ],
)
def test_other_kinds_of_observations_draw(
    explorer: ExplorerPage, what: str, name: str, pictures: Path
):
    look_up(explorer, what)

    expect(explorer.showing).not_to_contain_text("of 605 files")
    explorer.wait_drawn()
    explorer.toggle("MRP only").click()
    explorer.picture(pictures, name)
    explorer.expect_no_problem()


def test_planned_observation_shows_an_empty_place(explorer: ExplorerPage, pictures: Path):
    look_up(explorer, "jw09331001001_xx101_00001_nircam")

    explorer.expect_showing("0 of 0 files")
    (place,) = explorer.cards()
    explorer.picture(pictures, "45_planned")
    assert place.kind == "place"
    assert "Planned" in place.text
    explorer.expect_no_problem()


def test_a_wrong_id_leaves_what_is_there(explorer: ExplorerPage, pictures: Path):
    before = explorer.cards()
    look_up(explorer, "jw99999-o001_t001_miri_f1130w")

    expect(explorer.problems).to_contain_text("has no observation with")
    explorer.picture(pictures, "46_not_found")
    explorer.expect_showing("5 of 605 files")
    assert explorer.cards() == before


def test_over_http_links_become_stated_when_documents_are_read(open_explorer: Open, pictures: Path):
    explorer = open_explorer(
        "from jwstwidgets import MastArchive, ReplicaServer, SampleArchive, explore\n"
        "server = ReplicaServer(SampleArchive()).start()\n"
        "explore('jw02733-o002_t001_miri_f1130w', MastArchive(server.url))"
    )
    explorer.expect_showing("5 of 605 files")
    expect(explorer.graph).not_to_contain_text("stated by an association")
    explorer.toggle("MRP only").click()
    explorer.tap("i2d")

    explorer.press("Read associations")

    expect(explorer.root).to_contain_text("17 associations read")
    expect(explorer.graph).to_contain_text("stated by an association")
    explorer.press("Add what stage 3 needs")
    expect(explorer.basket).to_contain_text("17 files")
    explorer.expect_no_problem()
    explorer.picture(pictures, "33_associations_read")


def test_two_explorers_mind_their_own(open_explorer: Open, stories: Notebook):
    first = open_explorer(
        "from IPython.display import display\n"
        "for what in ('2733', 'jw02736-o001_t001_nircam_clear-f200w'):\n"
        "    display(explore(what))"
    )
    second = ExplorerPage(stories, 1)
    second.wait_drawn()
    before = second.showing.inner_text()

    first.toggle("MRP only").click()

    first.expect_showing("117 of 605 files")
    assert second.showing.inner_text() == before


def test_small_window(open_explorer: Open, stories: Notebook, pictures: Path):
    stories.page.set_viewport_size(SMALL)
    explorer = open_explorer()
    explorer.picture(pictures, "50_small_opened")
    explorer.toggle("MRP only").click()
    explorer.toggle("Guide stars").click()
    explorer.tap("i2d")
    expect(explorer.details).to_contain_text(MOSAIC)
    explorer.press("Add lineage")
    expect(explorer.basket).to_contain_text("85 files")
    explorer.press("Write")
    expect(explorer.basket).to_contain_text("Wrote get_jw02733.sh")
    explorer.picture(pictures, "51_small_used")

    outside = explorer.root.evaluate(
        "el => el.scrollWidth > el.clientWidth + 1 ? el.scrollWidth - el.clientWidth : 0"
    )
    assert outside == 0, "the explorer is wider than the notebook"


# --- how much is said -----------------------------------------------------------------------------

LARGE = "from benchmarks.generate import product_rows\nrows = product_rows(300_000)\nlen(rows)"


def measured(act: Callable[[], object], notebook: Notebook, what: str) -> str:
    """Do something; how long it took until it was seen, and what widgets said meanwhile."""
    notebook.wait_idle()
    notebook.traffic.messages.clear()
    started = time.monotonic()
    act()
    taken = time.monotonic() - started
    notebook.wait_idle()
    return f"{what}: {taken:.2f} s, {notebook.traffic.widget_messages} comm messages"


def test_how_much_is_said(
    open_explorer: Open,
    stories: Notebook,
    in_python: Session,
    capsys: pytest.CaptureFixture[str],
):
    """Numbers to look at; what is asserted is what the budget of messages follows from."""
    explorer = ExplorerPage(stories)

    def toggle() -> None:
        explorer.toggle("MRP only").click()
        explorer.expect_showing("117 of 605 files")

    def select() -> None:
        explorer.tap("i2d")
        expect(explorer.details).to_contain_text(MOSAIC)

    def unfold() -> None:
        explorer.tap("cal ×16")
        expect(explorer.details).to_contain_text("475 MB")

    said = [measured(open_explorer, stories, "605 files, run to drawn")]
    assert stories.traffic.messages["comm_open"] < 6 * len(in_python.diagram())
    for what in (toggle, select, unfold):
        said.append(measured(what, stories, what.__name__))
        assert not stories.traffic.messages["stream"], "the kernel complained"
        if what is not unfold:
            assert stories.traffic.widget_messages <= 20
    with capsys.disabled():
        print("", *said, sep="\n")


@pytest.mark.slow
def test_300_000_rows_draw(
    open_explorer: Open,
    stories: Notebook,
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
):
    stories.run(LARGE)
    number = stories.panel.locator("[data-mime-type='text/plain']")
    expect(number).to_have_text(re.compile(r"^\s*[23]\d{5}\s*$"))

    said = measured(
        lambda: open_explorer(EXPLORE.format("rows=rows")), stories, "300,000 rows, run to drawn"
    )

    explorer = ExplorerPage(stories)
    explorer.expect_in_view()
    explorer.picture(pictures, "60_large")
    with capsys.disabled():
        print(f"\n{said}")
    explorer.expect_no_problem()
    assert len(explorer.cards()) <= 400
